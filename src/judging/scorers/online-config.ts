import { sql } from 'drizzle-orm'
import { mayReadSql } from '../../access/permissions/permitted.ts'
import { commit, entryStatement } from '../../audit/commit.ts'
import { invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { checkLength } from '../../core/names.ts'
import type { Context } from '../../platform/context.ts'
import { checkTraceFilter } from '../../traces/search/search-traces.ts'
import { judgingMessages } from '../messages.ts'
import { type ScorerName, scorerNamed, scorerNotFound } from './scorer.ts'

/** How often a scorer would score new traces by itself. */
export type OnlineConfig = {
  readonly configId: string
  readonly scorerId: string
  readonly experimentId: number
  /** 0 to 1. */
  readonly sampleRate: number
  readonly filter: string | undefined
}

type ConfigRow = {
  readonly config_id: string
  readonly scorer_id: string
  readonly experiment: number
  readonly sample_rate: number
  readonly filter: string | null
}

const columns = sql`s.config_id, s.scorer_id, s.experiment, s.sample_rate, s.filter`
const filterCharsMax = 10_000
const idsMax = 1000

function configFrom(row: ConfigRow): OnlineConfig {
  return {
    configId: row.config_id,
    scorerId: row.scorer_id,
    experimentId: row.experiment,
    sampleRate: row.sample_rate,
    filter: row.filter ?? undefined,
  }
}

/**
 * Set how often a scorer scores by itself: never, since this server runs no scorers.
 *
 * @throws INVALID_PARAMETER_VALUE the rate is not 0, or the filter is malformed
 * @throws RESOURCE_DOES_NOT_EXIST no such scorer
 */
export async function setOnlineConfig(
  ctx: Context,
  named: ScorerName,
  { sampleRate, filter }: { readonly sampleRate: number; readonly filter: string | undefined },
): Promise<OnlineConfig> {
  if (!(sampleRate >= 0 && sampleRate <= 1))
    throw invalid(judgingMessages.wrongSampleRate(sampleRate))
  checkLength(filter ?? '', filterCharsMax, 'filter_string')
  checkTraceFilter(filter)
  const scorer = scorerNamed(ctx, named)
  const { experimentId, name } = named
  const said = (rate: unknown, text: unknown) =>
    sql`json_object('experiment', ${String(experimentId)}, 'name', ${name}, 'sample_rate', ${rate}, 'filter', ${text})`
  const isLet = sql`${sampleRate} = 0`
  const { found, configs } = await commit(ctx, {
    found: scorer,
    entry: entryStatement(ctx, {
      action: 'scorer.sampling_changed',
      from: sql`scorers s where s.id = (${scorer}) and ${isLet}`,
      before: said(sql`s.sample_rate`, sql`s.filter`),
      after: said(sampleRate, filter ?? null),
    }),
    set: sql`update scorers set config_id = coalesce(config_id, ${ctx.randomId()}),
        sample_rate = ${sampleRate}, filter = ${filter ?? null}
      where id = (${scorer}) and ${isLet}`,
    configs: sql<ConfigRow>`select ${columns} from scorers s
      where s.id = (${scorer}) and s.config_id is not null`,
  })
  if (found.length === 0) throw scorerNotFound(named)
  const [config] = configs
  if (sampleRate > 0 || !config) {
    throw invalid(
      `${judgingMessages.noGatewayModel(name)} This server runs no scorers; run mlflow.genai.evaluate() on the traces, or set sample_rate 0`,
    )
  }
  return configFrom(config)
}

/** Those that were set, of scorers of experiments that the caller may read; unknown ids are left out. */
export async function listOnlineConfigs(
  ctx: Context,
  scorerIds: readonly string[],
): Promise<readonly OnlineConfig[]> {
  if (scorerIds.length === 0) throw invalid(messages.missing('scorer_ids'))
  if (scorerIds.length > idsMax) throw invalid(`scorer_ids may have at most ${idsMax} ids`)
  const rows = await ctx.db.all(sql<ConfigRow>`select ${columns}
    from json_each(${JSON.stringify([...new Set(scorerIds)])}) w
    cross join scorers s on s.scorer_id = w.value
    join experiments e on e.id = s.experiment and e.workspace = ${ctx.workspace}
    where s.config_id is not null and ${mayReadSql(ctx, 'experiment', { id: sql`e.id` })}
    order by w.key`)
  return rows.map(configFrom)
}
