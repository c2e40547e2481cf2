import { isLatest, parseVersion } from '../check-names.ts'

/**
 * Which version of a registered model: `/3`, `/latest`, `/Staging` (in any case) or `@champion`.
 */
export type Selector =
  | { readonly by: 'version'; readonly version: number }
  | { readonly by: 'alias'; readonly alias: string }
  | { readonly by: 'stage'; readonly stage: string }

/**
 * What a `models:` URI names; undefined if it has more parts than a name and a selector. Names of models
 * may have anything but `/` and `:`, so it is read as it was written.
 */
export function parseModelUri(
  uri: string,
): { readonly name: string; readonly selector: Selector | undefined } | undefined {
  const path = uri.slice(uri.indexOf(':') + 1).replace(/^\/+/, '')
  const at = path.lastIndexOf('@')
  if (at > 0 && !path.includes('/')) {
    return { name: path.slice(0, at), selector: { by: 'alias', alias: path.slice(at + 1) } }
  }
  const [name = '', wanted, ...rest] = path.split('/')
  if (rest.length > 0) return undefined
  return { name, selector: wanted === undefined ? undefined : selectorOf(wanted) }
}

function selectorOf(wanted: string): Selector {
  if (/^[+-]?\d+$/.test(wanted)) return { by: 'version', version: parseVersion(wanted) }
  if (isLatest(wanted)) return { by: 'alias', alias: 'latest' }
  return { by: 'stage', stage: wanted }
}
