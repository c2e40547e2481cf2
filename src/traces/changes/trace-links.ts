import { sql } from 'drizzle-orm'
import { invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { checkLength } from '../../core/names.ts'
import type { Context } from '../../platform/context.ts'
import { traceNotFound } from '../trace.ts'
import { traceNamed } from '../trace-named.ts'

const linksMax = 100
const idCharsMax = 255

/**
 * Link traces with a run. Neither has to be there yet, as in MLflow.
 *
 * @throws INVALID_PARAMETER_VALUE more than 100 traces at once
 */
export async function linkTracesToRun(
  ctx: Context,
  runId: string,
  traceIds: readonly string[],
): Promise<void> {
  if (traceIds.length > linksMax) throw invalid(messages.tooManyLinks(linksMax, traceIds.length))
  for (const id of [runId, ...traceIds]) checkLength(id, idCharsMax, 'trace_ids')
  if (traceIds.length === 0) return
  await ctx.db.all(sql`insert into trace_links (workspace, kind, target, trace_id)
    select ${ctx.workspace}, 'run', ${runId}, value from json_each(${JSON.stringify(traceIds)})
    where 1 on conflict do nothing`)
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
