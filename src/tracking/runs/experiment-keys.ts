import { sql } from 'drizzle-orm'
import { isNotDeniedSql } from '../../access/permissions/permitted.ts'
import { invalid } from '../../core/error.ts'
import { foreignPageToken } from '../../core/page-token.ts'
import type { Context } from '../../platform/context.ts'
import { keyIn } from '../../search/cursor.ts'
import { type Page, type PageRequest, readKeysetPage } from '../../search/page.ts'
import { fieldOf } from '../../search/vocabulary.ts'
import { runFilterKeys } from './search-run-keys.ts'

export type KeyKind = 'metric' | 'param' | 'tag'

/** A name that runs of an experiment have a value for. */
export type ExperimentKey = {
  readonly key: string
  /** How many runs have it; deleted ones count until they are purged. */
  readonly runs: number
}

export type KeySearch = {
  /** A name that runs of several have is one name, with the runs of all. */
  readonly experimentIds: readonly number[]
  readonly kind: KeyKind
  /** How the name begins; empty: anyhow. */
  readonly prefix?: string | undefined
  /** What stands somewhere in the name, in whatever case of A to Z. */
  readonly part?: string | undefined
}

/**
 * Names of one kind, those that most runs have first. It reads a table that is kept as runs log, not the
 * runs. The caller may read the runs of the experiments.
 */
export function listExperimentKeys(
  ctx: Context,
  { experimentIds, kind, prefix = '', part = '' }: KeySearch,
  page: Omit<PageRequest, 'fingerprint'>,
): Promise<Page<ExperimentKey>> {
  const fingerprint = ['experiment keys', ctx.workspace, experimentIds, kind, prefix, part]
  return readKeysetPage<ExperimentKey>(
    { ...page, fingerprint },
    {
      read: (after, count) => {
        const [runs, key] = after ?? [Number.MAX_SAFE_INTEGER, '']
        if (typeof runs !== 'number' || typeof key !== 'string') throw foreignPageToken()
        return ctx.db.all(sql<ExperimentKey>`
          select key, runs from (
            select k.key, sum(k.runs) as runs
            from json_each(${JSON.stringify(experimentIds)}) w
            cross join experiments e on e.id = w.value and e.workspace = ${ctx.workspace}
            cross join experiment_keys k on k.experiment = e.id and k.kind = ${kind}
            where k.runs > 0 and k.key >= ${prefix}
              and substr(k.key, 1, length(${prefix})) = ${prefix}
              and instr(lower(k.key), lower(${part})) > 0
            group by k.key)
          where runs < ${runs} or (runs = ${runs} and key > ${key})
          order by runs desc, key limit ${count}`)
      },
      keyOf: ({ runs, key }) => [runs, key],
    },
  )
}

/** A value that runs have for a key. */
export type KeyedValue = { readonly value: string; readonly runs: number }

/** Values come from so many runs, the newest ones. */
export const valueRunsMax = 2000
const valuesMax = 50
/** Longer ones are no help to somebody who types. */
const valueCharsMax = 500

/**
 * The values that active runs of an experiment have for a key of text, those that most have first, at most 50
 * of up to 500 characters. It looks at the newest 2,000 runs. The caller may read the experiment.
 *
 * @param search.key as a filter of runs spells it: `params.model`, `status`
 * @throws INVALID_PARAMETER_VALUE it is no key of runs, or one of numbers
 */
export function readKeyedValues(
  ctx: Context,
  search: { readonly experimentId: number; readonly key: string; readonly prefix?: string },
): Promise<readonly KeyedValue[]> {
  const { experimentId, key, prefix = '' } = search
  const parsed = keyIn(key)
  const field = fieldOf(runFilterKeys, parsed)
  if (field.type !== 'string') {
    throw invalid(`'${key}' holds numbers; values are told of text: a param, a tag, status`)
  }
  const rows = field.rows?.(sql`${parsed.name}`) ?? sql`(select 1) where 1`
  return ctx.db.all(sql<KeyedValue>`
    select ${field.column} as value, count(*) as runs from (
      select n.id from runs n where n.experiment = (select e.id from experiments e
          where e.id = ${experimentId} and e.workspace = ${ctx.workspace})
        and n.lifecycle_stage = 'active' and ${isNotDeniedSql(ctx, 'run')}
      order by n.start_time_ms desc, n.run_id limit ${valueRunsMax}) newest
    cross join runs r on r.id = newest.id cross join ${rows}
      and length(${field.column}) <= ${valueCharsMax}
      and substr(${field.column}, 1, length(${prefix})) = ${prefix}
    group by 1 order by runs desc, value limit ${valuesMax}`)
}
