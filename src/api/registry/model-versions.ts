import { requireModelVersion } from '../../access/permissions/require.ts'
import { rollBack } from '../../governance/moves/rollback.ts'
import { requireToRollBack } from '../../governance/permissions.ts'
import type { Hold } from '../../registry/versions/legal-holds.ts'
import * as holds from '../../registry/versions/legal-holds.ts'
import {
  getVersionDetail,
  readVersionDetail,
  type VersionDetail,
} from '../../registry/versions/version-detail.ts'
import * as endpoints from '../endpoints/model-versions.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** Model versions, their legal holds, and the way back. */
export const modelVersionRoutes: readonly ServedEndpoint[] = [
  serve(
    endpoints.getVersion,
    (ctx, { params }) => requireModelVersion(ctx, params.name, 'READ'),
    async (ctx, { params }) =>
      versionToWire(await getVersionDetail(ctx, params.name, params.version)),
  ),

  serve(
    endpoints.getHold,
    (ctx, { params }) => requireModelVersion(ctx, params.name, 'READ'),
    async (ctx, { params }) => holdToWire(await holds.getHold(ctx, params.name, params.version)),
  ),

  serve(
    endpoints.placeHold,
    (ctx, { params }) => requireModelVersion(ctx, params.name, 'EDIT'),
    async (ctx, { params, body }) =>
      holdToWire(
        await holds.placeHold(ctx, params.name, { version: params.version, reason: body.reason }),
      ),
  ),

  serve(
    endpoints.liftHold,
    (ctx, { params }) => requireModelVersion(ctx, params.name, 'MANAGE'),
    async (ctx, { params }) => {
      await holds.liftHold(ctx, params.name, params.version)
      return {}
    },
  ),

  serve(
    endpoints.rollBackStage,
    (ctx, { params, body }) => requireToRollBack(ctx, params.name, body.stage),
    async (ctx, { params, body }) => {
      const { version, from, replaced } = await rollBack(ctx, params.name, {
        stage: body.stage,
        toVersion: body.to_version,
        reason: body.reason,
      })
      return {
        model_version: versionToWire(await readVersionDetail(ctx, version)),
        from_stage: from,
        replaced: replaced.map(String),
      }
    },
  ),
]

function approvalToWire(approval: VersionDetail['approval']) {
  if (!approval) return {}
  const { status, by, atMs, reason } = approval
  return {
    approval_status: status,
    approval: { by, at: atMs, ...(reason === null ? {} : { reason }) },
  }
}

function placeApprovalToWire(approval: VersionDetail['approvals'][number]) {
  const { kind, target, status, by, atMs, reason, isBreakGlass, promotion } = approval
  return {
    to: kind === 'stage' ? { stage: target } : { alias: target },
    status,
    by,
    at: atMs,
    ...(reason === null ? {} : { reason }),
    break_glass: isBreakGlass,
    promotion_id: String(promotion),
  }
}

function versionToWire(version: VersionDetail) {
  return {
    name: version.name,
    version: String(version.version),
    stage: version.stage,
    description: version.description || undefined,
    user_id: version.userId ?? undefined,
    status: version.status,
    status_message: version.statusMessage || undefined,
    aliases: [...version.aliases],
    tags: Object.fromEntries(version.tags.map(({ key, value }) => [key, value])),
    source: version.source,
    run_id: version.runId || undefined,
    run_link: version.runLink || undefined,
    model_id: version.modelId ?? undefined,
    ...approvalToWire(version.approval),
    ...(version.approvals.length > 0 && {
      approvals: version.approvals.map(placeApprovalToWire),
    }),
    sealed: version.digest !== undefined,
    digest: version.digest,
    source_changed: version.sourceChanged,
    hold: version.hold && holdToWire(version.hold),
    created_at: version.createdAtMs,
    updated_at: version.updatedAtMs,
  }
}

function holdToWire({ reason, placedBy, placedAtMs }: Hold) {
  return {
    reason,
    placed_by: { ...placedBy, groups: [...placedBy.groups] },
    placed_at: placedAtMs,
  }
}
