import { withoutOrigin } from './exported.ts'

type Tag = { readonly key: string; readonly value: string }

type TagChange = {
  readonly wanted: readonly Tag[]
  readonly found: readonly Tag[] | undefined
  set(tag: Tag): Promise<void>
  remove(key: string): Promise<void>
}

/** Bring tags to what they should be, but for those of the export itself. @returns whether any changed */
export async function changeTags({ wanted, found, set, remove }: TagChange): Promise<boolean> {
  const left = new Map(withoutOrigin(found).map(({ key, value }) => [key, value]))
  let isChanged = false
  for (const { key, value } of wanted) {
    const isSame = left.get(key) === value
    left.delete(key)
    if (isSame) continue
    await set({ key, value })
    isChanged = true
  }
  for (const key of left.keys()) await remove(key)
  return isChanged || left.size > 0
}
