import { type SQL, sql } from 'drizzle-orm'
import { isNotDeniedSql, isPromptModel, mayReadSql } from '../access/permissions/permitted.ts'
import { RegistryError } from '../core/error.ts'
import { readablePromotion } from '../governance/permissions.ts'
import { type PromotionTarget, targetText } from '../governance/policies/policy.ts'
import type { Context } from '../platform/context.ts'
import { requireToResolve } from '../serving/permissions.ts'
import { readModelUri, resolveUri } from '../serving/resolve.ts'

/** What words may mean, of each kind the likeliest first; only what the caller may read. */
export type Found = {
  readonly models: readonly { readonly name: string }[]
  /** A version is there where a URI named one. */
  readonly prompts: readonly { readonly name: string; readonly version?: number }[]
  readonly versions: readonly { readonly model: string; readonly version: number }[]
  readonly requests: readonly FoundRequest[]
  readonly experiments: readonly { readonly id: number; readonly name: string }[]
  readonly runs: readonly { readonly runId: string; readonly name: string }[]
  readonly datasets: readonly { readonly name: string; readonly digest: string }[]
  readonly loggedModels: readonly { readonly modelId: string; readonly name: string }[]
  readonly traces: readonly { readonly traceId: string; readonly name: string | undefined }[]
  readonly deployments: readonly { readonly name: string; readonly model: string }[]
}

type FoundRequest = {
  readonly id: number
  readonly model: string
  readonly version: number
  /** `Production`, `alias champion`. */
  readonly to: string
  readonly status: string
}

/** Of each kind. */
const eachMax = 8
/** Among so many of the newest runs, and of datasets, names are looked for; ids and digests are found among all. */
const runsMax = 5000
const charsMax = 1000

const nothingFound: Found = {
  ...{ models: [], prompts: [], versions: [], requests: [], experiments: [] },
  ...{ datasets: [], runs: [], loggedModels: [], traces: [], deployments: [] },
}

/**
 * What somebody may mean by a part of a name, an id or its beginning, `#12`, a digest, or a URI such as
 * `models:/fraud@champion` or `runs:/<id>/model`.
 */
export async function findMeant(ctx: Context, words: string): Promise<Found> {
  const text = words.trim().slice(0, charsMax)
  if (text === '') return nothingFound
  if (/^models:\/(?!m-[0-9a-f]+$)/.test(text)) {
    return { ...nothingFound, versions: await findByUri(ctx, text) }
  }
  if (text.startsWith('prompts:/')) {
    const versions = await findByUri(ctx, text.replace('prompts:/', 'models:/'))
    const prompts = versions.map(({ model, version }) => ({ name: model, version }))
    return { ...nothingFound, prompts }
  }
  const id = text.replace(/^(?:runs:\/([^/]*).*|models:\/)/s, '$1')
  const rows = await ctx.db.batch(reads(ctx, id))
  const { runs, loggedModels, traces, requests, ...others } = rows
  return {
    ...others,
    runs: runs.map(({ run_id, name }) => ({ runId: run_id, name })),
    loggedModels: loggedModels.map(({ model_id, name }) => ({ modelId: model_id, name })),
    traces: traces.map(({ trace_id, name }) => ({ traceId: trace_id, name: name ?? undefined })),
    requests: requests.map((row) => ({
      ...{ id: row.id, model: row.model, version: row.version, status: row.status },
      to: targetText(targetOfRow(row)),
    })),
  }
}

function targetOfRow({ target_kind, target }: RequestRow): PromotionTarget {
  return target_kind === 'alias' ? { alias: target } : { stage: target }
}

type RequestRow = {
  id: number
  model: string
  version: number
  target_kind: string
  target: string
  status: string
}

function reads(ctx: Context, text: string) {
  const mayReadModel = sql`m.workspace = ${ctx.workspace}
    and ${mayReadSql(ctx, 'model', { id: sql`m.id`, isPrompt: isPromptModel })}`
  const mayReadVersions = sql`${mayReadModel} and ${isNotDeniedSql(ctx, 'version', isPromptModel)}`
  const mayReadExperiment = sql`e.workspace = ${ctx.workspace}
    and ${mayReadSql(ctx, 'experiment', { id: sql`e.id` })}`
  // As SQLite does it: of ASCII alone.
  const lower = text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
  const has = (column: SQL) => sql`instr(lower(${column}), ${lower}) > 0`
  const isInside = (column: SQL) => sql`instr(lower(${column}), ${lower}) > 1`
  const experiment = /^\d{1,15}$/.test(text) ? Number(text) : null
  const request = /^#\d{1,15}$/.test(text) ? Number(text.slice(1)) : experiment
  const digest = /^(?:sha256:)?([0-9a-f]{8,64})$/.exec(text.toLowerCase())?.[1]
  const named = (which: SQL) => sql<{ name: string }>`select m.name from registered_models m
      where ${mayReadModel} and ${which} and ${has(sql`m.name`)}
      order by ${isInside(sql`m.name`)}, m.updated_at_ms desc limit ${eachMax}`
  return {
    models: named(sql`not ${isPromptModel}`),
    prompts: named(isPromptModel),
    versions: sql<{ model: string; version: number }>`select m.name as model, v.version
      from manifests f join model_versions v on v.manifest = f.id
      join registered_models m on m.id = v.registered_model
      where ${beginsWith(sql`f.digest`, digest && `sha256:${digest}`)} and ${mayReadVersions}
      order by v.id desc limit ${eachMax}`,
    requests: sql<RequestRow>`select p.id, p.model, p.version, p.target_kind, p.target, p.status
      from promotions p where p.workspace = ${ctx.workspace} and ${readablePromotion(ctx)}
        and p.id in (select ${request} union all select o.id from promotions o
          where o.workspace = ${ctx.workspace} and o.status = 'open' and ${has(sql`o.model`)})
      order by p.id desc limit ${eachMax}`,
    experiments: sql<{ id: number; name: string }>`select e.id, e.name from experiments e
      where ${mayReadExperiment} and e.lifecycle_stage = 'active'
        and (e.id = ${experiment} or ${has(sql`e.name`)})
      order by e.id = ${experiment} desc, ${isInside(sql`e.name`)}, e.updated_at_ms desc limit ${eachMax}`,
    runs: sql<{ run_id: string; name: string }>`select r.run_id, r.name from runs r
      join experiments e on e.id = r.experiment
      where (r.id in (select r.id from runs r where ${beginsWith(sql`r.run_id`, hexOf(text))})
          or r.id in (select id from (select id, name from runs order by id desc limit ${runsMax}) n
            where ${has(sql`n.name`)}))
        and r.lifecycle_stage = 'active' and ${mayReadExperiment} and ${isNotDeniedSql(ctx, 'run')}
      order by r.run_id = ${text} desc, r.id desc limit ${eachMax}`,
    datasets: sql<{ name: string; digest: string }>`select distinct d.name, d.digest
      from datasets d join experiments e on e.id = d.experiment
      where ${mayReadExperiment} and ${isNotDeniedSql(ctx, 'run')} and (d.digest = ${text}
        or d.id in (select id from (select id, name from datasets order by id desc limit ${runsMax}) n
          where ${has(sql`n.name`)}))
      order by d.digest = ${text} desc, ${isInside(sql`d.name`)}, d.name, d.digest limit ${eachMax}`,
    loggedModels: sql<{ model_id: string; name: string }>`select l.model_id, l.name
      from logged_models l join experiments e on e.id = l.experiment
      where ${beginsWith(sql`l.model_id`, /^m-[0-9a-f]{4,32}$/.test(text) ? text : undefined)}
        and l.lifecycle_stage = 'active' and ${mayReadExperiment}
        and ${isNotDeniedSql(ctx, 'logged model')}
      order by l.id desc limit ${eachMax}`,
    traces: sql<{ trace_id: string; name: string | null }>`select t.trace_id, t.name from traces t
      join experiments e on e.id = t.experiment
      where t.workspace = ${ctx.workspace} and ${mayReadExperiment}
        and (t.trace_id = ${text} or ${beginsWith(sql`t.trace_id`, traceIdOf(text))})
      order by t.trace_id = ${text} desc, t.trace_id limit ${eachMax}`,
    deployments: sql<{ name: string; model: string }>`select d.name, m.name as model
      from deployments d join registered_models m on m.id = d.registered_model
      where d.workspace = ${ctx.workspace} and ${mayReadVersions}
        and (${has(sql`d.name`)} or ${has(sql`m.name`)})
      order by ${isInside(sql`d.name`)}, d.name limit ${eachMax}`,
  }
}

/** The beginning of an id of a run, where the words can be one. */
function hexOf(text: string): string | undefined {
  return /^[0-9a-f]{4,32}$/.test(text) ? text : undefined
}

/** The beginning of an id that MLflow makes of one of OpenTelemetry, with or without what it puts before it. */
function traceIdOf(text: string): string | undefined {
  const [, hex] = /^(?:tr-)?([0-9a-f]{4,32})$/.exec(text) ?? []
  return hex === undefined ? undefined : `tr-${hex}`
}

/** By the index of the column. @param start undefined: nothing begins so */
function beginsWith(column: SQL, start: string | undefined): SQL {
  // Behind every hexadecimal digit.
  return start === undefined ? sql`0` : sql`(${column} >= ${start} and ${column} < ${`${start}g`})`
}

const meansNothing: ReadonlySet<string> = new Set([
  'INVALID_PARAMETER_VALUE',
  'RESOURCE_DOES_NOT_EXIST',
  'PERMISSION_DENIED',
])

async function findByUri(ctx: Context, text: string): Promise<Found['versions']> {
  try {
    const uri = readModelUri(text)
    await requireToResolve(ctx, [uri])
    const { model, version } = await resolveUri(ctx, uri)
    return [{ model, version }]
  } catch (err) {
    if (err instanceof RegistryError && meansNothing.has(err.code)) return []
    throw err
  }
}
