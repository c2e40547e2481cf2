import { requireAdmin } from '../../access/permissions/require.ts'
import { runPreviewed } from '../../retention/follow-rule.ts'
import { assessRetention, type KeptVersion, type RuledVersion } from '../../retention/plan.ts'
import {
  deleteRule,
  getRule,
  listRules,
  putRule,
  type RetentionRule,
} from '../../retention/rules.ts'
import { monthlyCostOf, readStorage } from '../../retention/storage-report.ts'
import * as endpoints from '../endpoints/retention.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** Which versions are deleted once nobody needs them, and what versions take. */
export const retentionRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.listRetentionRules, requireAdmin, async (ctx) => ({
    items: (await listRules(ctx)).map(ruleToWire),
  })),

  serve(endpoints.putRetentionRule, requireAdmin, async (ctx, { params, body }) => {
    const { revision, automatic, ...terms } = body
    return ruleToWire(await putRule(ctx, params.name, { revision, terms, isAutomatic: automatic }))
  }),

  serve(endpoints.deleteRetentionRule, requireAdmin, async (ctx, { params }) => {
    await deleteRule(ctx, params.name)
    return {}
  }),

  serve(endpoints.previewRetention, requireAdmin, async (ctx, { params }) => {
    const plan = await assessRetention(ctx, await getRule(ctx, params.name))
    return {
      preview: plan.mark,
      delete: plan.leaving.map(meantToWire),
      more: plan.laterCount > 0,
      later: plan.later.map(meantToWire),
      later_count: plan.laterCount,
      kept: plan.kept.map(keptToWire),
      kept_count: plan.keptCount,
      spared: plan.spared.map(keptToWire),
      spared_count: plan.sparedCount,
      freed_bytes: plan.bytes.freed,
      bytes_with_runs: plan.bytes.withRuns,
      all_freed_bytes: plan.allBytes.freed,
      all_bytes_with_runs: plan.allBytes.withRuns,
    }
  }),

  serve(endpoints.runRetention, requireAdmin, async (ctx, { params, body }) => {
    const run = await runPreviewed(ctx, params.name, body.preview)
    return {
      deleted: run.deleted.map(meantToWire),
      stayed: run.stayed.map(keptToWire),
      more: run.hasMore,
    }
  }),

  serve(endpoints.getStorage, requireAdmin, async (ctx, { query }) => {
    const price = query.price ?? ctx.settings.storagePrice
    const shares = await readStorage(ctx, query.by)
    return {
      items: shares.map(({ ownBytes, sharedBytes, ...share }) => ({
        ...share,
        own_bytes: ownBytes,
        shared_bytes: sharedBytes,
        ...(price !== undefined && { cost: monthlyCostOf(ownBytes, price) }),
      })),
    }
  }),
]

function ruleToWire({ name, revision, terms, isAutomatic, updatedAtMs }: RetentionRule) {
  const { models, keep, stages } = terms
  return {
    ...{ name, revision, models, keep: { ...keep }, stages: [...stages] },
    automatic: isAutomatic,
    updated_at: updatedAtMs,
  }
}

function meantToWire({ model, version, stage, sizeBytes, ...more }: RuledVersion) {
  return {
    ...{ model, version: String(version), stage, bytes: sizeBytes },
    created_at: more.createdAtMs,
    ...(more.downloadedAtMs !== undefined && { downloaded_at: more.downloadedAtMs }),
  }
}

function keptToWire({ because, ...version }: KeptVersion) {
  return { ...meantToWire(version), because }
}
