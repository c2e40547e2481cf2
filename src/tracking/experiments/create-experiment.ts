import { type SQL, sql } from 'drizzle-orm'
import { creatorStatements } from '../../access/permissions/own-role.ts'
import { commit } from '../../audit/commit.ts'
import { invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { checkKey, checkLength } from '../../core/names.ts'
import { boundStatement, writeBounded } from '../../db/bound.ts'
import { ConstraintError } from '../../db/database.ts'
import { jsonRowsOf } from '../../db/sql.ts'
import { type Context, principalName } from '../../platform/context.ts'
import { refuseRepeatedKeys } from '../key-values.ts'
import { folderClaimStatement } from '../permissions.ts'
import type { KeyValue } from '../run.ts'
import { artifactRootOf, checkArtifactLocation } from './artifact-location.ts'
import { nameTaken } from './experiment.ts'

const nameCharsMax = 500
const tagValueCharsMax = 20_000

/**
 * Make an experiment. Its name must not be that of another, active or deleted. Who makes it gets
 * MANAGE on it.
 *
 * @param artifactLocation stored as given; `<artifact root of the workspace>/<id>` when absent or empty
 * @returns its id
 * @throws RESOURCE_ALREADY_EXISTS the name is taken
 * @throws INVALID_PARAMETER_VALUE a text is malformed, or the tags are too much in sum
 */
export async function createExperiment(
  ctx: Context,
  name: string,
  {
    artifactLocation,
    tags,
  }: { readonly artifactLocation: string | undefined; readonly tags: readonly KeyValue[] },
): Promise<number> {
  checkExperimentName(name)
  refuseBlankName(name)
  for (const tag of tags) checkExperimentTag(tag)
  refuseRepeatedKeys('tags', tags)
  if (artifactLocation) checkArtifactLocation(ctx, artifactLocation)
  const own = sql`workspace = ${ctx.workspace} and name = ${name}`
  const statements = {
    created: sql<{
      id: number
    }>`insert into experiments (workspace, name, artifact_location, lifecycle_stage, user_id,
        created_at_ms, updated_at_ms)
      values (${ctx.workspace}, ${name}, ${artifactLocation || null}, 'active',
        ${principalName(ctx) ?? null}, ${ctx.now()}, ${ctx.now()})
      returning id`,
    location: sql`update experiments set artifact_location = ${artifactRootOf(ctx)} || '/' || id
      where ${own} and artifact_location is null`,
    folder: folderClaimStatement(ctx, name, artifactLocation),
    permission: creatorStatements(ctx, 'experiment', sql`select id from experiments where ${own}`),
    tags: tagStatements(own, tags),
  }
  try {
    const { created } = await writeBounded(commit(ctx, statements))
    const [row] = created
    if (!row) throw new Error('the insert returned no row')
    return row.id
  } catch (err) {
    if (err instanceof ConstraintError && err.kind === 'unique') throw nameTaken(name)
    throw err
  }
}

function tagStatements(experiment: SQL, tags: readonly KeyValue[]): SQL[] {
  if (tags.length === 0) return []
  const rows = jsonRowsOf(tags.map((tag) => [tag.key, tag.value]))
  return [
    sql`insert into experiment_tags (experiment, key, value)
      select experiments.id, tag.value ->> 0, tag.value ->> 1
      from experiments, json_each(${rows}) as tag where ${experiment}`,
    experimentTagBound(sql`select id from experiments where ${experiment}`),
  ]
}

/** @param ids a select of `experiments.id` */
export function experimentTagBound(ids: SQL): SQL {
  return boundStatement('experiment_tags', 'experiment', ids)
}

export function checkExperimentName(name: string): void {
  checkLength(name, nameCharsMax, 'name')
}

/** A name of blanks is for imports alone: servers before 3.18 took it. */
export function refuseBlankName(name: string): void {
  if (name.trim() !== '') return
  throw invalid(`${messages.blankExperimentName(name)}: a name is more than blanks`)
}

export function checkExperimentTag(tag: KeyValue): void {
  checkKey(tag.key, 'key')
  checkLength(tag.value, tagValueCharsMax, 'value')
}
