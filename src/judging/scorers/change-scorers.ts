import { sql } from 'drizzle-orm'
import { commit, entryStatement } from '../../audit/commit.ts'
import { uuidOf } from '../../core/bytes.ts'
import { absent, invalid } from '../../core/error.ts'
import { checkLength } from '../../core/names.ts'
import { refuseOver, sumBound } from '../../db/bound.ts'
import type { Context } from '../../platform/context.ts'
import { getExperiment, inactiveExperiment } from '../../tracking/experiments/experiment.ts'
import { judgingMessages } from '../messages.ts'
import {
  type ScorerName,
  type ScorerVersion,
  scorerNamed,
  scorerNotFound,
  scorerVersionFrom,
  scorerVersionRead,
} from './scorer.ts'

const nameCharsMax = 500
const scorerCharsMax = 500_000
/** All versions of one name are read at once, and the latest ones of an experiment. */
const bytesMax = 5_000_000
const experimentBytesMax = 15_000_000

/**
 * Keep a scorer: as version 1, or as the next one of its name.
 *
 * @throws INVALID_PARAMETER_VALUE it is no JSON object, has code in it, names no model where it has one, or is too
 *   large
 * @throws RESOURCE_DOES_NOT_EXIST no such experiment, or it asks a model of a gateway
 */
export async function registerScorer(
  ctx: Context,
  named: ScorerName,
  serialized: string,
): Promise<ScorerVersion> {
  checkName(named.name)
  checkLength(serialized, scorerCharsMax, 'serialized_scorer')
  checkScorer(serialized)
  const { experimentId, name } = named
  const scorer = scorerNamed(ctx, named)
  const write = commit(ctx, {
    made: sql`insert into scorers (experiment, name, scorer_id)
      select id, ${name}, ${uuidOf(ctx.randomId())} from experiments
      where id = ${experimentId} and workspace = ${ctx.workspace} and lifecycle_stage = 'active'
      on conflict do nothing`,
    added: sql`insert into scorer_versions (scorer, version, serialized, created_at_ms)
      select s.id, coalesce((select max(version) from scorer_versions where scorer = s.id), 0) + 1,
        ${serialized}, ${ctx.now()}
      from scorers s join experiments e on e.id = s.experiment
      where s.id = (${scorer}) and e.lifecycle_stage = 'active'`,
    bound: sumBound({
      ...{ column: 'scorer_versions.serialized', which: sql`scorer = (${scorer})` },
      ...{ bytes: sql`octet_length(serialized)`, bytesMax },
    }),
    experimentBound: sumBound({
      column: 'scorer_versions.serialized',
      which: sql`scorer in (select id from scorers where experiment = ${experimentId})`,
      ...{ bytes: sql`octet_length(serialized)`, bytesMax: experimentBytesMax },
    }),
    entry: entryStatement(ctx, {
      action: 'scorer.registered',
      from: sql`(${latestSql(ctx, named)}) v join experiments e on e.id = ${experimentId}
        where e.lifecycle_stage = 'active'`,
      after: sql`json_object('experiment', ${String(experimentId)}, 'name', ${name}, 'version', v.version)`,
    }),
    versions: scorerVersionRead(sql`s.id = (${scorer}) order by v.version desc limit 1`),
  })
  const message = `All versions of one scorer may have ${bytesMax} bytes in sum, and all scorers of an experiment ${experimentBytesMax}; delete some`
  const { versions } = await refuseOver(write, { column: 'scorer_versions.serialized', message })
  const experiment = await getExperiment(ctx, experimentId)
  if (experiment.lifecycleStage === 'deleted') throw inactiveExperiment(experimentId)
  const [version] = versions
  if (!version) throw scorerNotFound(named)
  return scorerVersionFrom(version)
}

/** The newest version of a scorer. */
function latestSql(ctx: Context, named: ScorerName) {
  return sql`select max(version) as version from scorer_versions where scorer = (${scorerNamed(ctx, named)})`
}

function checkName(name: string): void {
  if (name.trim() === '') throw invalid(judgingMessages.blankScorerName)
  checkLength(name, nameCharsMax, 'name')
}

/** What code is in a scorer, its client would have to run; and there is no gateway whose models it could ask. */
function checkScorer(serialized: string): void {
  const scorer = parseScorer(serialized)
  if (Object.hasOwn(scorer, 'call_source') && scorer.call_source !== null) {
    throw invalid(
      `${judgingMessages.noCustomScorers}: it would be run wherever it is read. Keep its code in a repository, and pass it to evaluate()`,
    )
  }
  const judge = partOf(partOf(scorer, 'memory_augmented_judge_data'), 'base_judge')
  for (const part of modelParts) {
    checkModel(partOf(scorer, part).model)
    checkModel(partOf(judge, part).model)
  }
}

/** The parts of a scorer, or of the judge that one with a memory is made of, that name the model it asks. */
const modelParts = [
  ...['instructions_judge_pydantic_data', 'builtin_scorer_pydantic_data'],
  'third_party_scorer_data',
]

function checkModel(model: unknown): void {
  if (model === undefined || model === null) return
  if (typeof model !== 'string') throw invalid(judgingMessages.modelNoText)
  if (model.trim() === '') throw invalid(judgingMessages.blankScorerModel)
  const endpoint = /^gateway:\/(.*)$/s.exec(model)?.[1]
  if (endpoint !== undefined) {
    throw absent(
      `${judgingMessages.noGatewayEndpoint(endpoint)}; this server has no gateway, so give a model such as openai:/gpt-4o`,
    )
  }
}

type JsonObject = Readonly<Record<string, unknown>>

/** A field that is an object; any other is taken as an empty one. */
function partOf(object: JsonObject, field: string): JsonObject {
  const part = Object.hasOwn(object, field) ? object[field] : undefined
  return typeof part === 'object' && part !== null ? { ...part } : {}
}

function parseScorer(serialized: string): JsonObject {
  try {
    const scorer: unknown = JSON.parse(serialized)
    if (typeof scorer === 'object' && scorer !== null && !Array.isArray(scorer))
      return { ...scorer }
  } catch (err) {
    throw invalid(judgingMessages.scorerNotJson, { cause: err })
  }
  throw invalid(`${judgingMessages.scorerNotJson}: an object`)
}

/**
 * Delete one version of a scorer, or all of them. A scorer without versions is gone, and one that is made
 * again begins with version 1.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such scorer, or version
 */
export async function deleteScorer(
  ctx: Context,
  named: ScorerName,
  version: number | undefined,
): Promise<void> {
  const scorer = scorerNamed(ctx, named)
  const some = sql`scorer = (${scorer}) and (${version ?? null} is null or version = ${version ?? null})`
  const { experimentId, name } = named
  const { deleted } = await commit(ctx, {
    entry: entryStatement(ctx, {
      action: 'scorer.deleted',
      from: sql`(select json_group_array(version) as versions from scorer_versions where ${some} having count(*) > 0) d`,
      before: sql`json_object('experiment', ${String(experimentId)}, 'name', ${name}, 'versions', json(d.versions))`,
    }),
    deleted: sql<{ version: number }>`delete from scorer_versions where ${some} returning version`,
    emptied: sql`delete from scorers where id = (${scorer})
      and not exists (select 1 from scorer_versions v where v.scorer = scorers.id)`,
  })
  if (deleted.length === 0) throw scorerNotFound(named, version)
}
