import { decodePageToken, encodePageToken, foreignPageToken } from '../core/page-token.ts'

/**
 * One page of a list that is ordered by one key, and the token of the next where there is one.
 *
 * @param asked everything that shapes the list
 * @param list.first the key before the first item: the lowest there is, of the key's type; the
 *   highest of a list in falling order
 * @param list.read the first `count` items after a key
 */
export async function page<T, K extends string | number, W>(
  asked: readonly unknown[],
  { max_results: count, page_token }: { max_results: number; page_token?: string | undefined },
  list: {
    readonly first: K
    readonly read: (after: K, count: number) => Promise<readonly T[]>
    readonly keyOf: (item: T) => K
    readonly toWire: (item: T) => W
  },
): Promise<{ items: W[]; next_page_token?: string }> {
  const [after = list.first] = decodePageToken(asked, page_token) ?? []
  if (typeof after !== typeof list.first) throw foreignPageToken()
  // A token's key has the type of the list's, as was just seen.
  const found = await list.read(after as K, count + 1)
  const items = found.slice(0, count)
  const last = found.length > count ? items.at(-1) : undefined
  return {
    items: items.map(list.toWire),
    ...(last !== undefined && { next_page_token: encodePageToken(asked, [list.keyOf(last)]) }),
  }
}
