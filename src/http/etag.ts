import type { AppContext } from './app-env.ts'

/**
 * Whether the caller has what `tag` stands for, by `If-None-Match`. Proxies that compress make tags weak, which says
 * no less here.
 *
 * @param isThere whether there is something, which is what `*` asks
 */
export function hasTag(c: AppContext, tag: string, isThere = true): boolean {
  const header = c.req.header('if-none-match') ?? ''
  if (header.trim() === '*') return isThere
  return [...header.matchAll(/"([^"]*)"/g)].some(([, one]) => one === tag)
}
