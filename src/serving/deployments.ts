import { type SQL, sql } from 'drizzle-orm'
import { resolvePrincipals } from '../access/accounts/named-principals.ts'
import { isNotDeniedSql, isPromptModel, mayReadSql } from '../access/permissions/permitted.ts'
import { commit } from '../audit/commit.ts'
import { conflict, excerpt, notFound } from '../core/error.ts'
import { principalRecord } from '../core/principal.ts'
import { changeGuardedDeployment } from '../governance/moves/guarded-deployments.ts'
import type { Context } from '../platform/context.ts'
import { modelEntry } from '../registry/audit-entries.ts'
import { modelId } from '../registry/ids.ts'
import { getModel } from '../registry/models/registered-models.ts'
import { selectedVersionId } from '../registry/source/resolve-selector.ts'
import { resolveStage } from '../registry/stages/stages.ts'
import type { Split } from '../router/split.ts'
import { checkSplit } from './check-split.ts'
import { type DeploymentGuard, type GuardedSplit, stageAfterSteps } from './deployment-guard.ts'
import { readModelUri, resolveUri } from './resolve.ts'
import { beginSteps } from './steps.ts'
import type { deployments } from './tables.ts'

/** How the requests to a model are split, under a name. */
export type Deployment = GuardedSplit & {
  readonly id: number
  readonly name: string
  readonly registeredModelId: number
  readonly model: string
  /** From 1; each change adds one. */
  readonly revision: number
  readonly updatedBy: string
  readonly updatedAtMs: number
}

type DeploymentRow = typeof deployments.$inferSelect & { readonly model: string }

const ofModelMax = 100

type WantedDeployment = GuardedSplit & {
  readonly model: string
  /** The one that was read, 0 where there was none; undefined: whatever is there. */
  readonly revision: number | undefined
  /** Of the deployment that was read: one that was made again under the name has the same revisions. */
  readonly id?: number | undefined
  readonly reason?: string | undefined
  readonly breakGlass?: boolean | undefined
  /** What a URI must still mean, unless it means nothing; undefined: whatever it means. */
  readonly meant?: { readonly uri: string; readonly version: number } | undefined
}

/**
 * Write how requests are split, if the policies that guard the deployment let the caller.
 *
 * @throws INVALID_PARAMETER_VALUE the split, or the reason of a break-glass
 * @throws PERMISSION_DENIED a policy lets only others
 * @throws RESOURCE_DOES_NOT_EXIST no such model
 * @throws RESOURCE_CONFLICT another revision is there, one of another model, or too many
 */
export async function putDeployment(
  ctx: Context,
  name: string,
  wanted: Omit<WantedDeployment, 'guard' | 'canary'> & {
    readonly guard?: DeploymentGuard | undefined
  },
): Promise<Deployment> {
  const { model, reason, breakGlass } = wanted
  checkSplit(model, wanted)
  const guard = wanted.guard && {
    ...wanted.guard,
    accounts: await resolvePrincipals(ctx, wanted.guard.reporters, 'guard.reporters'),
  }
  const split = beginSteps(
    { ...wanted, guard },
    {
      by: principalRecord(ctx.principal),
      version: await findCandidate(ctx, wanted),
      nowMs: ctx.now(),
    },
  )
  return changeGuardedDeployment(
    ctx,
    { model, deployment: name, reason, breakGlass },
    (guarded, isBroken) =>
      writeDeployment(guarded, name, { ...wanted, ...split, guard, breakGlass: isBroken }),
  )
}

/**
 * The version that is to enter a stage after the steps of a variant; undefined: none is.
 *
 * @throws INVALID_PARAMETER_VALUE there is no such stage
 * @throws RESOURCE_DOES_NOT_EXIST the variant means no version
 */
async function findCandidate(ctx: Context, { variants }: Split): Promise<number | undefined> {
  const variant = variants.find((one) => stageAfterSteps(one) !== undefined)
  if (variant?.uri === undefined) return undefined
  await resolveStage(ctx, stageAfterSteps(variant) ?? '')
  const { version } = await resolveUri(ctx, readModelUri(variant.uri))
  return version
}

/**
 * As `putDeployment`, for who has judged whether it may be written.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such model
 * @throws RESOURCE_CONFLICT another revision is there, one of another model, or too many
 */
export async function writeDeployment(
  ctx: Context,
  name: string,
  wanted: WantedDeployment,
): Promise<Deployment> {
  const { model, revision, id, reason, breakGlass, meant, ...given } = wanted
  const split = JSON.stringify(given)
  const mayBeWritten = mayWrite(ctx, name, { revision, id })
  const guard = meant ? sql`${mayBeWritten} and ${stillMeans(ctx, meant)}` : mayBeWritten
  const { read } = await commit(ctx, {
    entry: modelEntry(ctx, modelId(ctx, model), {
      action: 'deployment.set',
      before: splitJson(ctx, name),
      after: sql`json_object('deployment', ${name}, 'split', json(${split})${breakGlass ? sql`, 'break_glass', json('true')` : sql``})`,
      reason,
      guard,
    }),
    saved: sql`insert into deployments (workspace, name, registered_model, revision, split, updated_by, account, updated_at_ms,
        next_step_at_ms)
      select ${ctx.workspace}, ${name}, m.id, 1, ${split}, ${ctx.principal.name},
        ${ctx.principal.accountId ?? null}, ${ctx.now()}, ${given.canary?.due_at_ms ?? null}
      from registered_models m where m.id = (${modelId(ctx, model)}) and ${guard}
      on conflict (workspace, name) do update set revision = deployments.revision + 1, split = excluded.split,
        updated_by = excluded.updated_by, account = excluded.account, updated_at_ms = excluded.updated_at_ms,
        next_step_at_ms = excluded.next_step_at_ms`,
    read: sql<DeploymentRow>`select m.name as model, d.* from deployments d
      join registered_models m on m.id = d.registered_model
      where changes() > 0 and ${named(ctx, name)}`,
  })
  const [row] = read
  if (row) return deploymentFrom(row)
  await getModel(ctx, model)
  throw conflict(
    `Deployment '${excerpt(name)}' is another's by now: it has another revision or model, or the model has ${ofModelMax} of them; read it again`,
  )
}

/** @throws RESOURCE_DOES_NOT_EXIST no such deployment */
export async function getDeployment(ctx: Context, name: string): Promise<Deployment> {
  const row = await ctx.db.first(sql<DeploymentRow>`select m.name as model, d.* from deployments d
    join registered_models m on m.id = d.registered_model where ${named(ctx, name)}`)
  if (!row) throw notFound('Deployment', name)
  return deploymentFrom(row)
}

/** The names of a model's deployments. */
export async function listDeploymentNames(ctx: Context, model: string): Promise<string[]> {
  const rows = await ctx.db.all(sql<{ name: string }>`select name from deployments
    where registered_model = (${modelId(ctx, model)})`)
  return rows.map(({ name }) => name)
}

/** Of the models that the caller may read, or of one of them, by name. */
export async function listDeployments(
  ctx: Context,
  model: string | undefined,
  page: { readonly after: string; readonly count: number },
): Promise<Deployment[]> {
  const isOfModel =
    model === undefined ? sql`1` : sql`d.registered_model = ${(await getModel(ctx, model)).id}`
  const rows = await ctx.db.all(sql<DeploymentRow>`select m.name as model, d.* from deployments d
    join registered_models m on m.id = d.registered_model
    where d.workspace = ${ctx.workspace} and ${isOfModel} and d.name > ${page.after}
      and ${mayReadSql(ctx, 'model', { id: sql`m.id`, isPrompt: isPromptModel })}
      and ${isNotDeniedSql(ctx, 'version', isPromptModel)}
    order by d.name limit ${page.count}`)
  return rows.map(deploymentFrom)
}

/**
 * Delete a deployment, if the policies that guard it let the caller.
 *
 * @throws PERMISSION_DENIED a policy lets only others
 * @throws RESOURCE_DOES_NOT_EXIST no such deployment
 */
export async function deleteDeployment(ctx: Context, name: string): Promise<void> {
  const { id, model } = await getDeployment(ctx, name)
  const found = sql`${named(ctx, name)} and d.id = ${id}`
  await changeGuardedDeployment(ctx, { model, deployment: name }, async (guarded) => {
    const { deleted } = await commit(guarded, {
      entry: modelEntry(ctx, sql`select d.registered_model from deployments d where ${found}`, {
        action: 'deployment.deleted',
        before: splitJson(ctx, name),
      }),
      deleted: sql`delete from deployments as d where ${found} returning id`,
    })
    if (deleted.length === 0) throw notFound('Deployment', name)
  })
}

function named(ctx: Context, name: string): SQL {
  return sql`d.workspace = ${ctx.workspace} and d.name = ${name}`
}

/** Whether the split of model `m` may be written: what is there is what was read. */
function mayWrite(
  ctx: Context,
  name: string,
  { revision, id }: Pick<WantedDeployment, 'revision' | 'id'>,
): SQL {
  const mayBeNew = id === undefined && (revision === undefined || revision === 0)
  const isRead = sql`d.revision = ${revision ?? sql`d.revision`} and d.id = ${id ?? sql`d.id`}`
  return sql`(select case when d.id is not null then d.registered_model = m.id and ${isRead}
      else ${mayBeNew ? 1 : 0} and (select count(*) from deployments o where o.registered_model = m.id) < ${ofModelMax} end
    from (select 1) left join deployments d on ${named(ctx, name)})`
}

/** Whether a URI means this version, or nothing. */
function stillMeans(ctx: Context, { uri, version }: NonNullable<WantedDeployment['meant']>): SQL {
  const { name, selector } = readModelUri(uri)
  return sql`not exists (select 1 from model_versions v where v.id = (${selectedVersionId(ctx, name, selector)})
    and v.version <> ${version})`
}

function splitJson(ctx: Context, name: string): SQL {
  return sql`(select json_object('deployment', d.name, 'split', json(d.split))
    from deployments d where ${named(ctx, name)})`
}

function deploymentFrom(row: DeploymentRow): Deployment {
  // Written by `putDeployment` alone.
  const split: GuardedSplit = JSON.parse(row.split)
  return {
    ...split,
    id: row.id,
    name: row.name,
    registeredModelId: row.registered_model,
    model: row.model,
    revision: row.revision,
    updatedBy: row.updated_by,
    updatedAtMs: row.updated_at_ms,
  }
}
