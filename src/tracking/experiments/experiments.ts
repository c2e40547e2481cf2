import { type SQL, sql } from 'drizzle-orm'
import { RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import type { KeyValue } from '../runs/run.ts'
import {
  type Experiment,
  type ExperimentRow,
  experimentColumns,
  experimentFromRow,
  noSuchExperiment,
} from './experiment.ts'

/** The experiment, a deleted one too. @throws RESOURCE_DOES_NOT_EXIST */
export async function getExperiment(ctx: Context, id: number): Promise<Experiment> {
  const found = await readOne(ctx, sql`experiments.id = ${id}`)
  if (!found) throw noSuchExperiment(id)
  return found
}

/** The experiment of this name, a deleted one too. @throws RESOURCE_DOES_NOT_EXIST */
export async function getExperimentByName(ctx: Context, name: string): Promise<Experiment> {
  const found = await readOne(ctx, sql`experiments.name = ${name}`)
  // Python clients take this 404 for "none yet" and go on to create it.
  if (!found) throw noSuchExperiment(name)
  return found
}

async function readOne(ctx: Context, condition: SQL): Promise<Experiment | undefined> {
  const wanted = sql`${condition} and experiments.workspace = ${ctx.workspace}`
  const [rows, tags] = await ctx.db.batch([
    sql`select ${experimentColumns(ctx)} from experiments where ${wanted}`,
    sql`select experiment_tags.key, experiment_tags.value from experiments
      join experiment_tags on experiment_tags.experiment = experiments.id where ${wanted}`,
  ])
  const row = (rows as ExperimentRow[])[0]
  return row && experimentFromRow(row, tags as KeyValue[])
}

/** 400 of a name that an active or deleted experiment has. */
export function nameTaken(name: string): RegistryError {
  return new RegistryError(
    'RESOURCE_ALREADY_EXISTS',
    `Experiment '${name}' already exists; a deleted experiment keeps its name until it is restored`,
  )
}
