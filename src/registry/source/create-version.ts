import { type SQL, sql } from 'drizzle-orm'
import { isPromptModel } from '../../access/permissions/permitted.ts'
import { prepareSeal, type Sealing } from '../../artifacts/seal.ts'
import { commit } from '../../audit/commit.ts'
import { conflict, excerpt, invalid } from '../../core/error.ts'
import { checkLength } from '../../core/names.ts'
import { principalRecord } from '../../core/principal.ts'
import { writeBounded } from '../../db/bound.ts'
import { ConstraintError } from '../../db/database.ts'
import { type Context, principalName } from '../../platform/context.ts'
import { registrationStatement } from '../../tracking/logged-models/write-logged-models.ts'
import { jsonMap, versionEntry } from '../audit-entries.ts'
import { checkDescription, checkModelName, modelNotFound } from '../check-names.ts'
import { descriptionIn } from '../facts/facts.ts'
import { type BuiltFacts, readTrackedFacts } from '../facts/read-tracked.ts'
import { readFacts } from '../facts/refresh-facts.ts'
import { factInserts, makeFirstFacts } from '../facts/store-facts.ts'
import { modelId, newestVersionId } from '../ids.ts'
import { describeModel } from '../model-files/describe-model.ts'
import { isPromptTag } from '../prompts.ts'
import { firstStage } from '../stages/stages.ts'
import { uniqueTags, versionTagInserts } from '../tags.ts'
import { authorsJson } from '../versions/authors.ts'
import {
  type ModelVersion,
  type Tag,
  type VersionRow,
  versionsFrom,
} from '../versions/read-versions.ts'
import { type NewVersion, parseSource } from './parse-source.ts'
import { type Resolved, resolveSource } from './resolve-source.ts'

const linkCharsMax = 5000
const idCharsMax = 250
/** How often sealing a version is tried when a blob is removed meanwhile. */
const attemptsMax = 3

/**
 * Register a version under the model's next number, which no version of this name ever had. When
 * its files lie in our store it is sealed: its manifest is recorded in the same batch.
 *
 * @param beside statements of the same batch, which find the version as the newest of its name
 * @throws RESOURCE_DOES_NOT_EXIST no such registered model, logged model or version to copy
 * @throws INVALID_PARAMETER_VALUE the source is refused, or the tags are too much in sum
 * @throws RESOURCE_CONFLICT the files kept changing while they were being sealed
 */
export async function createVersion(
  ctx: Context,
  wanted: NewVersion,
  beside: readonly SQL[] = [],
): Promise<ModelVersion> {
  checkModelName(wanted.name)
  checkDescription(wanted.description)
  checkLength(wanted.runLink, linkCharsMax, 'run_link')
  checkLength(wanted.runId, idCharsMax, 'run_id')
  checkLength(wanted.modelId, idCharsMax, 'model_id')
  const tags = uniqueTags(wanted.tags)
  const source = parseSource(wanted.source, tags.some(isPromptTag), ctx)
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const resolved = await resolveSource(ctx, source, wanted)
    const sealed = await sealFirst(ctx, resolved.folders)
    const model = sql`select id from (${modelId(ctx, wanted.name)})
      where id not in (select registered_model from collections)`
    try {
      return await writeVersion(ctx, wanted, { model, tags, resolved, sealed, beside })
    } catch (err) {
      if (!(err instanceof ConstraintError)) throw err
      if (err.subject.includes('model_versions.registered_model')) {
        throw await explainNoModel(ctx, wanted.name)
      }
      if (err.kind !== 'foreign key' && err.kind !== 'not null') throw err
    }
  }
  throw conflict('The files of the source changed while the version was being sealed; try again')
}

/** Why a version could not be made under this name. */
export async function explainNoModel(ctx: Context, name: string): Promise<Error> {
  if (!(await ctx.db.first(modelId(ctx, name)))) return modelNotFound(name)
  return invalid(
    `'${excerpt(name)}' is a collection, and its versions are links: register the version under a model of its own, then link it with POST /api/v1/collections/{name}/links`,
  )
}

/**
 * Check that versions which are no links and no texts may be made under a name. A model need not have it yet.
 *
 * @throws INVALID_PARAMETER_VALUE no model can have it, or a collection or a prompt does
 */
export async function checkVersionName(ctx: Context, name: string): Promise<void> {
  checkModelName(name)
  const found = await ctx.db.first(sql<{ is_collection: number; is_prompt: number }>`
    select m.id in (select registered_model from collections) as is_collection,
      ${isPromptModel} as is_prompt
    from registered_models m where m.id = (${modelId(ctx, name)})`)
  if (found?.is_collection) throw await explainNoModel(ctx, name)
  if (found?.is_prompt) {
    throw invalid(
      `'${excerpt(name)}' is a prompt, which has texts and no files: choose another name`,
    )
  }
}

/** Files that are ready to be sealed, and where they lie. */
export type LocatedSealing = { readonly sealing: Sealing; readonly location: string }

/** Seals the first of these folders that has any files. */
export async function sealFirst(
  ctx: Context,
  folders: readonly string[],
): Promise<LocatedSealing | undefined> {
  for (const folder of folders) {
    const sealing = await prepareSeal(ctx, folder)
    if (sealing) return { sealing, location: `mlflow-artifacts:/${folder}` }
  }
  return undefined
}

/** What a version is made of, checked and looked up. */
type Ingredients = {
  /** A select of `registered_models.id`: the model that gets the version. */
  readonly model: SQL
  readonly tags: readonly Tag[]
  readonly resolved: Resolved
  readonly sealed: LocatedSealing | undefined
  readonly beside: readonly SQL[]
  /** What the entry in the audit log says besides, a JSON object. */
  readonly told?: SQL | undefined
}

/**
 * The batch that creates the version: both the version and its number, or neither.
 *
 * @throws ConstraintError on `model_versions.registered_model` where `model` finds none
 */
export async function writeVersion(
  ctx: Context,
  wanted: NewVersion,
  { model, tags, resolved, sealed, beside, told }: Ingredients,
): Promise<ModelVersion> {
  const newest = newestVersionId(ctx, wanted.name)
  const facts = await makeFirstFacts(ctx, await factsOf(ctx, resolved, sealed))
  const write = commit(ctx, {
    sealed: sealed?.sealing.statements(),
    inserted: versionInsert(ctx, wanted, { model, resolved, sealed }),
    issued: sql`insert into issued_versions (workspace, name, version, model_version)
      select ${ctx.workspace}, ${wanted.name}, version, id from model_versions
      where id = (${newest})`,
    model: sql`update registered_models set updated_at_ms =
      (select created_at_ms from model_versions where id = (${newest}))
      where id = (${modelId(ctx, wanted.name)})`,
    tags: versionTagInserts(newest, tags),
    beside,
    ...factInserts(ctx, newest, facts),
    entry: versionEntry(ctx, newest, {
      action: 'model_version.created',
      after: told ? sql`json_patch(${versionJson}, ${told})` : versionJson,
    }),
    registration:
      resolved.modelId === null
        ? undefined
        : registrationStatement(ctx, resolved.modelId, {
            name: wanted.name,
            version: sql`(select version from model_versions where id = (${newest}))`,
          }),
  })
  const { inserted } = await writeBounded(write)
  const [version] = versionsFrom({
    versions: inserted.map((row) => ({ ...row, name: wanted.name })),
    versionTags: inserted.flatMap((row) => tags.map((tag) => ({ ...tag, model_version: row.id }))),
    versionAliases: [],
  })
  if (!version) throw new Error('a version was inserted and is not there')
  return version
}

/** What the version is known by; a copy is known by what its original is. */
export async function factsOf(
  ctx: Context,
  { source, runId, modelId, copyOfId }: Resolved,
  sealed: LocatedSealing | undefined,
): Promise<BuiltFacts> {
  const original = copyOfId === null ? undefined : (await readFacts(ctx, [copyOfId])).get(copyOfId)
  const description = original
    ? descriptionIn(original.facts)
    : await describeModel(ctx, { find: sealed?.sealing.find, runId, source })
  return readTrackedFacts(ctx, { runId, modelId }, { description, stored: original?.facts })
}

/** What the audit log keeps of the new version `v`. */
const versionJson = sql`json_object('stage', v.stage, 'source', v.source, 'run_id', v.run_id,
  'model_id', v.model_id, 'description', v.description,
  'tags', json(${jsonMap(sql`select t.key, t.value from model_version_tags t
    where t.model_version = v.id order by t.key`)}),
  'digest', (select s.digest from manifests s where s.id = v.manifest))`

/** Who makes a version and, for a copy, the authors of the original: a JSON list of identities. */
function authors(ctx: Context, { copyOfId }: Resolved): SQL {
  const { name, account } = principalRecord(ctx.principal)
  const isNamed = principalName(ctx) !== undefined
  const maker = JSON.stringify(isNamed ? [{ name, account }] : [])
  if (copyOfId === null) return sql`${maker}`
  return sql`(select json_group_array(json(one.value)) from (
      select value from json_each(${maker}) union
      select a.value from model_versions o, json_each(${authorsJson(sql`o`)}) a
      where o.id = ${copyOfId}) one)`
}

/** An unknown model makes `registered_model` null, which the schema refuses: the batch fails. */
function versionInsert(
  ctx: Context,
  wanted: NewVersion,
  { model, resolved, sealed }: Pick<Ingredients, 'model' | 'resolved' | 'sealed'>,
): SQL<Omit<VersionRow, 'name'>> {
  const now = ctx.now()
  const manifest = sealed
    ? sql`(select id from manifests where digest = ${sealed.sealing.digest})`
    : sql`${resolved.manifestId}`
  return sql`insert into model_versions (registered_model, version, user_id, authors, description, stage,
      source, storage_location, run_id, run_link, model_id, status, manifest,
      created_at_ms, updated_at_ms)
    values ((${model}),
      (select coalesce(max(version), 0) + 1 from issued_versions
        where workspace = ${ctx.workspace} and name = ${wanted.name}),
      ${principalName(ctx) ?? null}, ${authors(ctx, resolved)}, ${wanted.description}, ${firstStage}, ${resolved.source},
      ${sealed?.location ?? resolved.storageLocation}, ${resolved.runId}, ${wanted.runLink},
      ${resolved.modelId}, 'READY', ${manifest}, ${now}, ${now})
    returning *`
}
