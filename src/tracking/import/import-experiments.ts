import { sql } from 'drizzle-orm'
import { storePathOf } from '../../artifacts/path.ts'
import { invalid } from '../../core/error.ts'
import { defaultWorkspace } from '../../core/names.ts'
import { jsonChunksOf, jsonRowsOf } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import {
  artifactRootOf,
  checkArtifactLocation,
  locationColumn,
} from '../experiments/artifact-location.ts'
import {
  checkExperimentName,
  checkExperimentTag,
  experimentTagBound,
} from '../experiments/create-experiment.ts'
import { refuseRepeatedKeys } from '../key-values.ts'
import type { KeyValue, LifecycleStage } from '../run.ts'

/** An experiment as another server had it. */
export type ImportedExperiment = {
  /** Its id there: decimal digits. */
  readonly foreignId: string
  readonly name: string
  /** Absent: where this server keeps the artifacts of an experiment of this id. */
  readonly artifactLocation: string | undefined
  readonly lifecycleStage: LifecycleStage
  readonly createdAtMs: number
  readonly updatedAtMs: number
  readonly tags: readonly KeyValue[]
}

/** What becomes of an experiment that is imported. */
export type PlacedExperiment = ImportedExperiment & {
  /** The experiment that it is merged into, or that it became earlier; absent: it is new. */
  readonly into: string | undefined
  /** Of a new one: whether it keeps its id; the next free one otherwise. */
  readonly keepsId: boolean
}

/** @throws INVALID_PARAMETER_VALUE a name, a tag or a location that this server does not take */
export function checkImportedExperiment(ctx: Context, experiment: ImportedExperiment): void {
  checkExperimentName(experiment.name)
  for (const tag of experiment.tags) checkExperimentTag(tag)
  refuseRepeatedKeys('tags', experiment.tags)
  const { artifactLocation: location } = experiment
  if (location === undefined) return
  if (location === '') throw invalid('artifact_location must not be empty; leave it out')
  checkArtifactLocation(ctx, location)
  storePathOf(location, ctx.workspace)
}

/**
 * Where an experiment that keeps its id is to have its artifacts; undefined: in the usual place. A folder
 * of our store is the experiment's alone: a source does not name the folder of another one.
 *
 * @param experiment checked
 */
export function ownLocationOf(
  ctx: Context,
  { foreignId, artifactLocation: location }: ImportedExperiment,
): string | undefined {
  const path = location === undefined ? undefined : storePathOf(location, ctx.workspace)
  if (path === undefined) return location
  const isUsualInStore = storePathOf(artifactRootOf(ctx), ctx.workspace) !== undefined
  const isOwn = ctx.workspace === defaultWorkspace && path === foreignId
  return !isUsualInStore && isOwn ? location : undefined
}

/** What this server has of ids and names that experiments are to get. Ids are those of all workspaces. */
export async function findTakenExperiments(
  ctx: Context,
  wanted: { readonly ids: readonly string[]; readonly names: readonly string[] },
): Promise<{ readonly ids: ReadonlySet<string>; readonly names: ReadonlyMap<string, string> }> {
  const ids = JSON.stringify(wanted.ids)
  const names = JSON.stringify(wanted.names)
  const { taken, named } = await ctx.db.batch({
    taken: sql<{ id: string }>`select cast(e.id as text) as id from json_each(${ids}) wanted
      join experiments e on e.id = cast(wanted.value as integer)`,
    named: sql<{ id: string; name: string }>`select cast(e.id as text) as id, e.name
      from json_each(${names}) wanted join experiments e on e.name = wanted.value
      where e.workspace = ${ctx.workspace}`,
  })
  return {
    ids: new Set(taken.map(({ id }) => id)),
    names: new Map(named.map(({ id, name }) => [name, id])),
  }
}

/**
 * The statements that write experiments as another server had them. They belong into the batch of the
 * import, which fails with a ConstraintError of kind `unique` when an id or a name was taken
 * meanwhile.
 *
 * @param placed checked; of those that are merged only tags are added
 */
export function experimentImports(ctx: Context, placed: readonly PlacedExperiment[]) {
  const added = placed.filter(({ into }) => into === undefined)
  const rows = jsonRowsOf(
    added.map((one) => [
      ...[one.keepsId ? one.foreignId : null, one.name, one.artifactLocation ?? null],
      ...[one.lifecycleStage, one.createdAtMs, one.updatedAtMs],
    ]),
  )
  const names = JSON.stringify(added.map(({ name }) => name))
  const isAdded = sql`workspace = ${ctx.workspace} and name in (select value from json_each(${names}))`
  const known = placed.flatMap(({ into, lifecycleStage, updatedAtMs }) =>
    into === undefined ? [] : [[into, lifecycleStage, updatedAtMs]],
  )
  const isPlaced = sql`(${isAdded} or (workspace = ${ctx.workspace}
    and id in (select cast(value ->> 0 as integer) from json_each(${jsonRowsOf(known)}))))`
  const location = sql`${artifactRootOf(ctx)} || '/' || id`
  return {
    added: sql`insert into experiments
        (id, workspace, name, artifact_location, lifecycle_stage, user_id, created_at_ms, updated_at_ms)
      select cast(value ->> 0 as integer), ${ctx.workspace}, value ->> 1, value ->> 2, value ->> 3,
        null, value ->> 4, value ->> 5
      from json_each(${rows})`,
    located: sql`update experiments set artifact_location = ${location}
      where ${isAdded} and artifact_location is null`,
    /** An experiment that was deleted there since the last import is deleted here too. */
    followed: sql`update experiments set lifecycle_stage = one.value ->> 1, updated_at_ms = one.value ->> 2
      from json_each(${jsonRowsOf(known)}) one
      where experiments.id = cast(one.value ->> 0 as integer) and experiments.id <> 0
        and experiments.workspace = ${ctx.workspace}
        and experiments.lifecycle_stage = 'active' and one.value ->> 1 = 'deleted'`,
    folders: folderClaims(ctx, added),
    experimentTags: jsonChunksOf(
      placed.flatMap(({ into, name, tags }) =>
        tags.map((tag) => [into ?? null, name, tag.key, tag.value]),
      ),
    ).map(
      (chunk) => sql`insert into experiment_tags (experiment, key, value)
        select e.id, tag.value ->> 2, tag.value ->> 3 from json_each(${chunk}) tag
        join experiments e on e.workspace = ${ctx.workspace}
          and (e.id = cast(tag.value ->> 0 as integer)
            or (tag.value ->> 0 is null and e.name = tag.value ->> 1))
        where true on conflict (experiment, key) do update set value = excluded.value`,
    ),
    experimentTagBound: experimentTagBound(sql`select id from experiments where ${isPlaced}`),
    placed: sql<{ id: string; name: string; location: string }>`select
        cast(experiments.id as text) as id, experiments.name, ${locationColumn(ctx)} as location
      from experiments where ${isPlaced}`,
  }
}

/** Where the new experiments keep artifacts, so that who may read these may read the files. */
function folderClaims(ctx: Context, added: readonly PlacedExperiment[]) {
  const given = added.flatMap(({ name, artifactLocation: location }) => {
    const path = location === undefined ? undefined : storePathOf(location, ctx.workspace)
    return path === undefined ? [] : [[name, path]]
  })
  const followed = added.flatMap(({ name, artifactLocation }) =>
    artifactLocation === undefined ? [name] : [],
  )
  const root = storePathOf(artifactRootOf(ctx), ctx.workspace)
  return [
    sql`insert into artifact_roots (workspace, path, experiment)
      select e.workspace, one.value ->> 1, e.id from json_each(${jsonRowsOf(given)}) one
      join experiments e on e.workspace = ${ctx.workspace} and e.name = one.value ->> 0
      where true on conflict do nothing`,
    ...(root === undefined
      ? []
      : [
          sql`insert into artifact_roots (workspace, path, experiment)
            select e.workspace, ${root === '' ? '' : `${root}/`} || cast(e.id as text), e.id
            from json_each(${JSON.stringify(followed)}) one
            join experiments e on e.workspace = ${ctx.workspace} and e.name = one.value
            where true on conflict do nothing`,
        ]),
  ]
}
