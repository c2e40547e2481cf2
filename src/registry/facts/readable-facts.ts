import { type SQL, sql } from 'drizzle-orm'
import { isNotDeniedSql, mayAll, mayReadSql } from '../../access/permissions/permitted.ts'
import { maskCredentials } from '../../core/mask.ts'
import type { Context } from '../../platform/context.ts'
import { descriptionIn, type FactDataset, type Facts, type FactsRevision } from './facts.ts'
import { readFacts } from './refresh-facts.ts'

/**
 * The newest facts of versions as the caller may see them, by `model_versions.id`: without
 * credentials and, where the caller may not read the experiment, without all that is not in the
 * version's own files.
 *
 * @param versions by `model_versions.id`, with the manifest if they are sealed
 */
export async function readReadableFacts(
  ctx: Context,
  versions: readonly { readonly id: number; readonly manifestId: number | null }[],
): Promise<Map<number, FactsRevision>> {
  const found = await readFacts(
    ctx,
    versions.map(({ id }) => id),
  )
  const readable = await findReadableFacts(ctx, [...found.keys()])
  return new Map(
    versions.flatMap(({ id, manifestId }) => {
      const revision = found.get(id)
      if (!revision) return []
      const shown = readable.has(id)
        ? { facts: maskFacts(revision.facts) }
        : {
            facts: ownFacts(revision.facts, manifestId !== null),
            lateMetrics: [],
            runStatus: null,
          }
      return [[id, { ...revision, ...shown }] as const]
    }),
  )
}

/**
 * Condition that the caller may read a revision of facts. Experiments are judged by their ids, for
 * which permissions stay when they are gone.
 *
 * @param facts an alias of `version_facts`
 */
export function readableFactsSql(ctx: Context, facts: SQL): SQL {
  if (mayAll(ctx)) return sql`1`
  const mayRead = (id: SQL) => mayReadSql(ctx, 'experiment', { id })
  // Rights in this workspace say nothing of another's experiments.
  const isLent = sql`exists (select 1 from collection_links k
    where k.model_version = ${facts}.model_version and k.source_workspace <> ${ctx.workspace})`
  return sql`not ${isLent} and (${facts}.experiment is null
      or (${mayRead(sql`${facts}.experiment`)} and ${isNotDeniedSql(ctx, 'run')}))
    and (${facts}.model_experiment is null
      or (${mayRead(sql`${facts}.model_experiment`)} and ${isNotDeniedSql(ctx, 'logged model')}))`
}

/**
 * The datasets in the stored facts of versions, as far as the caller may see them, by
 * `model_versions.id`: what is stored stands, whatever was written to the run since.
 */
export async function readStoredDatasets(
  ctx: Context,
  versionIds: readonly number[],
): Promise<Map<number, FactDataset[]>> {
  if (versionIds.length === 0) return new Map()
  const rows = await ctx.db.all(sql<{ id: number; dataset: string }>`
    select f.model_version as id, d.value as dataset from version_facts f
    join version_fact_parts p on p.model_version = f.model_version and p.revision = f.revision
    join json_each(p.facts, '$.datasets') d
    where f.model_version in (select value from json_each(${JSON.stringify(versionIds)}))
      and ${isNewestFactsSql(sql`f`)} and ${readableFactsSql(ctx, sql`f`)}
    order by f.model_version, p.part, d.key`)
  const byId = Map.groupBy(rows, ({ id }) => id)
  return new Map(
    [...byId].map(([id, of]) => [id, of.map(({ dataset }) => maskedDataset(JSON.parse(dataset)))]),
  )
}

/** Condition that a row of `version_facts` is the newest revision of its version. */
export function isNewestFactsSql(facts: SQL): SQL {
  return sql`${facts}.revision = (select max(n.revision) from version_facts n
    where n.model_version = ${facts}.model_version)`
}

/** Those of these versions of whose facts the caller may read every revision. */
export async function findReadableFacts(
  ctx: Context,
  ids: readonly number[],
): Promise<ReadonlySet<number>> {
  if (mayAll(ctx)) return new Set(ids)
  const rows = await ctx.db.all(sql<{ id: number }>`select f.model_version as id
    from version_facts f where f.model_version in (select value from json_each(${JSON.stringify(ids)}))
    group by f.model_version having min(${readableFactsSql(ctx, sql`f`)}) = 1`)
  return new Set(rows.map(({ id }) => id))
}

/** @param isSealed what the model says about itself is in the version's own files */
function ownFacts(facts: Facts, isSealed: boolean): Facts {
  return {
    ...(facts.run_id !== undefined && { run_id: facts.run_id }),
    ...(isSealed && descriptionIn(facts)),
    ...{ params: {}, metrics: {}, tags: {}, datasets: [] },
  }
}

/** Facts as they are shown: without credentials. */
export function maskFacts(facts: Facts): Facts {
  return {
    ...facts,
    params: maskedTexts(facts.params),
    tags: maskedTexts(facts.tags),
    datasets: facts.datasets.map(maskedDataset),
  }
}

function maskedDataset(dataset: FactDataset): FactDataset {
  return { ...dataset, source: maskCredentials(dataset.source) }
}

function maskedTexts(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, maskCredentials(text)]),
  )
}
