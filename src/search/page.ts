import { invalid } from '../core/error.ts'
import type { Int64 } from '../core/int64.ts'
import { messages } from '../core/messages.ts'
import {
  decodePageToken,
  encodePageToken,
  foreignPageToken,
  type PageKey,
} from '../core/page-token.ts'

/** What stands before and after one thing in a list; undefined: it is the first or the last. */
export type Beside<T> = { readonly before: T | undefined; readonly after: T | undefined }

/** One page of a list, and the token that asks for the next one, if there is one. */
export type Page<T> = {
  readonly items: readonly T[]
  readonly nextPageToken: string | undefined
}

/** Which page of a list is wanted. */
export type PageRequest = {
  /** All that shapes the list, in a fixed order: a token of another list is refused by it. */
  readonly fingerprint: readonly unknown[]
  /** Items of a page, at most: positive, or infinity for all that are left. */
  readonly count: number
  /** The token that came with the page before; undefined or empty for the first page. */
  readonly token: string | undefined
}

/** A list in the order of one key. */
export type KeyedList<T, K extends string | number> = {
  /** Comes before the first item's key: the lowest value, or the highest for a falling order. */
  readonly first: K
  /** The first `count` items after a key. */
  readonly read: (after: K, count: number) => Promise<readonly T[]>
  readonly keyOf: (item: T) => K
}

/** One page of a list in the order of one key. @throws INVALID_PARAMETER_VALUE the token is foreign */
export async function readPage<T, K extends string | number>(
  wanted: PageRequest,
  { first, read, keyOf }: KeyedList<T, K>,
): Promise<Page<T>> {
  return pageOf(wanted, await read(pageStart(wanted, first), wanted.count + 1), keyOf)
}

/**
 * The key behind which a page starts, for lists that `readPage` cannot read.
 *
 * @param first as in `KeyedList`
 * @throws INVALID_PARAMETER_VALUE the token is foreign
 */
export function pageStart<K extends string | number>(wanted: PageRequest, first: K): K {
  const [key = first] = decodePageToken(wanted.fingerprint, wanted.token) ?? []
  if (typeof key !== typeof first) throw foreignPageToken()
  // The token's key has the type of the list's keys, as was just checked.
  return key as K
}

/** The page that `found` begins with. @param found up to one item more than the page has */
export function pageOf<T>(
  wanted: PageRequest,
  found: readonly T[],
  keyOf: (item: T) => string | number,
): Page<T> {
  return cutPage(wanted, found, (item) => [keyOf(item)])
}

/**
 * One page of a list in the order of several keys.
 *
 * @param list.read the first `count` items behind the item with the keys `after`; throws what
 *   `foreignPageToken` makes where these are no keys of this list
 * @throws INVALID_PARAMETER_VALUE the token is foreign
 */
export async function readKeysetPage<T>(
  wanted: PageRequest,
  list: {
    readonly read: (after: PageKey | undefined, count: number) => Promise<readonly T[]>
    readonly keyOf: (item: T) => PageKey
  },
): Promise<Page<T>> {
  const after = decodePageToken(wanted.fingerprint, wanted.token)
  return cutPage(wanted, await list.read(after, wanted.count + 1), list.keyOf)
}

function cutPage<T>(
  { fingerprint, count }: PageRequest,
  found: readonly T[],
  keyOf: (item: T) => PageKey,
): Page<T> {
  const items = found.slice(0, count)
  const last = found.length > items.length ? items.at(-1) : undefined
  return { items, nextPageToken: last && encodePageToken(fingerprint, keyOf(last)) }
}

/**
 * One page of a list that says by itself where the next page starts.
 *
 * @param isPlace whether the key of a token is a place of this list
 * @param read the page that starts at a place; undefined stands for the start of the list
 * @throws INVALID_PARAMETER_VALUE the token is foreign
 */
export async function readPageFrom<T, K extends PageKey>(
  { fingerprint, token }: Omit<PageRequest, 'count'>,
  isPlace: (key: PageKey) => key is K,
  read: (from: K | undefined) => Promise<{ items: readonly T[]; next: K | undefined }>,
): Promise<Page<T>> {
  const from = decodePageToken(fingerprint, token)
  if (from !== undefined && !isPlace(from)) throw foreignPageToken()
  const { items, next } = await read(from)
  return { items, nextPageToken: next && encodePageToken(fingerprint, next) }
}

/** A place that is one number: an id, or a number in the audit log. */
export function isNumberPlace(key: PageKey): key is readonly [number] {
  return key.length === 1 && typeof key[0] === 'number'
}

/** How many items a page may have. */
export type PageSizes = {
  readonly most: number
  /** What counts where the caller gives no number; without it the caller must. */
  readonly absent?: number
  /** The phrase for another size, where it is not the usual one. */
  readonly refusal?: (size: string, most: number, isPositive: boolean) => string
}

/**
 * Check the number of items that a caller wants on a page.
 *
 * @throws INVALID_PARAMETER_VALUE it is not from 1 to `most`
 */
export function checkPageSize(wanted: Int64 | undefined, sizes: PageSizes): number {
  const { most, absent = 0, refusal = messages.pageSize } = sizes
  const size = wanted ?? absent
  if (typeof size === 'number' && size >= 1 && size <= most) return size
  throw invalid(`${refusal(String(size), most, size >= 1)}; got ${size}`)
}
