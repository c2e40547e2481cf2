import { type SQL, sql } from 'drizzle-orm'
import { requirePromoting } from '../../access/permissions/require.ts'
import { modelEntriesSql } from '../../audit/entry.ts'
import { conflict, excerpt, invalid, NotYetError, RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { checkModelName, modelNotFound, versionNotFound } from '../../registry/check-names.ts'
import { getVersionFiles } from '../../registry/files/version-manifest.ts'
import { modelId } from '../../registry/ids.ts'
import { restoreStage } from '../../registry/stages/restore-stage.ts'
import { isActive, resolveStage } from '../../registry/stages/stages.ts'
import { checkReason } from '../../registry/versions/legal-holds.ts'
import type { ModelVersion } from '../../registry/versions/read-versions.ts'
import { getVersion } from '../../registry/versions/versions.ts'
import { versionsBefore } from '../history/stage-history.ts'
import { listPolicies, selectPolicies } from '../policies/policies.ts'
import type { Policy } from '../policies/policy.ts'
import { archivingOf, refuseArchiving } from '../promotions/archiving.ts'
import { asksForFiles, readSealedFiles } from '../promotions/assess.ts'
import { requestMove } from './request-move.ts'
import { runUnderPolicies } from './under-policies.ts'

export type Rollback = {
  /** In any case. */
  readonly stage: string
  /** Undefined: the version that was in the stage before. */
  readonly toVersion: number | undefined
  readonly reason: string
  /** The version because of which it is done: where the stage means another by now, it is not done. */
  readonly from?: number | undefined
}

export type RolledBack = {
  readonly version: ModelVersion
  /** Where the version was. */
  readonly from: string
  /** Numbers of the versions that went to Archived, lowest first. */
  readonly replaced: readonly number[]
}

type VersionInStage = { readonly id: number; readonly version: number }
/** An entry with its version as it is now; null if it was deleted. */
type EntryRow = {
  version: number
  is_rollback: number
  is_signed_off: number
  id: number | null
  stage: string | null
}

/**
 * Bring a version back to a stage that it was in before; all others in the stage go to Archived.
 * Under policies with `rollback.skip_approvals`, a version that came in by a request under one of
 * them comes back if its files are intact. Everything else takes a request, and so does a version that
 * is in the stage already: only the others would move.
 *
 * @throws PERMISSION_DENIED a policy wants a request, which is open now, or its files are damaged; or
 *   others would go to Archived, which a policy guards
 * @throws INVALID_PARAMETER_VALUE no stage to roll back; `toVersion` was never in it
 * @throws RESOURCE_DOES_NOT_EXIST no such model or version
 * @throws RESOURCE_CONFLICT nothing to go back to; the stage changed at the same moment
 */
export async function rollBack(
  ctx: Context,
  name: string,
  { stage: given, toVersion, reason, from }: Rollback,
): Promise<RolledBack> {
  checkModelName(name)
  checkReason(reason)
  const stage = await resolveServing(ctx, given)
  const outcome = await runUnderPolicies(ctx, { name }, async (guarded, all) => {
    const policies = selectPolicies(all, name, { stage })
    const way = await findWayBack(guarded, name, { stage, toVersion, policies })
    // Of several in a stage, the one of the highest number is meant.
    if (from !== undefined && way.holders.at(-1)?.version !== from) {
      throw conflict(`Version ${from} of '${excerpt(name)}' is not what ${stage} means any more`)
    }
    await requirePromoting(ctx, name, { stages: [way.target.stage] })
    const [first = null] = way.replaced
    refuseArchiving(archivingOf(all, name, [{ count: way.replaced.length, first }]))
    if (needsRequest(way.target, stage, policies)) return { way, policies }
    if (asksForFiles(policies)) await refuseDamaged(ctx, name, way.target.version)
    return { way, version: await writeWayBack(guarded, name, { ...way, stage, reason }) }
  })
  const { target, replaced } = outcome.way
  if (outcome.version) return { version: outcome.version, from: target.stage, replaced }
  const move = { name, version: target.version, target: { stage }, archiveOthers: true }
  await requestMove(ctx, move, outcome.policies)
  return { version: await getVersion(ctx, name, target.version), from: target.stage, replaced }
}

/** What `rollBack` to the version before would do now. */
export type RollbackPreview = {
  readonly version: number
  /** Where it is. */
  readonly from: string
  /** It takes a promotion request, and nothing moves until that is merged. */
  readonly opensRequest: boolean
}

/** @throws as `rollBack`, without changing anything */
export async function readRollback(
  ctx: Context,
  name: string,
  given: string,
): Promise<RollbackPreview> {
  const stage = await resolveServing(ctx, given)
  const policies = selectPolicies(await listPolicies(ctx), name, { stage })
  const { target } = await findWayBack(ctx, name, { stage, toVersion: undefined, policies })
  const { version, stage: from } = target
  return { version, from, opensRequest: needsRequest(target, stage, policies) }
}

async function resolveServing(ctx: Context, given: string): Promise<string> {
  const stage = await resolveStage(ctx, given)
  if (isActive(stage)) return stage
  throw invalid(`Stage '${stage}' cannot be rolled back: versions do not serve in it`)
}

/**
 * Whether a version comes back only with a new sign-off. One that is in the stage already does not enter
 * it: archiving the others is all that would happen, and nobody signed that off.
 */
function needsRequest(target: Target, stage: string, policies: readonly Policy[]): boolean {
  const maySkip =
    target.stage !== stage &&
    target.isSignedOff &&
    policies.every(({ document }) => document.rollback.skip_approvals)
  return policies.length > 0 && !maySkip
}

/** The version that comes back, and those that are archived for it. */
type WayBack = {
  readonly target: Target
  readonly holders: readonly VersionInStage[]
  /** Numbers of the versions that go to Archived, lowest first. */
  readonly replaced: readonly number[]
}

type Wanted = Pick<Rollback, 'stage' | 'toVersion'> & {
  /** Those that guard the stage. */
  readonly policies: readonly Policy[]
}

async function findWayBack(
  ctx: Context,
  name: string,
  { stage, toVersion, policies }: Wanted,
): Promise<WayBack> {
  const { models, holders, entries, wanted } = await ctx.db.batch({
    models: modelId(ctx, name),
    holders: sql<VersionInStage>`select id, version from model_versions
      where registered_model = (${modelId(ctx, name)}) and stage = ${stage} order by version`,
    entries: enteredRead(ctx, name, { stage, toVersion, policies }),
    wanted: sql`select 1 from model_versions
      where registered_model = (${modelId(ctx, name)}) and version = ${toVersion ?? null}`,
  })
  if (models.length === 0) throw modelNotFound(name)
  if (toVersion !== undefined && wanted.length === 0) throw versionNotFound(name, toVersion)
  const entered = { name, stage, entries, holders }
  const target =
    toVersion === undefined ? versionBefore(entered) : chosenVersion(entered, toVersion)
  const others = holders.filter(({ id }) => id !== target.id)
  return { target, holders, replaced: others.map(({ version }) => version) }
}

/** @throws RESOURCE_CONFLICT the stage changed at the same moment */
async function writeWayBack(
  ctx: Context,
  name: string,
  { target, holders, stage, reason }: WayBack & Pick<Rollback, 'stage' | 'reason'>,
): Promise<ModelVersion> {
  const version = await restoreStage(ctx, {
    stage,
    id: target.id,
    from: target.stage,
    holders: holders.map(({ id }) => id),
    reason,
  })
  if (version) return version
  throw conflict(
    `The versions of '${excerpt(name)}' in ${stage} changed at the same moment; look at them and try again`,
  )
}

const retryAfterS = 30

/**
 * @throws PERMISSION_DENIED the stored files of the version are not what was sealed
 * @throws TEMPORARILY_UNAVAILABLE they are being read in the background
 */
async function refuseDamaged(ctx: Context, name: string, version: number): Promise<void> {
  const files = await getVersionFiles(ctx, name, version)
  const read = await readSealedFiles(ctx, { manifestId: files.manifestId, digest: files.digest })
  if (read?.ok) return
  if (read?.pending) {
    throw new NotYetError(
      `Version ${version} of '${excerpt(name)}' cannot come back yet: ${read.detail}; ask again`,
      retryAfterS,
    )
  }
  throw new RegistryError(
    'PERMISSION_DENIED',
    `Version ${version} of '${excerpt(name)}' cannot come back: ${read?.detail ?? 'it is not sealed, and a policy wants its files read'}`,
  )
}

/**
 * The entries that put versions of the model into the stage, newest first; with `toVersion`, only
 * those of that version. They are found by the model's id, so its earlier names do not matter. An
 * entry is signed off if it merged a request under a policy that guards the stage today, and under all
 * that do so and were there then; a merge by break-glass is signed off once it was followed up.
 */
function enteredRead(
  ctx: Context,
  name: string,
  { stage, toVersion: version, policies }: Wanted,
): SQL<EntryRow> {
  const names = JSON.stringify(policies.map((policy) => policy.name))
  const ids = JSON.stringify(policies.map((policy) => policy.id))
  return sql<EntryRow>`select a.version, a.action = 'model_version.rolled_back' as is_rollback,
      exists (select 1 from promotions p join json_each(p.evidence, '$.policies') judged
        where p.id = a.promotion and judged.value ->> 'name' in (select value from json_each(${names}))
          and (p.break_glass = 0 or p.followed_up_by is not null)
          and not exists (select 1 from policies g
            join policy_revisions r on r.policy = g.id and r.revision = 1
            where g.id in (select value from json_each(${ids})) and r.at_ms < a.at_ms
              and g.name not in (select value ->> 'name' from json_each(p.evidence, '$.policies')))
        ) as is_signed_off,
      v.id, v.stage
    from ${modelEntriesSql('a')} left join model_versions v
      on v.registered_model = a.registered_model and v.version = a.version
    where a.registered_model = (${modelId(ctx, name)})
      and a.action in ('model_version.transitioned', 'model_version.rolled_back')
      and a.after ->> 'stage' = ${stage}
      and (a.before ->> 'stage' <> ${stage} or json_array_length(a.after, '$.archived') > 0)
      ${version === undefined ? sql`` : sql`and a.version = ${version}`}
    order by a.seq desc`
}

type Target = {
  readonly id: number
  readonly version: number
  readonly stage: string
  /** It came in by a request under one of the policies that guard the stage. */
  readonly isSignedOff: boolean
}

/** What was in the stage according to the audit log, and what is in it now. */
type Entered = {
  readonly name: string
  readonly stage: string
  readonly entries: readonly EntryRow[]
  readonly holders: readonly VersionInStage[]
}

function versionBefore({ name, stage, entries, holders }: Entered): Target {
  const numbers = versionsBefore(
    entries.map((entry) => ({ version: entry.version, isRollback: entry.is_rollback === 1 })),
    holders.map((holder) => holder.version),
  )
  const targets = numbers.flatMap((number) => targetOf(entries, number) ?? [])
  const target = targets.find(({ isSignedOff }) => isSignedOff) ?? targets[0]
  if (target) return target
  const now = holders.map((holder) => holder.version).join(', ')
  throw conflict(
    now === ''
      ? `No version of '${excerpt(name)}' that is still there was ever in ${stage}`
      : `No version of '${excerpt(name)}' that is still there was in ${stage} before version ${now}`,
  )
}

function chosenVersion({ name, stage, entries, holders }: Entered, number: number): Target {
  const target = targetOf(entries, number)
  const what = `Version ${number} of '${excerpt(name)}'`
  if (!target) {
    throw invalid(
      `${what} was never in ${stage}, so it cannot be brought back there: move it there by transition-stage`,
    )
  }
  if (holders.length === 1 && holders[0]?.id === target.id) {
    throw conflict(`${what} is in ${stage} already, and no other is`)
  }
  return target
}

/** Undefined for a version that was deleted, or that no entry is about. */
function targetOf(entries: readonly EntryRow[], number: number): Target | undefined {
  const row = entries.find((entry) => entry.version === number)
  return row && row.id !== null && row.stage !== null
    ? { id: row.id, version: number, stage: row.stage, isSignedOff: isSignedOff(entries, number) }
    : undefined
}

function isSignedOff(entries: readonly EntryRow[], number: number): boolean {
  return entries.some((entry) => entry.version === number && entry.is_signed_off === 1)
}
