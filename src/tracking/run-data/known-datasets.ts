import { type SQL, sql } from 'drizzle-orm'
import { isNotDeniedSql, mayReadSql } from '../../access/permissions/permitted.ts'
import { maskCredentials } from '../../core/mask.ts'
import { foreignPageToken } from '../../core/page-token.ts'
import type { Context } from '../../platform/context.ts'
import { type Page, readKeysetPage } from '../../search/page.ts'

/** So many runs of one dataset are counted. */
export const datasetRunsMax = 1000

/** A dataset that runs read, by its name and digest, whatever their experiments. */
export type KnownDataset = {
  readonly name: string
  readonly digest: string
  readonly sourceType: string
  /** Of the experiment that named it last. */
  readonly source: string
  /** Active runs that read it; one more than `datasetRunsMax` stands for more. */
  readonly runs: number
}

type KnownDatasetRow = {
  name: string
  digest: string
  source_type: string
  source: string
  runs: number
}

/** Conditions on a dataset's experiment `e`: the caller may read what its runs read. */
function readableSql(ctx: Context): SQL {
  return sql`e.workspace = ${ctx.workspace} and ${mayReadSql(ctx, 'experiment', { id: sql`e.id` })}
    and ${isNotDeniedSql(ctx, 'run')}`
}

/**
 * A select of the `run_id` of runs that read a dataset of this digest, deleted ones too, of experiments that
 * the caller may read. It goes from the dataset to its runs, whatever other runs there are.
 */
export function runsOfDatasetSql(ctx: Context, digest: SQL): SQL {
  return sql`select r.run_id from datasets s cross join run_datasets u on u.dataset = s.id
    cross join runs r on r.id = u.run cross join experiments e on e.id = r.experiment
    where s.digest = ${digest} and ${readableSql(ctx)}`
}

/**
 * One page of the datasets of all experiments that the caller may read, by name and digest.
 *
 * @param words a part of the name, in any case of ASCII, or the beginning of a digest; empty: all
 * @throws INVALID_PARAMETER_VALUE the token is foreign
 */
export function listDatasets(
  ctx: Context,
  words: string,
  { token, count }: { readonly token: string | undefined; readonly count: number },
): Promise<Page<KnownDataset>> {
  const isWanted = sql`(instr(lower(d.name), lower(${words})) > 0
    or substr(d.digest, 1, length(${words})) = ${words})`
  const fingerprint = ['datasets', ctx.workspace, words]
  return readKeysetPage<KnownDataset>(
    { fingerprint, token, count },
    {
      keyOf: ({ name, digest }) => [name, digest],
      async read(after, count) {
        const [name, digest] = after ?? ['', '']
        if (typeof name !== 'string' || typeof digest !== 'string') throw foreignPageToken()
        const rows = await ctx.db.all(sql<KnownDatasetRow>`
          with shown as (select d.name, d.digest, max(d.id) as id
            from datasets d cross join experiments e on e.id = d.experiment
            where (d.name, d.digest) > (${name}, ${digest}) and ${isWanted} and ${readableSql(ctx)}
            group by d.name, d.digest order by d.name, d.digest limit ${count})
          select s.name, s.digest, l.source_type, l.source, (select count(*) from (
              select 1 from datasets d cross join experiments e on e.id = d.experiment
              cross join run_datasets u on u.dataset = d.id
              cross join runs r on r.id = u.run and r.lifecycle_stage = 'active'
              where d.name = s.name and d.digest = s.digest and ${readableSql(ctx)}
              limit ${datasetRunsMax + 1})) as runs
          from shown s cross join datasets l on l.id = s.id order by s.name, s.digest`)
        return rows.map(({ source_type, source, ...row }) => ({
          ...row,
          sourceType: source_type,
          source: maskCredentials(source),
        }))
      },
    },
  )
}

/** A dataset as the runs of one experiment read it. */
export type DatasetInExperiment = {
  readonly name: string
  readonly sourceType: string
  readonly source: string
  readonly schema: string | undefined
  readonly profile: string | undefined
  /** Characters of schema and profile that are too many to be read here; 0: both are there. */
  readonly longChars: number
  readonly experiment: { readonly id: number; readonly name: string }
  /** As in `KnownDataset`. */
  readonly runs: number
}

type DatasetInExperimentRow = {
  name: string
  source_type: string
  source: string
  schema: string | null
  profile: string | null
  long_chars: number | null
  experiment: number
  experiment_name: string
  runs: number
}

/** Where a dataset of this digest was read, of experiments that the caller may read; the newest first, up to `count`. */
export async function findDatasetByDigest(
  ctx: Context,
  digest: string,
  count: number,
): Promise<DatasetInExperiment[]> {
  const rows = await ctx.db.all(sql<DatasetInExperimentRow>`
    select d.name, d.source_type, d.source, d.schema, d.profile, d.long_chars,
      e.id as experiment, e.name as experiment_name, (select count(*) from (
        select 1 from run_datasets u
        cross join runs r on r.id = u.run and r.lifecycle_stage = 'active'
        where u.dataset = d.id limit ${datasetRunsMax + 1})) as runs
    from datasets d cross join experiments e on e.id = d.experiment
    where d.digest = ${digest} and ${readableSql(ctx)} order by d.id desc limit ${count}`)
  return rows.map((row) => ({
    name: row.name,
    sourceType: row.source_type,
    source: maskCredentials(row.source),
    schema: row.schema ?? undefined,
    profile: row.profile ?? undefined,
    longChars: row.long_chars ?? 0,
    experiment: { id: row.experiment, name: row.experiment_name },
    runs: row.runs,
  }))
}
