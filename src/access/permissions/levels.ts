import { invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'

/** What a caller may need on a thing; each includes those before it. */
export const permissions = ['READ', 'USE', 'EDIT', 'MANAGE'] as const
export type Permission = (typeof permissions)[number]

/**
 * What a caller has on a thing. DENY wins over everything else that is granted on it. NO_PERMISSIONS,
 * which clients before 3.13 grant, wins over the default alone.
 */
export type Level = Permission | 'NO_PERMISSIONS' | 'DENY'

const ranks: Readonly<Record<Level, number>> = {
  DENY: -1,
  NO_PERMISSIONS: 0,
  READ: 1,
  USE: 2,
  EDIT: 3,
  MANAGE: 4,
}

/** In the order in which MLflow 3.17.2 lists them in its messages. */
const levels: readonly Level[] = [...permissions, 'NO_PERMISSIONS', 'DENY']

export function includes(level: Level, needed: Permission): boolean {
  return ranks[level] >= ranks[needed]
}

/**
 * What several permissions on one thing come to, as in MLflow 3.17.2: DENY if one of them denies, else
 * the highest, and at least the default.
 *
 * @param granted on the thing itself or on all of its type, by whatever role
 * @returns undefined where nothing was granted
 */
export function foldLevels(granted: readonly Level[], fallback: Level): Level | undefined {
  if (granted.length === 0) return undefined
  if (granted.includes('DENY')) return 'DENY'
  const best = granted.reduce(higherOf)
  return best === 'NO_PERMISSIONS' ? best : higherOf(best, fallback)
}

function higherOf(a: Level, b: Level): Level {
  return ranks[a] >= ranks[b] ? a : b
}

/** @throws INVALID_PARAMETER_VALUE `text` is no level */
export function parseLevel(text: string): Level {
  const level = levels.find((name) => name === text)
  if (level) return level
  throw invalid(`${messages.wrongLevel(text)}. Valid permissions are: ${quoteNames(levels)}`)
}

/** As MLflow writes a list into a message. */
export function quoteNames(names: readonly string[]): string {
  return `(${names.map((name) => `'${name}'`).join(', ')})`
}
