import { type SQL, sql } from 'drizzle-orm'
import { creatorStatements } from '../../access/permissions/own-role.ts'
import { isPromptModel } from '../../access/permissions/permitted.ts'
import { commit } from '../../audit/commit.ts'
import { RegistryError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { checkLength, promptKey } from '../../core/names.ts'
import { writeBounded } from '../../db/bound.ts'
import { ConstraintError } from '../../db/database.ts'
import { type Context, principalName } from '../../platform/context.ts'
import { jsonMap, modelEntry } from '../audit-entries.ts'
import { checkDescription, checkModelName, modelNotFound } from '../check-names.ts'
import { modelId } from '../ids.ts'
import { unlinkedEntry } from '../link-entries.ts'
import { explainUnchanged, unblockedModelSql } from '../permissions.ts'
import { isPromptTag } from '../prompts.ts'
import { modelTagInserts, uniqueTags } from '../tags.ts'
import { explainKept, modelDeletable } from '../versions/deletable.ts'
import {
  type ModelVersion,
  type Tag,
  versionReads,
  versionsFrom,
} from '../versions/read-versions.ts'
import { checkHubName, refuseTakenHubName } from './hub-name.ts'
import {
  latestVersionIds,
  type ModelRow,
  modelReads,
  modelsFrom,
  type RegisteredModel,
} from './read-models.ts'

const jobIdCharsMax = 250

export type NewModel = {
  readonly name: string
  readonly description?: string | undefined
  readonly deploymentJobId?: string | undefined
  readonly tags: readonly Tag[]
}

const tagsJson = jsonMap(sql`select t.key, t.value from registered_model_tags t
  where t.registered_model = m.id order by t.key`)

/** What the audit log keeps of the new model `m`. */
const modelJson = sql`json_object('description', m.description,
  'deployment_job_id', m.deployment_job_id, 'tags', json(${tagsJson}))`

/**
 * What the audit log keeps of the model `m` when it is deleted, with all that is deleted with it.
 */
const deletedModelJson = sql`json_object('description', m.description, 'tags', json(${tagsJson}),
  'versions', json((select json_group_array(json_object('version', cast(v.version as text),
    'stage', v.stage)) from model_versions v where v.registered_model = m.id)),
  'aliases', json(${jsonMap(sql`select a.alias as key, cast(a.version as text) as value
    from aliases a where a.registered_model = m.id order by a.alias`)}))`

/**
 * The caller gets MANAGE on the new model.
 *
 * @param made.beside statements of the same batch; `made.told` is what its entry says besides, a JSON object
 * @throws RESOURCE_ALREADY_EXISTS a model or a prompt has the name, or another model the name on the Hub
 * @throws INVALID_PARAMETER_VALUE a text is too long, or the tags are too much in sum
 */
export async function createModel(
  ctx: Context,
  wanted: NewModel,
  made: { readonly beside?: readonly SQL[]; readonly told?: SQL } = {},
): Promise<RegisteredModel> {
  checkModelName(wanted.name)
  checkTexts(wanted)
  const tags = uniqueTags(wanted.tags)
  for (const tag of tags) checkHubName(tag)
  const now = ctx.now()
  const id = modelId(ctx, wanted.name)
  const insert = sql<ModelRow>`insert into registered_models
    (workspace, name, user_id, description, deployment_job_id, created_at_ms, updated_at_ms)
    values (${ctx.workspace}, ${wanted.name}, ${principalName(ctx) ?? null},
      ${wanted.description || null}, ${wanted.deploymentJobId || null}, ${now}, ${now})
    returning *`
  try {
    const write = commit(ctx, {
      models: insert,
      tags: modelTagInserts(ctx, wanted.name, tags),
      beside: made.beside,
      entry: modelEntry(ctx, id, {
        action: 'registered_model.created',
        after: made.told ? sql`json_patch(${modelJson}, ${made.told})` : modelJson,
      }),
      permissions: creatorStatements(
        ctx,
        'model',
        sql`select m.id, m.name, ${isPromptModel} as is_prompt from registered_models m
          where m.id = (${id})`,
      ),
    })
    const { models } = await refuseTakenHubName(writeBounded(write))
    const [model] = modelsFrom({
      models,
      modelTags: models.flatMap((row) => tags.map((tag) => ({ ...tag, registered_model: row.id }))),
      modelAliases: [],
      latestVersions: [],
      latestVersionTags: [],
    })
    if (!model) throw new Error('a model was inserted and is not there')
    return model
  } catch (err) {
    if (err instanceof ConstraintError && err.kind === 'unique') {
      throw await nameTaken(ctx, wanted.name, tags.some(isPromptTag))
    }
    throw err
  }
}

function checkTexts(texts: Pick<NewModel, 'description' | 'deploymentJobId'>): void {
  checkDescription(texts.description)
  checkLength(texts.deploymentJobId ?? '', jobIdCharsMax, 'deployment_job_id')
}

/** Models and prompts share one set of names; the message says which of the two has this one. */
async function nameTaken(ctx: Context, name: string, asPrompt: boolean): Promise<RegistryError> {
  const prompt = await ctx.db.first(sql`select 1 from registered_model_tags
    where registered_model = (${modelId(ctx, name)}) and key = ${promptKey}
      and lower(value) = 'true'`)
  const remedy = 'choose another name, since models and prompts share one set of names'
  const message =
    Boolean(prompt) === asPrompt
      ? `${messages.registeredModelExists(name)}; choose another name`
      : asPrompt
        ? `${messages.promptNameTaken(name)}, but a registered model has it: ${remedy}`
        : `${messages.modelNameTaken(name)}, but a prompt has it: ${remedy}`
  return new RegistryError('RESOURCE_ALREADY_EXISTS', message)
}

/** @throws RESOURCE_DOES_NOT_EXIST no such model */
export async function getModel(ctx: Context, name: string): Promise<RegisteredModel> {
  checkModelName(name)
  const [model] = modelsFrom(await ctx.db.batch(modelReads(ctx, modelId(ctx, name))))
  if (!model) throw modelNotFound(name)
  return model
}

/**
 * Change what can be changed of a model. An absent description erases it, as in MLflow; an absent
 * deployment job id stays.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such model
 */
export async function updateModel(
  ctx: Context,
  name: string,
  change: Pick<NewModel, 'description' | 'deploymentJobId'>,
): Promise<RegisteredModel> {
  checkModelName(name)
  checkTexts(change)
  const id = modelId(ctx, name)
  const rows = await commit(ctx, {
    entry: modelEntry(ctx, id, {
      action: 'registered_model.updated',
      before: sql`json_object('description', m.description, 'deployment_job_id', m.deployment_job_id)`,
      after: sql`json_object('description', ${change.description || null},
        'deployment_job_id', coalesce(${change.deploymentJobId ?? null}, m.deployment_job_id))`,
    }),
    updated: sql`update registered_models set description = ${change.description || null},
        deployment_job_id = coalesce(${change.deploymentJobId ?? null}, deployment_job_id),
        updated_at_ms = ${ctx.now()}
      where id = (${id})`,
    ...modelReads(ctx, id),
  })
  const [model] = modelsFrom(rows)
  if (!model) throw modelNotFound(name)
  return model
}

/**
 * Delete a model with its versions, tags and aliases. The numbers it gave out stay taken.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such model
 * @throws PERMISSION_DENIED one of its versions is under a legal hold
 */
export async function deleteModel(ctx: Context, name: string): Promise<void> {
  checkModelName(name)
  const isDeletable = sql`${modelDeletable(sql`m`)} and ${await unblockedModelSql(ctx, name)}`
  const id = modelId(ctx, name)
  const { deleted } = await commit(ctx, {
    unlinked: unlinkedEntry(
      ctx,
      sql`select v.id from model_versions v join registered_models m on m.id = v.registered_model
        where m.id = (${id}) and ${isDeletable}`,
    ),
    entry: modelEntry(ctx, id, {
      action: 'registered_model.deleted',
      before: deletedModelJson,
      guard: isDeletable,
    }),
    deleted: sql`delete from registered_models where id = (
      select m.id from registered_models m where m.id = (${id}) and ${isDeletable}) returning id`,
  })
  if (deleted.length === 1) return
  const kept = await explainKept(ctx, name)
  throw kept ?? (await explainUnchanged(ctx, name, { target: id, absent: modelNotFound(name) }))
}

/**
 * The version of the highest number in each of these stages, by number.
 *
 * @param wanted canonical names; empty for all stages
 * @throws RESOURCE_DOES_NOT_EXIST no such model
 */
export async function getLatestVersions(
  ctx: Context,
  name: string,
  wanted: readonly string[],
): Promise<ModelVersion[]> {
  checkModelName(name)
  const ids = latestVersionIds(modelId(ctx, name), wanted.length === 0 ? undefined : wanted)
  const versions = versionsFrom(await ctx.db.batch(versionReads(ids)))
  if (versions.length === 0 && !(await ctx.db.first(modelId(ctx, name)))) throw modelNotFound(name)
  return versions
}
