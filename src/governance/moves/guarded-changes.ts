import { sql } from 'drizzle-orm'
import { conflict, excerpt, RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import type { RegisteredModel } from '../../registry/models/read-models.ts'
import { deleteModel } from '../../registry/models/registered-models.ts'
import { renameModel } from '../../registry/models/rename-model.ts'
import { deleteAlias } from '../../registry/stages/aliases.ts'
import { deleteVersion, type LeavingVersion } from '../../registry/versions/versions.ts'
import { mayChange } from '../approvals.ts'
import { selectPolicies } from '../policies/policies.ts'
import { type Policy, type PromotionTarget, targetText } from '../policies/policy.ts'
import { guardDatabase } from '../upkeep/guard-database.ts'
import { selectDeploymentPolicies } from './guarded-deployments.ts'
import { runUnderPolicies } from './under-policies.ts'

/** Delete a version, unless it is in a guarded stage or has a guarded alias. @throws PERMISSION_DENIED, and as `deleteVersion` */
export function deleteFreeVersion(ctx: Context, name: string, version: number): Promise<void> {
  return deleteFreeVersionFor(ctx, name, { version })
}

/** The same for a reason that the audit log keeps. */
export function deleteFreeVersionFor(
  ctx: Context,
  name: string,
  leaving: LeavingVersion,
): Promise<void> {
  const { version } = leaving
  return runUnderPolicies(ctx, { name }, async (guarded, policies) => {
    await refuseHolders(ctx, policies, { model: name, version, why: 'deleted' })
    await deleteVersion(guarded, name, leaving)
  })
}

/** The names of a model's deployments: they are kept further on. */
type DeploymentNames = (ctx: Context, model: string) => Promise<readonly string[]>

/**
 * Delete a model, unless a version of it is in a guarded stage or has a guarded alias, or a deployment of
 * it is guarded. @throws as `deleteFreeVersion`
 */
export function deleteFreeModel(
  ctx: Context,
  name: string,
  readDeployments: DeploymentNames,
): Promise<void> {
  return runUnderPolicies(ctx, { name }, async (guarded, policies) => {
    const deployments = policies.length > 0 ? await readDeployments(ctx, name) : []
    await refuseHolders(ctx, policies, { model: name, deployments, why: 'deleted' })
    await deleteModel(guarded, name)
  })
}

/**
 * As `deleteFreeModel`, for a model that has no versions any more.
 *
 * @throws RESOURCE_CONFLICT it has some
 */
export function deleteEmptyModel(
  ctx: Context,
  name: string,
  readDeployments: DeploymentNames,
): Promise<void> {
  const newest = sql`(select max(v.version) from model_versions v join registered_models m
    on m.id = v.registered_model where m.workspace = ${ctx.workspace} and m.name = ${name})`
  return runUnderPolicies(ctx, { name }, async (guarded, policies) => {
    const [row] = await ctx.db.all(sql<{ newest: number | null }>`select ${newest} as newest`)
    if (row?.newest) {
      throw conflict(
        `'${excerpt(name)}' has packages, version ${row.newest} among them: delete them first`,
      )
    }
    const deployments = policies.length > 0 ? await readDeployments(ctx, name) : []
    await refuseHolders(ctx, policies, { model: name, deployments, why: 'deleted' })
    const db = guardDatabase(guarded.db, sql`${newest} is null`)
    await deleteModel({ ...guarded, db }, name)
  })
}

/**
 * Rename a model, unless a policy guards a stage or alias of one of its versions, or one of its deployments,
 * under the old or the new name. Otherwise a new name would lead into a guarded place, or out of its policy.
 */
export function renameFreeModel(
  ctx: Context,
  { name, newName }: { readonly name: string; readonly newName: string },
  readDeployments: DeploymentNames,
): Promise<RegisteredModel> {
  return runUnderPolicies(ctx, { name, newName }, async (guarded, policies) => {
    const deployments = policies.length > 0 ? await readDeployments(ctx, name) : []
    const placed = { model: name, deployments, why: 'renamed' } as const
    await refuseHolders(ctx, policies, placed)
    await refuseHolders(ctx, policies, { ...placed, as: newName })
    return renameModel(guarded, name, newName)
  })
}

/**
 * Delete an alias. It takes no sign-off, since taking a bad version down is an emergency. If a
 * policy names who alone may move the alias, only they may delete it. @throws PERMISSION_DENIED
 */
export function deleteGuardedAlias(ctx: Context, name: string, alias: string): Promise<void> {
  return runUnderPolicies(ctx, { name }, async (guarded, policies) => {
    for (const policy of selectPolicies(policies, name, { alias })) {
      if (mayChange(ctx.principal, policy)) continue
      throw new RegistryError(
        'PERMISSION_DENIED',
        `The alias '${excerpt(alias)}' of '${excerpt(name)}' is guarded by the policy '${excerpt(policy.name)}', which lets only ${policy.document.approvals.only.join(', ')} delete it`,
      )
    }
    await deleteAlias(guarded, name, alias)
  })
}

type Placed = {
  readonly model: string
  /** Absent: every version of the model. */
  readonly version?: number
  /** The name by which policies are looked up, if it is not the model's own. */
  readonly as?: string
  /** The names of its deployments. */
  readonly deployments?: readonly string[]
  readonly why: 'deleted' | 'renamed'
}

async function refuseHolders(
  ctx: Context,
  policies: readonly Policy[],
  { model, version, as = model, deployments = [], why }: Placed,
): Promise<void> {
  if (policies.length === 0) return
  for (const deployment of deployments) {
    const [policy] = selectDeploymentPolicies(policies, as, deployment)
    if (!policy) continue
    throw new RegistryError(
      'PERMISSION_DENIED',
      `'${excerpt(model)}' cannot be ${why}: the policy '${excerpt(policy.name)}' guards its deployment '${excerpt(deployment)}'; delete that first`,
    )
  }
  for (const { version: holder, target } of await readTakenPlaces(ctx, model, version)) {
    const [policy] = selectPolicies(policies, as, target)
    if (!policy) continue
    const remedy =
      target.alias === undefined
        ? 'move it out of that stage first'
        : 'point that alias at another version first'
    throw new RegistryError(
      'PERMISSION_DENIED',
      `'${excerpt(model)}' cannot be ${why}: version ${holder} holds ${targetText(target)}, which the policy '${excerpt(policy.name)}' guards; ${remedy}`,
    )
  }
}

type TakenPlace = { readonly version: number; readonly target: PromotionTarget }

/** The stages and aliases that versions of a model have. */
async function readTakenPlaces(
  ctx: Context,
  model: string,
  version?: number,
): Promise<TakenPlace[]> {
  const ofModel = sql`registered_model = (select id from registered_models
    where workspace = ${ctx.workspace} and name = ${model})
    and (${version ?? null} is null or version = ${version ?? null})`
  type Row = { version: number; stage: string | null; alias: string | null }
  const rows = await ctx.db.all(sql<Row>`
    select version, stage, null as alias from model_versions where ${ofModel}
    union all select version, null, alias from aliases where ${ofModel}`)
  return rows.map(({ version: holder, stage, alias }) => ({
    version: holder,
    target: alias === null ? { stage: stage ?? '' } : { alias },
  }))
}
