import { type SQL, sql } from 'drizzle-orm'
import type { Permission } from '../access/permissions/levels.ts'
import { isPromptModel, mayAll } from '../access/permissions/permitted.ts'
import { requireEach, requireModel, requireRegistering } from '../access/permissions/require.ts'
import { versionsFolder } from '../artifacts/path.ts'
import type { Context } from '../platform/context.ts'
import { requireArtifacts, requireLoggedModels, requireRuns } from '../tracking/permissions.ts'
import { isPromptTag } from './prompts.ts'
import type { NewVersion } from './source/create-version.ts'
import { parseSource } from './source/parse-source.ts'

/**
 * Require what registering a version takes: the right to register, and READ on all that its files
 * and its lineage come from.
 *
 * @throws PERMISSION_DENIED
 */
export async function requireToRegister(ctx: Context, wanted: NewVersion): Promise<void> {
  if (mayAll(ctx)) return
  await requireRegistering(ctx, wanted.name)
  const source = parseSource(wanted.source, wanted.tags.some(isPromptTag), ctx.settings)
  // A copy's run and logged model are those of the version that is copied, or it is refused.
  if (source.kind === 'version') return requireModel(ctx, source.name, 'READ', 'version')
  if (source.kind === 'version id') return requireVersionOfId(ctx, source.id, 'READ')
  const named = (id: string) => (id === '' ? [] : [id])
  await requireRuns(
    ctx,
    [...named(wanted.runId), ...(source.kind === 'run' ? [source.runId] : [])],
    'READ',
  )
  await requireLoggedModels(
    ctx,
    [...named(wanted.modelId), ...(source.kind === 'logged model' ? [source.modelId] : [])],
    'READ',
  )
}

/**
 * As `requireArtifacts`, of any path of the artifact proxy: the files of a version are its model's.
 *
 * @param path clean
 */
export async function requirePath(ctx: Context, path: string, needed: Permission): Promise<void> {
  if (mayAll(ctx)) return
  const [top, id = ''] = path.split('/')
  if (top !== versionsFolder || id === '') return requireArtifacts(ctx, path, needed)
  if (/^[1-9]\d{0,14}$/.test(id)) await requireVersionOfId(ctx, Number(id), needed)
}

/** A version that is not there needs no permission. @param id `model_versions.id` */
async function requireVersionOfId(ctx: Context, id: number, needed: Permission): Promise<void> {
  const model: SQL = sql`select m.id, m.name, ${isPromptModel} as is_prompt
    from model_versions v join registered_models m on m.id = v.registered_model
    where v.id = ${id} and m.workspace = ${ctx.workspace}`
  await requireEach(ctx, 'model', model, needed, 'version', 'registered model')
}
