import { type SQL, sql } from 'drizzle-orm'
import { absent, invalid, RegistryError } from '../../core/error.ts'
import { parseRowId } from '../../core/int64.ts'
import { messages } from '../../core/messages.ts'
import type { Context } from '../../platform/context.ts'
import type { KeyValue, LifecycleStage } from '../run.ts'
import type { experiments } from '../tables.ts'
import { locationColumn } from './artifact-location.ts'

export type Experiment = {
  /** 0 is "Default". */
  readonly id: number
  readonly name: string
  /** Where its runs and logged models keep files; never ends in the experiment's own folder twice. */
  readonly artifactLocation: string
  readonly lifecycleStage: LifecycleStage
  readonly createdAtMs: number
  readonly updatedAtMs: number
  readonly tags: readonly KeyValue[]
}

type ExperimentRow = Omit<
  typeof experiments.$inferSelect,
  'workspace' | 'user_id' | 'artifact_location'
> & { artifact_location: string }

/** The columns of an `ExperimentRow`, from `experiments`. */
function experimentColumns(ctx: Context): SQL {
  return sql`experiments.id, experiments.name, experiments.lifecycle_stage,
    experiments.created_at_ms, experiments.updated_at_ms,
    ${locationColumn(ctx)} as artifact_location`
}

function experimentFromRow(row: ExperimentRow, tags: readonly KeyValue[]): Experiment {
  return {
    id: row.id,
    name: row.name,
    artifactLocation: row.artifact_location,
    // Only these two stages are ever written.
    lifecycleStage: row.lifecycle_stage as LifecycleStage,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    tags,
  }
}

/**
 * The key of the experiment with this decimal `experiment_id`.
 *
 * @throws INVALID_PARAMETER_VALUE it is no integer
 */
export function parseExperimentId(text: string): number {
  const id = parseRowId(text)
  if (id === undefined) {
    throw invalid(`${messages.wrongExperimentId(text)}.`)
  }
  return id
}

export function noSuchExperiment(id: number): Error {
  return absent(`${messages.noExperiment(String(id))}; check the id, and whether it was deleted`)
}

export function noExperimentNamed(name: string): Error {
  return absent(messages.noExperimentNamed(name))
}

export function inactiveExperiment(id: number): Error {
  return invalid(`${messages.notInState(`experiment ${id}`)}. Current state is deleted.`)
}

/** The experiment, a deleted one too. @throws RESOURCE_DOES_NOT_EXIST */
export async function getExperiment(ctx: Context, id: number): Promise<Experiment> {
  const found = await readOne(ctx, sql`experiments.id = ${id}`)
  if (!found) throw noSuchExperiment(id)
  return found
}

/** The experiment of this name, a deleted one too. @throws RESOURCE_DOES_NOT_EXIST */
export async function getExperimentByName(ctx: Context, name: string): Promise<Experiment> {
  const found = await readOne(ctx, sql`experiments.name = ${name}`)
  // Python clients read this 404 as "there is none yet" and create the experiment.
  if (!found) throw noExperimentNamed(name)
  return found
}

/** The experiments of these ids, in their order; those that are not in the workspace are left out. */
export async function readExperiments(ctx: Context, ids: readonly number[]): Promise<Experiment[]> {
  if (ids.length === 0) return []
  const wanted = sql`experiments.workspace = ${ctx.workspace}
    and experiments.id in (select value from json_each(${JSON.stringify(ids)}))`
  const { found, tags } = await ctx.db.batch({
    found: sql<ExperimentRow>`select ${experimentColumns(ctx)} from experiments where ${wanted}`,
    tags: sql<KeyValue & { experiment: number }>`select t.experiment, t.key, t.value
      from experiments join experiment_tags t on t.experiment = experiments.id where ${wanted}`,
  })
  const tagsOf = Map.groupBy(tags, (row) => row.experiment)
  const byId = new Map(found.map((row) => [row.id, row]))
  return ids.flatMap((id) => {
    const row = byId.get(id)
    const own = (tagsOf.get(id) ?? []).map(({ key, value }) => ({ key, value }))
    return row ? [experimentFromRow(row, own)] : []
  })
}

/** As `getExperiment` of several, in their order. @throws RESOURCE_DOES_NOT_EXIST one of them is not there */
export async function getExperiments(ctx: Context, ids: readonly number[]): Promise<Experiment[]> {
  const found = await readExperiments(ctx, ids)
  const missing = ids.find((id) => !found.some((one) => one.id === id))
  if (missing !== undefined) throw noSuchExperiment(missing)
  return found
}

async function readOne(ctx: Context, condition: SQL): Promise<Experiment | undefined> {
  const wanted = sql`${condition} and experiments.workspace = ${ctx.workspace}`
  const { found, tags } = await ctx.db.batch({
    found: sql<ExperimentRow>`select ${experimentColumns(ctx)} from experiments where ${wanted}`,
    tags: sql<KeyValue>`select experiment_tags.key, experiment_tags.value from experiments
      join experiment_tags on experiment_tags.experiment = experiments.id where ${wanted}`,
  })
  const [row] = found
  return row && experimentFromRow(row, tags)
}

/** The 400 for a name that another experiment, active or deleted, has. */
export function nameTaken(name: string): RegistryError {
  return new RegistryError(
    'RESOURCE_ALREADY_EXISTS',
    `${messages.experimentExists(name)}; a deleted experiment keeps its name until it is restored`,
  )
}

/** Which life-cycle stages a search of experiments or runs sees: MLflow's ViewType. */
export const viewTypes = ['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'] as const
export type ViewType = (typeof viewTypes)[number]

/** The condition that a search in `view` puts on the column of the life-cycle stage; none for ALL. */
export function viewConditions(column: SQL, view: ViewType): SQL[] {
  if (view === 'ALL') return []
  // Written out, since an index of active runs alone takes no parameter's word for it.
  return [sql`${column} = ${sql.raw(view === 'ACTIVE_ONLY' ? `'active'` : `'deleted'`)}`]
}
