import { fromBase64Url, toBase64Url } from './bytes.ts'
import { invalid, type RegistryError } from './error.ts'
import { messages } from './messages.ts'

/** The place of an item in a list: one value for each expression that the list is ordered by. */
export type PageKey = readonly (string | number | null)[]

/**
 * A page token: the key of the last item of a page, and a fingerprint of the query, so that a token
 * given with another filter or order is refused and not misread.
 *
 * @param query everything that shapes the list, in a fixed order, but never the page size
 */
export function encodePageToken(query: readonly unknown[], last: PageKey): string {
  return toBase64Url(JSON.stringify([fingerprintOf(query), ...last]))
}

/**
 * The key that `encodePageToken` put into `token`; undefined without a token, for the first page.
 *
 * @throws INVALID_PARAMETER_VALUE the token is not one of ours, or belongs to another query
 */
export function decodePageToken(
  query: readonly unknown[],
  token: string | undefined,
): PageKey | undefined {
  if (token === undefined || token === '') return undefined
  const fields = parseFields(token)
  if (!fields) throw foreignPageToken()
  const [print, ...last] = fields
  if (print !== fingerprintOf(query)) {
    throw invalid(
      `${messages.wrongPageToken}: it belongs to another filter or order; ask for page one`,
    )
  }
  return last
}

/** The 400 for a token that this server did not give out, or whose key does not fit the list. */
export function foreignPageToken(): RegistryError {
  return invalid(`${messages.wrongPageToken}: it is not one that this server gave out`)
}

/** A key has a name, a tag or a param, of up to 100,000 characters, and a few numbers. */
const charsMax = 1_000_000

function parseFields(token: string): (string | number | null)[] | undefined {
  if (token.length > charsMax) return undefined
  const text = fromBase64Url(token)
  if (text === undefined) return undefined
  try {
    const fields: unknown = JSON.parse(text)
    return Array.isArray(fields) && fields.every(isKeyPart) ? fields : undefined
  } catch {
    return undefined
  }
}

function isKeyPart(value: unknown): value is string | number | null {
  // JSON reads 1e999 as infinity, which no statement takes.
  return value === null || typeof value === 'string' || Number.isFinite(value)
}

/** FNV-1a, 32 bits: tells queries apart; it guards against mistakes, not against forgery. */
export function fingerprintOf(query: readonly unknown[]): number {
  let hash = 0x811c9dc5
  for (const char of JSON.stringify(query)) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193)
  }
  return hash >>> 0
}
