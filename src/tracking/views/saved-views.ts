import { type SQL, sql } from 'drizzle-orm'
import { absent, conflict, invalid, RegistryError } from '../../core/error.ts'
import { ConstraintError } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { noSuchExperiment } from '../experiments/experiment.ts'
import {
  checkView,
  ownerFor,
  ownerOf,
  type SavedView,
  type SavedViewRow,
  type SavedViewValues,
  viewColumns,
  viewFrom,
} from './saved-view.ts'

/** As many as a list shows: those of an experiment for everybody, and as many of each person. */
const viewsMax = 200

/** A view that stands, as the caller saw it. */
export type SeenView = Pick<SavedView, 'id' | 'revision'>

/** Those of the experiment for everybody and those of the caller, by name; at most 400. */
export async function listViews(ctx: Context, experimentId: number): Promise<SavedView[]> {
  const rows = await ctx.db.all(sql<SavedViewRow>`select ${viewColumns} from saved_views v
    where ${visible(ctx, experimentId)} order by lower(name), id`)
  return rows.map(viewFrom)
}

/** @throws RESOURCE_DOES_NOT_EXIST there is none, or it is somebody else's */
export async function getView(ctx: Context, experimentId: number, id: number): Promise<SavedView> {
  const row = await ctx.db.first(sql<SavedViewRow>`select ${viewColumns} from saved_views v
    where ${visible(ctx, experimentId)} and id = ${id}`)
  if (!row) throw noSuchView(id)
  return viewFrom(row)
}

/**
 * @throws INVALID_PARAMETER_VALUE name or query cannot be, or there are too many
 * @throws RESOURCE_ALREADY_EXISTS there is one of this name
 * @throws RESOURCE_DOES_NOT_EXIST no such experiment
 */
export async function createView(
  ctx: Context,
  experimentId: number,
  wanted: SavedViewValues,
): Promise<SavedView> {
  const { name, query, isShared, isDefault } = checkView(wanted)
  const owner = ownerFor(ctx, isShared)
  const here = sql`experiments where id = ${experimentId} and workspace = ${ctx.workspace}`
  const isRoom = sql`(select count(*) from saved_views where experiment = ${experimentId}
    and owner is ${owner}) < ${viewsMax}`
  const { made, experiment } = await refuseTaken(name, () =>
    ctx.db.batch({
      others: isDefault
        ? sql`${noDefault(ctx, experimentId, sql`${owner}`)} and ${isRoom}`
        : undefined,
      made: sql<SavedViewRow>`insert into saved_views
          (experiment, owner, name, query, is_default, revision, changed_at_ms)
        select id, ${owner}, ${name}, ${query}, ${isDefault ? 1 : 0}, 1, ${ctx.now()} from ${here}
          and ${isRoom}
        returning ${viewColumns}`,
      experiment: sql<{ id: number }>`select id from ${here}`,
    }),
  )
  const [row] = made
  if (row) return viewFrom(row)
  if (experiment.length === 0) throw noSuchExperiment(experimentId)
  throw invalid(`An experiment has at most ${viewsMax} saved views; delete some`)
}

/**
 * Change all of a view but whose it is, which never changes.
 *
 * @throws INVALID_PARAMETER_VALUE name or query cannot be
 * @throws RESOURCE_ALREADY_EXISTS there is another of this name
 * @throws RESOURCE_DOES_NOT_EXIST there is none, or it is somebody else's
 * @throws RESOURCE_CONFLICT somebody else changed it since
 */
export async function updateView(
  ctx: Context,
  experimentId: number,
  wanted: SeenView & Omit<SavedViewValues, 'isShared'>,
): Promise<SavedView> {
  const { id, revision, name, query, isDefault } = checkView(wanted)
  const seen = isSeen(ctx, experimentId, { id, revision })
  const owner = sql`(select owner from saved_views where id = ${id})`
  const { changed } = await refuseTaken(name, () =>
    ctx.db.batch({
      others: isDefault
        ? sql`${noDefault(ctx, experimentId, owner)} and id <> ${id}
            and exists (select 1 from saved_views v where ${seen})`
        : undefined,
      changed: sql<SavedViewRow>`update saved_views as v set name = ${name}, query = ${query},
          is_default = ${isDefault ? 1 : 0}, revision = revision + 1, changed_at_ms = ${ctx.now()}
        where ${seen} returning ${viewColumns}`,
    }),
  )
  return changed[0] ? viewFrom(changed[0]) : refuseUnseen(ctx, experimentId, id)
}

/**
 * @throws RESOURCE_DOES_NOT_EXIST there is none, or it is somebody else's
 * @throws RESOURCE_CONFLICT somebody else changed it since
 */
export async function deleteView(
  ctx: Context,
  experimentId: number,
  seen: SeenView,
): Promise<void> {
  const gone = await ctx.db.all(sql<{ id: number }>`delete from saved_views as v
    where ${isSeen(ctx, experimentId, seen)} returning id`)
  if (gone.length === 0) await refuseUnseen(ctx, experimentId, seen.id)
}

/** Views `v` of an experiment that the caller has. */
function visible(ctx: Context, experimentId: number): SQL {
  return sql`v.experiment = ${experimentId} and (v.owner is null or v.owner = ${ownerOf(ctx) ?? null})
    and ${isHere(ctx, experimentId)}`
}

function isHere(ctx: Context, experimentId: number): SQL {
  return sql`exists (select 1 from experiments e
    where e.id = ${experimentId} and e.workspace = ${ctx.workspace})`
}

function isSeen(ctx: Context, experimentId: number, { id, revision }: SeenView): SQL {
  return sql`v.id = ${id} and v.revision = ${revision} and ${visible(ctx, experimentId)}`
}

/** The table begins with one view at most: the one that did so no longer does. */
function noDefault(ctx: Context, experimentId: number, owner: SQL): SQL {
  return sql`update saved_views set is_default = 0, revision = revision + 1
    where experiment = ${experimentId} and owner is ${owner} and is_default = 1
      and ${isHere(ctx, experimentId)}`
}

async function refuseTaken<T>(name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (err) {
    if (!(err instanceof ConstraintError && err.kind === 'unique')) throw err
    const message = `There is a view '${name}' already; choose another name, or change that one`
    throw new RegistryError('RESOURCE_ALREADY_EXISTS', message, { cause: err })
  }
}

async function refuseUnseen(ctx: Context, experimentId: number, id: number): Promise<never> {
  const view = await getView(ctx, experimentId, id)
  throw conflict(
    `The view '${view.name}' is at revision ${view.revision}: somebody else changed it; look at it and repeat your change`,
  )
}

function noSuchView(id: number): RegistryError {
  return absent(`There is no saved view ${id} of this experiment`)
}
