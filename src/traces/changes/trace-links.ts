import { sql } from 'drizzle-orm'
import { absent, invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { checkLength } from '../../core/names.ts'
import type { Context, Platform } from '../../platform/context.ts'
import { isRun } from '../../tracking/run.ts'
import { traceNotFound } from '../trace.ts'
import { traceNamed } from '../trace-named.ts'

const linksMax = 100
const idCharsMax = 255

/**
 * Link traces with a run. A trace may be on its way still: its link waits for it for some days.
 *
 * @throws INVALID_PARAMETER_VALUE more than 100 traces at once
 * @throws RESOURCE_DOES_NOT_EXIST no such run
 */
export async function linkTracesToRun(
  ctx: Context,
  runId: string,
  traceIds: readonly string[],
): Promise<void> {
  if (traceIds.length > linksMax) throw invalid(messages.tooManyLinks(linksMax, traceIds.length))
  for (const id of [runId, ...traceIds]) checkLength(id, idCharsMax, 'trace_ids')
  if (traceIds.length === 0) return
  const runRead = sql`select runs.id from runs where ${isRun(ctx, runId)}`
  const { run } = await ctx.db.batch({
    run: runRead,
    linked: sql`insert into trace_links (workspace, kind, target, trace_id, early_at_ms)
      select ${ctx.workspace}, 'run', ${runId}, j.value, iif(t.id is null, ${ctx.now()}, null)
      from json_each(${JSON.stringify(traceIds)}) j
      left join traces t on t.workspace = ${ctx.workspace} and t.trace_id = j.value
      where exists (${runRead}) on conflict do nothing`,
  })
  if (run.length === 0) throw absent(messages.noRun(runId))
}

/** Traces whose links came first are there within seconds, or never. */
const earlyMs = 7 * 24 * 3_600_000

/** Drop links whose traces never came, and leave the others in peace. */
export async function sweepEarlyLinks({ db, now }: Platform): Promise<void> {
  const isOld = sql`early_at_ms < ${now() - earlyMs}`
  const old = await db.first(sql`select 1 from trace_links where ${isOld} limit 1`)
  if (!old) return
  await db.batch({
    lost: sql`delete from trace_links where ${isOld} and not exists (select 1 from traces t
      where t.workspace = trace_links.workspace and t.trace_id = trace_links.trace_id)`,
    kept: sql`update trace_links set early_at_ms = null where ${isOld}`,
  })
}

export type PromptVersionName = { readonly name: string; readonly version: string }

/**
 * Link a trace with the prompt versions that it used, which do not have to be there.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such trace
 * @throws INVALID_PARAMETER_VALUE too many at once
 */
export async function linkPromptsToTrace(
  ctx: Context,
  traceId: string,
  prompts: readonly PromptVersionName[],
): Promise<void> {
  if (prompts.length > linksMax) {
    throw invalid(`A trace is linked with at most ${linksMax} prompt versions at once`)
  }
  for (const { name, version } of prompts)
    checkLength(name + version, idCharsMax, 'prompt_versions')
  const targets = JSON.stringify(prompts.map(({ name, version }) => `${name}/${version}`))
  const { trace } = await ctx.db.batch({
    trace: traceNamed(ctx, traceId),
    linked: sql`insert into trace_links (workspace, kind, target, trace_id)
      select t.workspace, 'prompt', j.value, t.trace_id
      from json_each(${targets}) j cross join traces t
      where t.id = (${traceNamed(ctx, traceId)}) on conflict do nothing`,
  })
  if (trace.length === 0) throw traceNotFound(traceId)
}
