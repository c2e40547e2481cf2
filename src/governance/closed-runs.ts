import { sql } from 'drizzle-orm'
import {
  areSomeDenied,
  isNotDeniedSql,
  mayAll,
  mayReadSql,
} from '../access/permissions/permitted.ts'
import { isGovernor } from '../access/permissions/workspace-rights.ts'
import { BlockedError, RegistryError } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import { readableFactsSql } from '../registry/facts/readable-facts.ts'
import { type Assessment, blockedOf } from './promotions/assess.ts'
import { blocksOf, factsChanged, type GateResult, type Judgement } from './promotions/judge.ts'
import type { Evidence, Promotion } from './promotions/promotion.ts'

/** Versions of which the caller may not read the run or the logged model, or what is kept of them. */
export type ClosedVersions = {
  /** `model_versions.id` */
  readonly versions: ReadonlySet<number>
  /** `registered_models.id` of models that have such versions. */
  readonly models: ReadonlySet<number>
}

/**
 * Nothing says any more who may read the run of a version that was deleted, so it is closed to all but those
 * to whom nothing is.
 *
 * @param versions ids of `model_versions`, and `models` of `registered_models`, whose versions are all looked at
 */
async function readClosed(
  ctx: Context,
  versions: readonly number[],
  models: readonly number[] = [],
): Promise<ClosedVersions> {
  if (mayAll(ctx)) return { versions: new Set(), models: new Set() }
  const mayRead = mayReadSql(ctx, 'experiment', { id: sql`e.id` })
  const [rows, deleted] = await Promise.all([
    ctx.db.all(sql<{ id: number; registered_model: number }>`
    select v.id, v.registered_model from model_versions v
    where (v.id in (select value from json_each(${JSON.stringify(versions)}))
      or v.registered_model in (select value from json_each(${JSON.stringify(models)}))) and (
      exists (select 1 from runs r join experiments e on e.id = r.experiment
        where r.run_id = v.run_id and not (${mayRead} and ${isNotDeniedSql(ctx, 'run')}))
      or exists (select 1 from logged_models l join experiments e on e.id = l.experiment
        where l.model_id = v.model_id
          and not (${mayRead} and ${isNotDeniedSql(ctx, 'logged model')}))
      or exists (select 1 from version_facts f
        where f.model_version = v.id and not (${readableFactsSql(ctx, sql`f`)})))`),
    ctx.db.all(sql<{ id: number }>`select value as id from json_each(${JSON.stringify(versions)})
      where not exists (select 1 from model_versions v where v.id = value)`),
  ])
  const isOpen = deleted.length === 0 || !(await areSomeDenied(ctx)) || (await isGovernor(ctx))
  return {
    versions: new Set([...rows, ...(isOpen ? [] : deleted)].map(({ id }) => id)),
    models: new Set(rows.map(({ registered_model }) => registered_model)),
  }
}

/**
 * Those of these versions of which the caller may not read the run, or what is kept of it.
 *
 * @param ids of `model_versions`
 */
export async function findClosedAmong(
  ctx: Context,
  ids: readonly number[],
): Promise<ReadonlySet<number>> {
  return (await readClosed(ctx, ids)).versions
}

/** What the judgements of requests show that the caller may not read. */
export function readClosedOf(
  ctx: Context,
  promotions: readonly Promotion[],
): Promise<ClosedVersions> {
  const versions = promotions.flatMap(({ modelVersionId, evidence }) => [
    modelVersionId,
    ...(evidence?.compared ? [evidence.compared] : []),
  ])
  const older = promotions.filter(({ evidence }) => evidence?.compared === undefined)
  return readClosed(
    ctx,
    versions,
    older.map(({ registeredModelId }) => registeredModelId),
  )
}

/** The judgement of a request, without values if it shows what the caller may not read. */
export function shownEvidence(
  { modelVersionId, registeredModelId }: Promotion,
  evidence: Evidence,
  closed: ClosedVersions,
): Evidence {
  const isClosed =
    closed.versions.has(modelVersionId) ||
    (evidence.compared === undefined
      ? closed.models.has(registeredModelId)
      : evidence.compared !== null && closed.versions.has(evidence.compared))
  if (!isClosed) return evidence
  const gates = withoutValues(evidence.gates, hidden)
  const dismissed = Object.entries(evidence.dismissed ?? {}).map(([id, why]) => [
    id,
    why.startsWith(factsChanged) ? factsChanged : why,
  ])
  return {
    ...evidence,
    gates,
    blocked_by: blocksOf(gates, evidence.approvals),
    dismissed: Object.fromEntries(dismissed),
  }
}

/** A judgement as the caller may see it. */
export async function showAssessment(ctx: Context, assessment: Assessment): Promise<Assessment> {
  return (await isClosed(ctx, assessment)) ? withoutDetails(assessment, hidden) : assessment
}

/**
 * The error for a move that a judgement blocks. The caller is told what they may see, and the audit log,
 * whose events everybody gets who may read the model, what all may see.
 *
 * @param messageOf the message by what a judgement tells
 */
export async function makeBlockedError(
  ctx: Context,
  { promotion, assessment }: { readonly promotion: Promotion; readonly assessment: Assessment },
  messageOf: (judgement: Judgement) => string,
): Promise<BlockedError> {
  const shown = await showAssessment(ctx, assessment)
  const open = (await areSomeDenied(ctx)) ? withoutDetails(assessment, notForAll) : assessment
  const message = messageOf(open.judgement)
  return new BlockedError(messageOf(shown.judgement), { ...blockedOf(promotion, open), message })
}

/** Gates as all may see them who may read the model: without values, if some may not read some run. */
export async function showGatesToAll(
  ctx: Context,
  gates: readonly GateResult[],
): Promise<readonly GateResult[]> {
  return (await areSomeDenied(ctx)) ? withoutValues(gates, notForAll) : gates
}

/**
 * Require that a draft is judged on nothing that the caller may not read: whether it passes would tell the values.
 *
 * @throws PERMISSION_DENIED
 */
export async function requireOpenRuns(ctx: Context, assessment: Assessment): Promise<void> {
  if (!(await isClosed(ctx, assessment))) return
  throw new RegistryError('PERMISSION_DENIED', `A draft is not judged: ${hidden}`)
}

/** Whether the caller may not read the run of a version that was judged, or compared with. */
export async function isClosed(
  ctx: Context,
  { candidate, current }: Pick<Assessment, 'candidate' | 'current'>,
): Promise<boolean> {
  const ids = [candidate.id, ...(current ? [current.id] : [])]
  return (await findClosedAmong(ctx, ids)).size > 0
}

function withoutDetails(assessment: Assessment, why: string): Assessment {
  const { judgement } = assessment
  const gates = withoutValues(judgement.gates, why)
  return {
    ...assessment,
    judgement: { ...judgement, gates, blockedBy: blocksOf(gates, judgement.approvals) },
  }
}

export const hidden = 'you may not read the run that the values are from'

/** For the audit log, of which everybody gets events who may read the model. */
const notForAll = 'not everybody may read the run that the values are from; see the request'

/** Gates whose details have nothing from the run. */
const withoutRun: ReadonlySet<string> = new Set([
  ...[
    'model_card',
    'integrity',
    'check',
    'soak',
    'fairness',
    'tag',
    'archiving',
    'scan',
    'attestation',
    'signing',
  ],
])

function withoutValues(gates: readonly GateResult[], why: string): GateResult[] {
  return gates.map((gate) => (withoutRun.has(gate.type) ? gate : { ...gate, detail: why }))
}
