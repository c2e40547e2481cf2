import { commit } from '../audit/commit.ts'
import { conflict, excerpt, RegistryError } from '../core/error.ts'
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
  versionUpdate,
} from '../registry/import/import-version.ts'
import { resolveStage } from '../registry/stages/stages.ts'
import { type ImportOutcome, noteStatements, readImportedItems } from './imported-items.ts'

/** A registered model of a source, and what the importing program notes of it. */
export type ModelToImport = { readonly model: ImportedModel; readonly mark: string }

/** Take a registered model over, or a prompt. One whose name is taken here is refused. */
export function importModel(
  ctx: Context,
  source: string,
  { model, mark }: ModelToImport,
): Promise<ImportOutcome> {
  const { name } = model
  return refusing(name, async () => {
    checkImportedModel(model)
    const known = await readImportedItems(ctx, source, { kind: 'registered_model', ids: [name] })
    const isKnown = known.has(name)
    const items = [{ foreignId: name, ownId: name, mark }]
    const noted = noteStatements(ctx, source, { kind: 'registered_model', items })
    try {
      await commit(ctx, { ...modelImport(ctx, model, { source, isKnown }), noted })
    } catch (err) {
      if (!(err instanceof ConstraintError) || err.kind !== 'unique') throw err
      throw refusal(
        `'${excerpt(name)}' is the name of a model or prompt here that was not imported from this source; rename that one first`,
        err,
      )
    }
    return { id: name, state: isKnown ? 'updated' : 'added' }
  })
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
    const known = await readImportedItems(ctx, source, { kind: 'model_version', ids: [id] })
    const noted = noteStatements(ctx, source, {
      kind: 'model_version',
      items: [{ foreignId: id, ownId: id, mark }],
    })
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const found = known.has(id) ? undefined : await findImportedSource(ctx, version)
      const isWritten = await runUnderPolicies(ctx, { name: version.name }, (guarded, policies) => {
        refuseGuarded(ctx, policies, version)
        return writeVersion(guarded, version, { source, found, noted })
      })
      if (isWritten) return outcomeOf(id, found)
    }
    throw conflict(`The files of ${excerpt(id)} kept changing while it was sealed; try again`)
  })
}

/** @returns false where files went while it was sealed. @throws RESOURCE_CONFLICT it cannot be */
async function writeVersion(
  ctx: Context,
  version: ImportedVersion,
  {
    source,
    found,
    noted,
  }: {
    readonly source: string
    readonly found: FoundSource | undefined
    readonly noted: ReturnType<typeof noteStatements>
  },
): Promise<boolean> {
  const statements = found
    ? await makeVersionImport(ctx, version, { ...found, source })
    : versionUpdate(ctx, version, source)
  try {
    await commit(ctx, { ...statements, noted })
    return true
  } catch (err) {
    // The guard of the policies fails in its own way, which `runUnderPolicies` knows.
    if (!(err instanceof ConstraintError) || isAborted(err)) throw err
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
    return refusal(`Its model '${excerpt(version.name)}' is not here; import that first`, err)
  }
  return err.kind === 'foreign key' || err.kind === 'not null'
    ? undefined
    : refusal(err.message, err)
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
