import { matchesGlob } from '../../core/glob.ts'
import type { ClaimedGroups, TokenIssuer } from '../../platform/settings/sign-in.ts'

/** What an issuer claims about somebody: the payload of a token. */
export type Claims = Readonly<Record<string, unknown>>

const groupCharsMax = 255

/**
 * A claim by its name. A claim within a claim is named by both names with a dot between, as in
 * `kubernetes.io.namespace`. Names may have dots themselves.
 */
export function claimOf(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    const outer = name.slice(0, dot)
    const inner = Object.hasOwn(claims, outer) ? claims[outer] : undefined
    if (!isClaims(inner)) continue
    const found = claimOf(inner, name.slice(dot + 1))
    if (found !== undefined) return found
  }
  return undefined
}

function isClaims(value: unknown): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * `template` with the claims that it names in braces filled in.
 *
 * @returns the text, or the name of a claim that is missing or is not text
 */
export function renderClaims(
  template: string,
  claims: Claims,
): { text: string } | { lacks: string } {
  let lacks: string | undefined
  const text = template.replace(/\{([^{}]+)\}/g, (_, name: string) => {
    const value = claimOf(claims, name)
    if (typeof value === 'string' && value !== '') return value
    if (typeof value === 'number') return String(value)
    lacks ??= name
    return ''
  })
  return lacks === undefined ? { text } : { lacks }
}

/** The first claim that does not match `require`; in a list, one matching value is enough. */
export function findUnmetClaim(
  require: TokenIssuer['require'],
  claims: Claims,
): string | undefined {
  return Object.entries(require).find(([name, globs]) => {
    const values = [claimOf(claims, name)].flat().filter((value) => value !== undefined)
    return !values.some((value) => globs.some((glob) => matchesGlob(glob, String(value))))
  })?.[0]
}

/**
 * The groups that the claim names, by the names used here, each once. The claim is a list, or a
 * text with blanks or commas between names. All of them count: the size of the token bounds their
 * number.
 */
export function readGroups({ claim, map }: ClaimedGroups, claims: Claims): string[] {
  const value = claim === undefined ? undefined : claimOf(claims, claim)
  const listed =
    typeof value === 'string' ? value.split(/[\s,]+/) : Array.isArray(value) ? value : []
  const ours = listed
    .filter((name): name is string => typeof name === 'string')
    .map((name) => (map ? (Object.hasOwn(map, name) ? map[name] : undefined) : name))
    .filter((name) => name !== undefined && name !== '' && name.length <= groupCharsMax)
  return [...new Set(ours)] as string[]
}
