import { sql } from 'drizzle-orm'
import { includes, type Permission } from '../access/permissions/levels.ts'
import { isPromptModel, mayAll, readLevels } from '../access/permissions/permitted.ts'
import { requireModelVersion } from '../access/permissions/require.ts'
import { RegistryError } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import type { CollectionLink, LinkSource } from '../registry/collections/links.ts'
import { enterWorkspace } from './reach.ts'

/**
 * The links whose source the caller may read, by `CollectionLink.id`: of the others a collection shows
 * files and aliases, and not where they come from.
 */
export async function findReadableSources(
  ctx: Context,
  links: readonly CollectionLink[],
): Promise<ReadonlySet<number>> {
  if (mayAll(ctx)) return new Set(links.map(({ id }) => id))
  const byWorkspace = Map.groupBy(links, ({ source }) => source.workspace)
  const found = new Set<number>()
  for (const [workspace, within] of byWorkspace) {
    const at = await findReached(ctx, workspace)
    if (!at) continue
    const readable = await readReadableModels(
      at,
      within.map(({ source }) => source),
    )
    for (const { id, source } of within) {
      if (readable.has(source.registeredModelId ?? 0)) found.add(id)
    }
  }
  return found
}

/** Of links to a version, those in collections that the caller may read. */
export async function findReadableLinks(
  ctx: Context,
  links: readonly CollectionLink[],
): Promise<CollectionLink[]> {
  const readable: CollectionLink[] = []
  for (const link of links) {
    const at = await findReached(ctx, link.workspace)
    if (at && (await isHeld(() => requireModelVersion(at, link.collection, 'READ')))) {
      readable.push(link)
    }
  }
  return readable
}

/** Whether the caller has the permission on the versions of the model that a link leads to. */
export async function hasOnSource(
  ctx: Context,
  source: LinkSource,
  needed: Permission,
): Promise<boolean> {
  if (mayAll(ctx)) return true
  const at = source.registeredModelId && (await findReached(ctx, source.workspace))
  if (!at) return false
  return isHeld(() => requireModelVersion(at, source.model, needed))
}

/** The context of a workspace, where the caller may enter it. */
async function findReached(ctx: Context, workspace: string): Promise<Context | undefined> {
  if (workspace === ctx.workspace) return ctx
  if (!ctx.settings.workspaces) return undefined
  let at: Context | undefined
  await isHeld(async () => {
    at = await enterWorkspace(ctx, workspace)
  })
  return at
}

/** Whether a rule lets the caller pass. */
async function isHeld(rule: () => Promise<void>): Promise<boolean> {
  try {
    await rule()
    return true
  } catch (err) {
    if (err instanceof RegistryError && refusals.has(err.code)) return false
    throw err
  }
}

const refusals: ReadonlySet<string> = new Set(['PERMISSION_DENIED', 'RESOURCE_DOES_NOT_EXIST'])

async function readReadableModels(
  ctx: Context,
  sources: readonly LinkSource[],
): Promise<ReadonlySet<number>> {
  const ids = sources.flatMap(({ registeredModelId }) => registeredModelId ?? [])
  const on = sql`select m.id, m.name, ${isPromptModel} as is_prompt
    from registered_models m where m.workspace = ${ctx.workspace}
      and m.id in (select value from json_each(${JSON.stringify(ids)}))`
  const levels = await readLevels(ctx, { owner: 'model', on, part: 'version' })
  return new Set(levels.flatMap(({ id, level }) => (includes(level, 'READ') ? [id] : [])))
}
