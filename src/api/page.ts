import { type KeyedList, type Page, readPage } from '../search/page.ts'

/** The parameters of a list, as `PageQuery` decodes them. */
type Paging = { readonly max_results: number; readonly page_token?: string | undefined }

/**
 * One page of a list in the order of one key, in wire form.
 *
 * @param fingerprint all that shapes the list
 */
export async function page<T, K extends string | number, W>(
  fingerprint: readonly unknown[],
  query: Paging,
  { toWire, ...list }: KeyedList<T, K> & { readonly toWire: (item: T) => W },
): Promise<{ items: W[]; next_page_token?: string }> {
  return pageToWire(await readPage(pageRequest(fingerprint, query), list), toWire)
}

/** What the parameters of a list ask for. */
export function pageRequest(fingerprint: readonly unknown[], query: Paging) {
  return { fingerprint, count: query.max_results, token: query.page_token }
}

/** A page in wire form; the last one has no token. */
export function pageToWire<T, W>(
  { items, nextPageToken }: Page<T>,
  toWire: (item: T) => W,
): { items: W[]; next_page_token?: string } {
  return {
    items: items.map(toWire),
    ...(nextPageToken !== undefined && { next_page_token: nextPageToken }),
  }
}
