import { structuredPatch } from 'diff'
import type { ArtifactFile } from '../../../artifacts/files.ts'
import { RegistryError } from '../../../core/error.ts'
import type { Context } from '../../../platform/context.ts'
import { getLocated } from '../../../registry/files/artifact-place.ts'
import { getVersionFiles, sealedManifest } from '../../../registry/files/version-manifest.ts'
import { attempt } from '../../attempt.ts'
import { readTextPart } from '../../files/read-part.ts'

/** Lines of a file as they changed from one version to another. */
export type DiffHunk = {
  /** Where it begins in both, from 1. */
  readonly oldStart: number
  readonly newStart: number
  /** With what became of each: `+`, `-`, or a space before it. */
  readonly lines: readonly string[]
}

export type FileDiff =
  | {
      readonly hunks: readonly DiffHunk[]
      /** Lines that are left out. */
      readonly more: number
    }
  /** Why no lines are shown. */
  | { readonly whyNot: string }

/** Longer files are told by their size alone. */
const diffBytesMax = 64 * 1024
/** So many lines may differ: above that, the work grows with their square. */
const editsMax = 400
/** Lines around a change. */
const context = 3

/** A file of two versions. @throws RESOURCE_DOES_NOT_EXIST neither has it; DATA_LOSS */
export async function readFileDiff(
  ctx: Context,
  name: string,
  { path, versions }: { readonly path: string; readonly versions: readonly [number, number] },
): Promise<FileDiff> {
  const found = [
    await findSealed(ctx, name, { path, version: versions[0] }),
    await findSealed(ctx, name, { path, version: versions[1] }),
  ]
  const files = found.flatMap((one) => (one instanceof RegistryError ? [] : [one]))
  const [first] = found
  if (files.length === 0 && first instanceof RegistryError) throw first
  if (files.some(({ sizeBytes }) => sizeBytes > diffBytesMax)) {
    return { whyNot: 'One of them is longer than 64 kB.' }
  }
  const texts: string[] = []
  for (const file of found) {
    const text = file instanceof RegistryError ? '' : (await readTextPart(ctx, file, 0))?.text
    if (text === undefined) return { whyNot: 'One of them is no text.' }
    texts.push(text)
  }
  if (files.length === 1 && texts.every((text) => text === '')) {
    const owner = versions[first instanceof RegistryError ? 1 : 0]
    return { whyNot: `Only version ${owner} has it, and it is empty.` }
  }
  return diffOf(texts[0] ?? '', texts[1] ?? '')
}

async function findSealed(
  ctx: Context,
  name: string,
  { path, version }: { readonly path: string; readonly version: number },
): Promise<ArtifactFile | RegistryError> {
  const manifest = sealedManifest(await getVersionFiles(ctx, name, version), name, version)
  const located = { place: { manifest }, path, shown: path }
  return attempt('RESOURCE_DOES_NOT_EXIST', getLocated(ctx, located))
}

function diffOf(before: string, after: string): FileDiff {
  // One that is new, or gone, needs no search for what stayed.
  if (before === '' || after === '') return firstLines(wholeOf(before, after))
  const patch = structuredPatch('', '', before, after, '', '', { context, maxEditLength: editsMax })
  if (patch === undefined) return { whyNot: 'Too many lines differ to be shown one by one.' }
  return firstLines(patch.hunks)
}

function wholeOf(before: string, after: string): DiffHunk[] {
  const text = before || after
  if (text === '') return []
  const sign = before === '' ? '+' : '-'
  const lines = text.replace(/\n$/, '').split('\n')
  return [{ oldStart: 1, newStart: 1, lines: lines.map((line) => sign + line) }]
}

/** So many lines are shown. */
const linesMax = 1000

function firstLines(hunks: readonly DiffHunk[]): FileDiff {
  let left = linesMax
  const shown = hunks.map((hunk) => {
    const lines = hunk.lines.slice(0, left)
    left -= lines.length
    return { ...hunk, lines }
  })
  const all = hunks.reduce((sum, { lines }) => sum + lines.length, 0)
  return {
    hunks: shown.filter(({ lines }) => lines.length > 0),
    more: Math.max(0, all - linesMax),
  }
}
