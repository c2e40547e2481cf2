import { type SQL, sql } from 'drizzle-orm'
import { entryStatement } from '../../audit/commit.ts'
import { modelEntriesSql } from '../../audit/entry.ts'
import { RegistryError } from '../../core/error.ts'
import { checkLength } from '../../core/names.ts'
import { jsonChunksOf } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import { jsonMap, ofVersion, versionEntry } from '../audit-entries.ts'
import { checkAlias, checkDescription, checkNotReserved } from '../check-names.ts'
import { factInserts, makeFirstFacts } from '../facts/store-facts.ts'
import { isPromptTag } from '../prompts.ts'
import { factsOf, type LocatedSealing, sealFirst } from '../source/create-version.ts'
import { parseSource } from '../source/parse-source.ts'
import { type Resolved, resolveSource } from '../source/resolve-source.ts'
import { aliasBound } from '../stages/aliases.ts'
import { uniqueTags, versionTagBound } from '../tags.ts'
import type { Tag } from '../versions/read-versions.ts'

/** A version of a registered model as another server had it. */
export type ImportedVersion = {
  readonly name: string
  readonly version: number
  /** Addresses of our store as they are here. */
  readonly source: string
  readonly runId: string
  readonly runLink: string
  readonly description: string | undefined
  readonly userId: string | undefined
  /** Canonical. */
  readonly stage: string
  readonly status: 'READY' | 'PENDING_REGISTRATION' | 'FAILED_REGISTRATION'
  readonly statusMessage: string | undefined
  readonly aliases: readonly string[]
  readonly tags: readonly Tag[]
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** What a version is made of, and why that is less than it was there. */
export type FoundSource = {
  readonly resolved: Resolved
  readonly sealed: LocatedSealing | undefined
  readonly problem: string | undefined
}

/** @throws INVALID_PARAMETER_VALUE something of it this server does not take */
export function checkImportedVersion(version: ImportedVersion): void {
  checkDescription(version.description)
  checkLength(version.runId, 250, 'run_id')
  checkLength(version.runLink, 5000, 'run_link')
  checkLength(version.userId ?? '', 256, 'user_id')
  checkLength(version.statusMessage ?? '', 8000, 'status_message')
  uniqueTags(version.tags)
  for (const alias of version.aliases) {
    checkAlias(alias)
    checkNotReserved(alias)
  }
}

/**
 * Find the files of a version, and prepare to seal them. A version whose run is gone, or whose files
 * lie elsewhere, is taken without them, as MLflow had it.
 *
 * @throws INVALID_PARAMETER_VALUE a source that this server takes from nobody
 */
export async function findImportedSource(
  ctx: Context,
  { source, runId, tags }: ImportedVersion,
): Promise<FoundSource> {
  const isPrompt = tags.some(isPromptTag)
  const parsed = parseSource(source, isPrompt, ctx)
  const modelId = parsed.kind === 'logged model' ? parsed.modelId : await loggedModelAt(ctx, parsed)
  const isCopy = parsed.kind === 'version' || parsed.kind === 'version id'
  const claim = isCopy ? { source, runId: '', modelId: '' } : { source, runId, modelId }
  try {
    const resolved = await resolveSource(ctx, parsed, claim)
    const sealed = await sealFirst(ctx, resolved.folders)
    const isBare = !sealed && resolved.manifestId === null
    const problem =
      isBare && !isPrompt && parsed.kind !== 'external'
        ? 'its files are not here, so it is not sealed'
        : undefined
    return { resolved: { ...resolved, source, runId: runId || resolved.runId }, sealed, problem }
  } catch (err) {
    if (!(err instanceof RegistryError)) throw err
    const resolved = {
      ...{ source, storageLocation: source, runId, modelId: modelId || null },
      ...{ folders: [], manifestId: null, copyOfId: null },
    }
    return { resolved, sealed: undefined, problem: `it is not sealed: ${err.message}` }
  }
}

/** The logged model whose files lie at a path of our store; empty where it is none. */
async function loggedModelAt(
  ctx: Context,
  source: ReturnType<typeof parseSource>,
): Promise<string> {
  const id =
    source.kind === 'store' ? /\/models\/(m-[0-9a-f]{32})\//.exec(`/${source.path}/`) : null
  if (!id?.[1]) return ''
  const row = await ctx.db.first(sql`select 1 from logged_models where model_id = ${id[1]}`)
  return row ? id[1] : ''
}

/** Where a version comes from and goes to. */
export type VersionTerms = {
  /** What the origin is called. */
  readonly source: string
  /** A select of `registered_models.id`: the model that was imported from there. */
  readonly model: SQL
}

function idOf({ version }: ImportedVersion, { model }: VersionTerms): SQL {
  return sql`select id from model_versions where registered_model = (${model}) and version = ${version}`
}

/**
 * The statements that write a version as another server had it, under its number and in its stage,
 * with no approval. They belong into the batch of the import, which is written by `writeBounded` and
 * `refuseMoreAliases`, and fails with a ConstraintError
 * where the number was given out here before, or the stage is exclusive and taken.
 *
 * @param version checked
 */
export async function makeVersionImport(
  ctx: Context,
  version: ImportedVersion,
  { resolved, sealed, ...terms }: FoundSource & VersionTerms,
) {
  const id = idOf(version, terms)
  const facts = await makeFirstFacts(ctx, await factsOf(ctx, resolved, sealed))
  return {
    sealed: sealed?.sealing.statements(),
    version: versionInsert(version, { resolved, sealed, ...terms }),
    issued: sql`insert into issued_versions (workspace, name, version, model_version)
      values (${ctx.workspace}, ${version.name}, ${version.version}, (${id}))`,
    ...versionTexts(version, terms),
    ...factInserts(ctx, id, facts),
    entry: importedEntry(ctx, id, terms.source),
  }
}

/**
 * The statements that bring a version up to date that was imported before. Where somebody here moved
 * it, or one of its aliases, that stays. No row of `version`: it was deleted here.
 */
export function versionUpdate(ctx: Context, version: ImportedVersion, terms: VersionTerms) {
  const id = idOf(version, terms)
  // Also by the move of another version, which archived it.
  const isMoved = sql`exists (select 1 from ${modelEntriesSql('e')}
    where e.registered_model = model_versions.registered_model
      and e.action in ('model_version.transitioned', 'model_version.rolled_back')
      and (e.version = model_versions.version or exists (select 1 from json_each(e.after, '$.archived') a
        where a.value = cast(model_versions.version as text))))`
  return {
    tagsSet: changedTagEntries(ctx, version, terms),
    version: sql<{
      id: number
    }>`update model_versions set description = ${version.description ?? null},
        stage = iif(${isMoved} or not (${isFreeStage(version, terms)}), stage, ${version.stage}),
        status = ${version.status}, status_message = ${version.statusMessage ?? null},
        updated_at_ms = ${version.updatedAtMs}
      where id = (${id}) returning id`,
    ...versionTexts(version, terms),
    entry: importedEntry(ctx, id, terms.source),
  }
}

/** An entry for each tag that an import changes: gates ask who set it. */
function changedTagEntries(ctx: Context, imported: ImportedVersion, terms: VersionTerms): SQL[] {
  const value = sql`g.value ->> 1`
  const json = (of: SQL) => sql`json_object('key', g.value ->> 0, 'value', ${of})`
  return tagRowsOf(imported).map((rows) =>
    entryStatement(ctx, {
      ...ofVersion,
      action: 'model_version.tag_set',
      before: json(sql`t.value`),
      after: json(value),
      from: sql`json_each(${rows}) g
        join model_versions v on v.id = (${idOf(imported, terms)})
        join registered_models m on m.id = v.registered_model
        left join model_version_tags t on t.model_version = v.id and t.key = g.value ->> 0
        where t.value is not ${value}`,
    }),
  )
}

function tagRowsOf({ tags }: ImportedVersion): string[] {
  return jsonChunksOf(uniqueTags(tags).map(({ key, value }) => [key, value]))
}

/** Tags and aliases. */
function versionTexts(imported: ImportedVersion, terms: VersionTerms) {
  const { aliases } = imported
  const id = idOf(imported, terms)
  const { model } = terms
  return {
    versionTags: tagRowsOf(imported).map(
      (rows) => sql`insert into model_version_tags (model_version, key, value)
        select v.id, value ->> 0, value ->> 1
        from model_versions v join json_each(${rows}) where v.id = (${id})
        on conflict (model_version, key) do update set value = excluded.value`,
    ),
    versionTagBound: versionTagBound(id),
    aliases: sql`insert into aliases (registered_model, alias, version)
      select v.registered_model, a.value, v.version
      from model_versions v join json_each(${JSON.stringify(aliases)}) a
      where v.id = (${id}) and not exists (select 1 from ${modelEntriesSql('e')}
        where e.registered_model = (${model})
        and e.action in ('model_version.alias_set', 'model_version.alias_deleted')
        and a.value in (e.after ->> '$.alias', e.before ->> '$.alias'))
      on conflict (registered_model, alias) do update set version = excluded.version`,
    aliasBound: aliasBound(model),
  }
}

/** No other version is in the stage, or several may be. */
function isFreeStage({ version, stage }: ImportedVersion, { model }: VersionTerms): SQL {
  return sql`exists (select 1 from stages s where s.name = ${stage} and (s.is_exclusive = 0
    or not exists (select 1 from model_versions o where o.stage = s.name
      and o.registered_model = (${model}) and o.version <> ${version})))`
}

function versionInsert(
  version: ImportedVersion,
  { resolved, sealed, ...terms }: Pick<FoundSource, 'resolved' | 'sealed'> & VersionTerms,
) {
  const manifest = sealed
    ? sql`(select id from manifests where digest = ${sealed.sealing.digest})`
    : sql`${resolved.manifestId}`
  return sql<{
    id: number
  }>`insert into model_versions (registered_model, version, user_id, description, stage, source,
      storage_location, run_id, run_link, model_id, status, status_message, manifest,
      created_at_ms, updated_at_ms)
    values ((${terms.model}), ${version.version}, ${version.userId ?? null},
      ${version.description ?? null}, iif(${isFreeStage(version, terms)}, ${version.stage}, null),
      ${resolved.source}, ${sealed?.location ?? resolved.storageLocation}, ${resolved.runId},
      ${version.runLink}, ${resolved.modelId}, ${version.status}, ${version.statusMessage ?? null},
      ${manifest}, ${version.createdAtMs}, ${version.updatedAtMs}) returning id`
}

function importedEntry(ctx: Context, id: SQL, source: string): SQL {
  return versionEntry(ctx, id, {
    action: 'model_version.imported',
    after: sql`json_object('imported_from', ${source}, 'stage', v.stage,
      'aliases', json((select json_group_array(a.alias) from aliases a
        where a.registered_model = v.registered_model and a.version = v.version)),
      'source', v.source, 'run_id', v.run_id, 'model_id', v.model_id, 'description', v.description,
      'tags', json(${jsonMap(sql`select t.key, t.value from model_version_tags t
        where t.model_version = v.id order by t.key`)}),
      'digest', (select s.digest from manifests s where s.id = v.manifest),
      'created_at', v.created_at_ms, 'updated_at', v.updated_at_ms)`,
  })
}
