import { type SQL, sql } from 'drizzle-orm'
import { commit } from '../../audit/commit.ts'
import { RegistryError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { ConstraintError } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { modelEntry } from '../audit-entries.ts'
import { checkModelName, modelNotFound } from '../check-names.ts'
import { modelId } from '../ids.ts'
import { explainUnchanged, unblockedModelSql } from '../permissions.ts'
import { refuseTakenHubName } from './hub-name.ts'
import { modelReads, modelsFrom, type RegisteredModel } from './read-models.ts'

/**
 * Give a model another name; versions, tags and aliases follow. The numbers that the old name gave
 * out are taken under the new one too, so that neither name ever gives one of them to other files.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such model
 * @throws RESOURCE_ALREADY_EXISTS another model has the new name, is known by it on the Hub, or had versions under it whose
 *   numbers this one's versions would take
 */
export async function renameModel(
  ctx: Context,
  name: string,
  newName: string,
): Promise<RegisteredModel> {
  checkModelName(name)
  checkModelName(newName, 'new_name')
  const free = sql`${await unblockedModelSql(ctx, name)} and ${await unblockedModelSql(ctx, name, newName)}`
  try {
    const write = commit(ctx, {
      ...renameStatements(ctx, name, { newName, free }),
      ...modelReads(ctx, modelId(ctx, newName)),
    })
    const { renamed, ...read } = await refuseTakenHubName(write)
    const [model] = modelsFrom(read)
    if (renamed.length === 1 && model) return model
  } catch (err) {
    if (err instanceof ConstraintError && err.kind === 'unique') throw taken(newName, 'is taken')
    throw err
  }
  if (!(await ctx.db.first(modelId(ctx, name)))) throw modelNotFound(name)
  const reason = 'had versions of the same numbers, and a number never names two versions'
  const otherwise = taken(newName, reason)
  throw await explainUnchanged(ctx, name, {
    target: modelId(ctx, name),
    absent: otherwise,
    otherwise,
  })
}

/** Each statement is guarded by the same select; `renamed` has a row when all took effect. */
function renameStatements(
  ctx: Context,
  name: string,
  { newName, free }: { readonly newName: string; readonly free: SQL },
) {
  const now = ctx.now()
  const renamable = sql`select m.id from registered_models m
    where m.workspace = ${ctx.workspace} and m.name = ${name} and ${free} and not exists (
      select 1 from model_versions v join issued_versions i
        on i.workspace = m.workspace and i.name = ${newName} and i.version = v.version
      where v.registered_model = m.id and i.model_version <> v.id)`
  return {
    entry: modelEntry(ctx, renamable, {
      action: 'registered_model.renamed',
      before: sql`json_object('name', m.name)`,
      after: sql`json_object('name', ${newName})`,
    }),
    issued: sql`insert into issued_versions (workspace, name, version, model_version)
      select workspace, ${newName}, version, model_version from issued_versions
      where workspace = ${ctx.workspace} and name = ${name} and exists (${renamable})
      on conflict (workspace, name, version) do nothing`,
    touched: sql`update model_versions set updated_at_ms = ${now}
      where registered_model = (${renamable})`,
    renamed: sql`update registered_models set name = ${newName}, updated_at_ms = ${now}
      where id = (${renamable}) returning id`,
  }
}

function taken(newName: string, why: string): RegistryError {
  return new RegistryError(
    'RESOURCE_ALREADY_EXISTS',
    `${messages.registeredModelExists(newName)}: the name ${why}; choose another one`,
  )
}
