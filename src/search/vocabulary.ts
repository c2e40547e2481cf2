import type { SQL } from 'drizzle-orm'
import { messages } from '../core/messages.ts'
import type { Key } from './cursor.ts'
import { type KnownClause, keyText, type Operator } from './filter.ts'
import type { Literals } from './literals.ts'
import { refusedAt } from './places.ts'

/**
 * The keys that one entity's filter, or its order_by, may name: under each prefix (`''` for none)
 * either a map of known names, or one field that takes any name, as tags do.
 */
export type Vocabulary<F> = {
  /** What is searched, for messages: `run`, `model version`. */
  readonly entity: Entity
  /** The phrase for an unknown key, where it is not the usual one. */
  readonly unknownKey?: (key: string) => string
  readonly prefixes: ReadonlyMap<string, F | ReadonlyMap<string, F>>
}

type Entity =
  | 'run'
  | 'experiment'
  | 'logged model'
  | 'registered model'
  | 'model version'
  | 'trace'
  | 'dataset'
  | 'issue'

/** How a filter's key reads from SQL. */
export type FilterField = {
  /**
   * `string` takes quoted values, `number` bare ones, `integer` both where they are whole.
   */
  readonly type: 'string' | 'number' | 'integer'
  readonly operators: readonly Operator[]
  /** What is compared: a column of the searched row, or of `rows`. */
  readonly column: SQL
  /**
   * For what stands in rows of its own: table and condition (`run_tags t where t.run = r.id and
   * t.key = ...`), given the key's name as a bound value. A clause holds when one such row does,
   * IS NULL when there is none.
   */
  readonly rows?: (name: SQL) => SQL
  /**
   * What a clause means where that is more than a comparison of the column; undefined: it is no more. The
   * operator is one of `operators`; what the value may be, it checks itself.
   */
  readonly condition?: (clause: KnownClause, literals: Literals) => SQL | undefined
  /** A number that is Unix milliseconds, for which people may give a time in words. */
  readonly isTime?: true
  /** 1 where the stored number is NaN, which equals and orders with nothing. */
  readonly isNan?: SQL
  /** What NULL in `column` counts as; absent: it is no value, and no comparison holds. */
  readonly missing?: ''
}

export const equality = ['=', '!=', 'LIKE', 'ILIKE'] as const
export const equalityOrList = [...equality, 'IN', 'NOT IN'] as const
export const equalityOrNull = [...equality, 'IS NULL', 'IS NOT NULL'] as const
export const equalityOrListOrNull = [...equalityOrList, 'IS NULL', 'IS NOT NULL'] as const
export const ordering = ['=', '!=', '<', '<=', '>', '>='] as const

/**
 * Build a vocabulary from rows of prefixes and the keys they share, e.g.
 * `[['', 'attribute'], { name: ... }]` for named keys, `[['tag', 'tags'], field]` for any key.
 */
export function vocabularyOf<F extends object>(
  entity: Entity,
  groups: readonly (readonly [readonly string[], F | ReadonlyMap<string, F>])[],
): Vocabulary<F> {
  return {
    entity,
    prefixes: new Map(groups.flatMap(([names, keys]) => names.map((name) => [name, keys]))),
  }
}

/**
 * The field that `key` names.
 *
 * @throws INVALID_PARAMETER_VALUE there is none; the message lists those there are
 */
export function fieldOf<F extends object>(words: Vocabulary<F>, key: Key): F {
  const keys = words.prefixes.get(key.prefix ?? '')
  if (keys === undefined) {
    const known = [...words.prefixes.keys()].filter((prefix) => prefix !== '')
    const message = `${prefixPhraseOf(words, key)}. Valid prefixes: ${known.join(', ')}`
    throw refusedAt({ key, part: 'key' }, message, { expected: known })
  }
  if (!isMap(keys)) return keys
  const field = keys.get(key.name)
  if (field === undefined) {
    const ofDataset = kindOf(key) === 'dataset' ? messages.unknownDatasetKey : undefined
    const phraseOf = ofDataset ?? messages.unknownKey
    const phrase = words.unknownKey?.(keyText(key)) ?? phraseOf(key.name)
    const expected = [...keys.keys()]
    throw refusedAt({ key, part: 'key' }, `${phrase}. Valid keys: ${expected.join(', ')}`, {
      expected,
    })
  }
  return field
}

/** Whether `key` names a time. */
export function isTimeKey(words: Vocabulary<FilterField>, { prefix = '', name }: Key): boolean {
  const keys = words.prefixes.get(prefix)
  return keys !== undefined && isMap(keys) && keys.get(name)?.isTime === true
}

function prefixPhraseOf({ unknownKey, entity }: Vocabulary<unknown>, key: Key): string {
  if (unknownKey) return unknownKey(keyText(key))
  const prefix = key.prefix ?? ''
  return entity === 'logged model'
    ? messages.unknownPrefixOfLoggedModels(prefix)
    : messages.unknownPrefix(prefix)
}

/** What a key names, in MLflow's words. */
export function kindOf(key: Key): 'metric' | 'parameter' | 'tag' | 'dataset' | 'attribute' {
  switch (key.prefix?.replace(/s$/, '')) {
    case 'metric':
      return 'metric'
    case 'param':
    case 'parameter':
      return 'parameter'
    case 'tag':
      return 'tag'
    case 'dataset':
      return 'dataset'
    default:
      return 'attribute'
  }
}

function isMap<F>(keys: F | ReadonlyMap<string, F>): keys is ReadonlyMap<string, F> {
  return keys instanceof Map
}
