import type { VersionComparison } from '../../../governance/compare/compare-versions.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery, requiredQuery } from '../../../http/guards/target.ts'
import { parseVersion } from '../../../registry/check-names.ts'
import { listIn } from '../../addressed.ts'
import type { Direction, Directions } from '../../parts/directions.ts'
import type { Paths } from '../../paths.ts'

/** What a comparison of versions was asked for. */
export type VersionsQuery = {
  /** The base first. */
  readonly numbers: readonly number[]
  /** What is equal is shown too. */
  readonly isWhole: boolean
  /** Which way metrics are better for who looks, by their keys; undefined: they say neither way. */
  readonly better: ReadonlyMap<string, Direction | undefined>
}

const betterMax = 50
const directions: Readonly<Record<string, Direction | undefined>> = {
  up: 'up',
  down: 'down',
  none: undefined,
}

/**
 * `?v=2,3&all=1&better=loss:down`.
 *
 * @param numbers instead of those in the address
 * @throws INVALID_PARAMETER_VALUE
 */
export function versionsQueryOf(c: AppContext, numbers = versionsIn(c)): VersionsQuery {
  return {
    numbers,
    isWhole: optionalQuery(c, 'all') === '1',
    better: new Map(
      listIn(c, 'better')
        .slice(0, betterMax)
        .flatMap((text) => {
          const [, key, word = ''] = /^(.+):(up|down|none)$/s.exec(text) ?? []
          return key === undefined ? [] : [[key, directions[word]] as const]
        }),
    ),
  }
}

/** What the address calls its versions, such as `live:Production`, where not all are numbers. */
export function namesIn(c: AppContext): string[] | undefined {
  const texts = listIn(c, 'v').flatMap((text) => text.split(','))
  return texts.some((text) => text.startsWith('live:') || text.startsWith('@')) ? texts : undefined
}

/** As a list or, as the boxes of a table send them, several fields. @throws INVALID_PARAMETER_VALUE */
function versionsIn(c: AppContext): number[] {
  const chosen = listIn(c, 'v')
  if (chosen.length > 1) return chosen.map(parseVersion).sort((a, b) => a - b)
  return requiredQuery(c, 'v').split(',').map(parseVersion)
}

/** Without directions of what is not listed: every link of the page repeats them. */
export function withListed(
  query: VersionsQuery,
  { metrics, traces }: Pick<VersionComparison, 'metrics' | 'traces'>,
): VersionsQuery {
  const listed = new Set([...metrics, ...traces].map(({ key }) => key))
  return { ...query, better: new Map([...query.better].filter(([key]) => listed.has(key))) }
}

/** The fields of the address, in its order. */
export function versionsTerms({ numbers, isWhole, better }: VersionsQuery): [string, string][] {
  return [
    ['v', numbers.join(',')],
    ...(isWhole ? [['all', '1'] as [string, string]] : []),
    ...[...better].map(([key, direction]): [string, string] => [
      'better',
      `${key}:${direction ?? 'none'}`,
    ]),
  ]
}

/** The address of a comparison. */
export function versionsAddress(to: Paths, name: string, query: VersionsQuery): string {
  const terms = versionsTerms(query).map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
  return `${to.model(name)}/compare?${terms.join('&')}`
}

/** As who looks says, else as `usual`. */
export function directionsFor({ better }: VersionsQuery, usual: Directions): Directions {
  return (key) => (better.has(key) ? better.get(key) : usual(key))
}

const nextOf = { up: 'down', down: undefined, none: 'up' } as const

/** The same comparison with a metric better the other way: up, down, neither. What is usual is left out. */
export function turnedQuery(query: VersionsQuery, usual: Directions, key: string): VersionsQuery {
  const next = nextOf[directionsFor(query, usual)(key) ?? 'none']
  const better = new Map(query.better)
  better.delete(key)
  if (next !== usual(key)) better.set(key, next)
  return { ...query, better }
}
