import { sql } from 'drizzle-orm'
import { isNotDeniedSql, isPromptModel } from '../access/permissions/permitted.ts'
import { placeKey } from '../core/place.ts'
import type { PromotionTarget } from '../governance/policies/policy.ts'
import type { Context } from '../platform/context.ts'
import { modelId } from '../registry/ids.ts'
import type { Split } from '../router/split.ts'
import { silentMs } from './replicas.ts'
import { readModelUri } from './resolve.ts'

/** What answers with whichever version is in a stage, or behind an alias. */
export type Followers = {
  /** Processes that were heard of within 45 seconds. */
  readonly replicas: number
  /** Names of deployments of which a variant or shadow follows it, by name. */
  readonly deployments: readonly string[]
}

/** @param model its present name */
export async function readFollowers(
  ctx: Context,
  model: string,
  place: PromotionTarget,
): Promise<Followers> {
  const { replicas, deployments } = await ctx.db.batch({
    replicas: sql<{ uri: string; count: number }>`select uri, count(*) as count
      from serving_replicas where registered_model = (${modelId(ctx, model)})
        and seen_at_ms >= ${ctx.now() - silentMs} group by uri`,
    deployments: sql<{ name: string; split: string }>`select d.name, d.split from deployments d
      join registered_models m on m.id = d.registered_model
      where d.registered_model = (${modelId(ctx, model)}) and ${isNotDeniedSql(ctx, 'version', isPromptModel)}
      order by d.name`,
  })
  const follows = (uri: string | undefined) => uri !== undefined && isOf(place, uri)
  return {
    replicas: replicas.filter(({ uri }) => follows(uri)).reduce((sum, { count }) => sum + count, 0),
    deployments: deployments
      .filter(({ split }) => targetsIn(split).some(({ uri }) => follows(uri)))
      .map(({ name }) => name),
  }
}

function isOf(place: PromotionTarget, uri: string): boolean {
  const { selector } = readModelUri(uri)
  if (place.alias !== undefined) return selector.by === 'alias' && selector.alias === place.alias
  return selector.by === 'stage' && placeKey(selector.stage) === placeKey(place.stage)
}

function targetsIn(split: string) {
  const { variants, shadows = [] }: Split = JSON.parse(split)
  return [...variants, ...shadows]
}
