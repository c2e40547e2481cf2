import { type SQL, sql } from 'drizzle-orm'
import { excerpt, invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { checkKey, truncate } from '../../core/names.ts'
import { boundStatement } from '../../db/bound.ts'
import { ConstraintError } from '../../db/database.ts'
import { jsonRowsOf } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import { isActiveRun, isRun, type KeyValue } from '../run.ts'

/** Longer values are cut, as MLflow cuts them. */
export const paramValueCharsMax = 6000

/** @param field the request's name for the key, e.g. `params[0].key` */
export function checkParamKey(key: string, field: string): void {
  checkKey(key, field, 'Param key')
}

/**
 * The statements that add `params` to an active run. A param is
 * written once: the same value again changes nothing, another value violates the NOT NULL of
 * `params.value` and so fails the whole batch.
 */
export function paramStatements(ctx: Context, runId: string, params: readonly KeyValue[]): SQL[] {
  if (params.length === 0) return []
  const insert = sql`insert into params (run, key, value)
    select runs.id, param.value ->> 0, param.value ->> 1
    from runs cross join json_each(${jsonRowsOf(params.map(cellsOf))}) as param
    where ${isActiveRun(ctx, runId)}
    on conflict (run, key) do update set value = null where params.value <> excluded.value`
  const run = sql`select runs.id from runs where ${isActiveRun(ctx, runId)}`
  return [insert, boundStatement('params', 'run', run)]
}

function cellsOf({ key, value }: KeyValue): [string, string] {
  return [key, truncate(value, paramValueCharsMax)]
}

/** The 400 for a batch that failed on `paramStatements`, or undefined when `err` is another failure. */
export async function paramErrorOf(
  ctx: Context,
  runId: string,
  { params, err }: { readonly params: readonly KeyValue[]; readonly err: unknown },
): Promise<Error | undefined> {
  const isOurs =
    err instanceof ConstraintError && err.kind === 'not null' && err.subject === 'params.value'
  if (!isOurs) return undefined
  const stored = await ctx.db.all(sql<KeyValue>`select params.key, params.value
    from runs join params on params.run = runs.id where ${isRun(ctx, runId)}`)
  const values = new Map(stored.map(({ key, value }) => [key, value]))
  const changed = params.filter((param) => values.get(param.key) !== cellsOf(param)[1])
  const shown = changed.map(({ key, value }) => {
    const old = excerpt(values.get(key) ?? '', 50)
    return `'${key}' has value='${old}', attempted '${excerpt(value, 50)}'`
  })
  const [first] = changed
  const phrase =
    first && params.length === 1 ? messages.paramChanged(first.key) : messages.paramsChanged
  return invalid(
    `${phrase} for run ID='${runId}': ${excerpt(shown.join('; '), 1000)}; log to another run`,
    { cause: err },
  )
}
