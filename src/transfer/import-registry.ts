import { type SQL, sql } from 'drizzle-orm'
import { commit } from '../audit/commit.ts'
import { conflict, excerpt, RegistryError } from '../core/error.ts'
import { writeBounded } from '../db/bound.ts'
import { ConstraintError } from '../db/database.ts'
import { runUnderPolicies } from '../governance/moves/under-policies.ts'
import { selectPolicies } from '../governance/policies/policies.ts'
import type { Policy } from '../governance/policies/policy.ts'
import { isAborted } from '../governance/upkeep/guard-database.ts'
import type { Context } from '../platform/context.ts'
import {
  checkImportedModel,
  type ImportedModel,
  modelImport,
} from '../registry/import/import-model.ts'
import {
  checkImportedVersion,
  type FoundSource,
  findImportedSource,
  type ImportedVersion,
  makeVersionImport,
  type VersionTerms,
  versionUpdate,
} from '../registry/import/import-version.ts'
import { refuseTakenHubName } from '../registry/models/hub-name.ts'
import { refuseMoreAliases } from '../registry/stages/aliases.ts'
import { resolveStage } from '../registry/stages/stages.ts'
import { type ImportOutcome, noteStatements, readImportedItems } from './imported-items.ts'

/** A registered model of a source, and what the importing program notes of it. */
export type ModelToImport = { readonly model: ImportedModel; readonly mark: string }

/**
 * Take a registered model over, or a prompt. One whose name is taken here is refused, and so is one that
 * was renamed or deleted here since it was imported.
 */
export function importModel(
  ctx: Context,
  source: string,
  { model, mark }: ModelToImport,
): Promise<ImportOutcome> {
  const { name } = model
  return refusing(name, async () => {
    checkImportedModel(model)
    const isKnown = await isModelHere(ctx, source, name)
    if (!isKnown && (await writeModel(ctx, source, { model, mark }))) {
      return { id: name, state: 'added' }
    }
    // The name was taken at that moment by another import of the same source.
    const own = ownModel(ctx, source, name)
    if (!(await writeModel(ctx, source, { model, mark, own }))) throw gone(name)
    return { id: name, state: 'updated' }
  })
}

/** @returns false where another import was quicker, or the model is gone */
async function writeModel(
  ctx: Context,
  source: string,
  { model, mark, own }: ModelToImport & { readonly own?: SQL },
): Promise<boolean> {
  const { name } = model
  const noted = noteModel(ctx, source, { name, mark })
  try {
    const write = commit(ctx, { ...modelImport(ctx, model, { source, own }), noted })
    const rows = await refuseTakenHubName(writeBounded(write))
    return rows.model.length > 0
  } catch (err) {
    if (!(err instanceof ConstraintError) || err.kind !== 'unique') throw err
    if (await isModelHere(ctx, source, name)) return false
    throw refusal(
      `'${excerpt(name)}' is the name of a model or prompt here that was not imported from this source; rename that one first`,
      err,
    )
  }
}

/** A select of `registered_models.id`: what the model of this name at the source became, if it is still that. */
function ownModel(ctx: Context, source: string, name: string): SQL {
  return sql`select m.id from registered_models m join imported_items i on i.workspace = m.workspace
      and i.source = ${source} and i.kind = 'registered_model' and i.foreign_id = m.name
      and i.own_id = cast(m.id as text)
    where m.workspace = ${ctx.workspace} and m.name = ${name}`
}

/**
 * Whether a model was imported before and is here; false: it is new.
 *
 * @throws RESOURCE_CONFLICT it was imported before, and is not here any more
 */
async function isModelHere(ctx: Context, source: string, name: string): Promise<boolean> {
  const { noted, here } = await ctx.db.batch({
    noted: sql`select 1 from imported_items where workspace = ${ctx.workspace}
      and source = ${source} and kind = 'registered_model' and foreign_id = ${name}`,
    here: ownModel(ctx, source, name),
  })
  if (noted.length > 0 && here.length === 0) throw gone(name)
  return noted.length > 0
}

function gone(what: string): RegistryError {
  return new RegistryError(
    'RESOURCE_CONFLICT',
    `'${excerpt(what)}' was imported before, and was renamed or deleted here since; that stays`,
  )
}

function noteModel(ctx: Context, source: string, { name, mark }: { name: string; mark: string }) {
  return sql`insert into imported_items
      (workspace, source, kind, foreign_id, own_id, mark, imported_at_ms)
    select m.workspace, ${source}, 'registered_model', m.name, cast(m.id as text), ${mark}, ${ctx.now()}
    from registered_models m where m.workspace = ${ctx.workspace} and m.name = ${name}
    on conflict (workspace, source, kind, foreign_id) do update
    set mark = excluded.mark, imported_at_ms = excluded.imported_at_ms
    where imported_items.own_id = excluded.own_id`
}

/** A version of a source, and what the importing program notes of it. */
export type VersionToImport = { readonly version: ImportedVersion; readonly mark: string }

const attemptsMax = 3

/**
 * Take a version over, under its number, in its stage and with its aliases. It goes into places that
 * a policy guards only when an administrator imports, and has no approval there.
 */
export function importVersion(
  ctx: Context,
  source: string,
  { version: given, mark }: VersionToImport,
): Promise<ImportOutcome> {
  const id = `${given.name}/${given.version}`
  return refusing(id, async () => {
    checkImportedVersion(given)
    const version = { ...given, stage: await resolveStage(ctx, given.stage) }
    if (!(await isModelHere(ctx, source, version.name))) throw notImported(version.name)
    const model = ownModel(ctx, source, version.name)
    const noted = noteStatements(ctx, source, {
      kind: 'model_version',
      items: [{ foreignId: id, ownId: id, mark }],
    })
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const isKnown = await isVersionKnown(ctx, source, id)
      const found = isKnown ? undefined : await findImportedSource(ctx, version)
      const isWritten = await runUnderPolicies(ctx, { name: version.name }, (guarded, policies) => {
        refuseGuarded(ctx, policies, version)
        return writeVersion(guarded, version, { source, model, found, noted })
      })
      if (isWritten) return outcomeOf(id, found)
    }
    throw conflict(`${excerpt(id)} or its files kept changing while it was imported; try again`)
  })
}

async function isVersionKnown(ctx: Context, source: string, id: string): Promise<boolean> {
  return (await readImportedItems(ctx, source, { kind: 'model_version', ids: [id] })).has(id)
}

/**
 * @returns false where files went while it was sealed, or another import was quicker
 * @throws RESOURCE_CONFLICT it cannot be
 */
async function writeVersion(
  ctx: Context,
  version: ImportedVersion,
  {
    found,
    noted,
    ...terms
  }: VersionTerms & {
    readonly found: FoundSource | undefined
    readonly noted: ReturnType<typeof noteStatements>
  },
): Promise<boolean> {
  const statements = found
    ? await makeVersionImport(ctx, version, { ...found, ...terms })
    : versionUpdate(ctx, version, terms)
  try {
    const write = writeBounded(commit(ctx, { ...statements, noted }))
    const { version: written } = await refuseMoreAliases(write)
    if (written.length === 0) throw gone(`${version.name}/${version.version}`)
    return true
  } catch (err) {
    // The guard of the policies fails in its own way, which `runUnderPolicies` knows.
    if (!(err instanceof ConstraintError) || isAborted(err)) throw err
    const id = `${version.name}/${version.version}`
    if (found && (await isVersionKnown(ctx, terms.source, id))) return false
    const why = whyNot(err, version)
    if (why) throw why
    return false
  }
}

function outcomeOf(id: string, found: FoundSource | undefined): ImportOutcome {
  return { id, state: found ? 'added' : 'updated', problem: found?.problem }
}

/** @throws PERMISSION_DENIED a policy guards a place of the version, and the caller is no administrator */
function refuseGuarded(ctx: Context, policies: readonly Policy[], version: ImportedVersion): void {
  if (ctx.principal.isAdmin) return
  const places = [{ stage: version.stage }, ...version.aliases.map((alias) => ({ alias }))]
  for (const place of places) {
    const [policy] = selectPolicies(policies, version.name, place)
    if (!policy) continue
    const where = 'stage' in place ? place.stage : place.alias
    throw new RegistryError(
      'PERMISSION_DENIED',
      `Version ${version.version} of '${excerpt(version.name)}' is in '${excerpt(where)}', which the policy '${excerpt(policy.name)}' guards here: only an administrator may import it there`,
    )
  }
}

/** Why the schema refused it, where that is no matter of files that went meanwhile. */
function whyNot(err: ConstraintError, version: ImportedVersion): RegistryError | undefined {
  const id = `${version.name}/${version.version}`
  if (err.subject.includes('issued_versions') || err.subject.includes('model_versions.version')) {
    return refusal(`Version ${excerpt(id)} was given out here before, and stays what it is`, err)
  }
  if (err.subject.includes('model_versions.stage')) {
    return refusal(`'${version.stage}' is exclusive here, and another version is in it`, err)
  }
  if (err.subject.includes('model_versions.registered_model')) {
    return notImported(version.name, err)
  }
  return err.kind === 'foreign key' || err.kind === 'not null'
    ? undefined
    : refusal(err.message, err)
}

function notImported(name: string, cause?: unknown): RegistryError {
  const problem = 'was not imported from this source, or is not here any more'
  return refusal(`Its model '${excerpt(name)}' ${problem}; import that first`, cause)
}

function refusal(message: string, cause: unknown): RegistryError {
  return new RegistryError('RESOURCE_CONFLICT', message, { cause })
}

/** What is refused is the outcome of that one thing. */
async function refusing(id: string, work: () => Promise<ImportOutcome>): Promise<ImportOutcome> {
  try {
    return await work()
  } catch (err) {
    if (!(err instanceof RegistryError)) throw err
    return { id, state: 'refused', problem: err.message }
  }
}
