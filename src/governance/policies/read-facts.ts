import { type SQL, sql } from 'drizzle-orm'
import type { BatchRows } from '../../db/database.ts'
import type { DatasetFact, RunFact, VersionFacts } from './facts.ts'

type VersionRow = {
  id: number
  model: string
  version: number
  stage: string
  created_at_ms: number
  manifest: number | null
  digest: string | null
  run_id: string | null
  stage_since: number | null
}
type Pair = { id: number; key: string; value: string }
type MetricRow = { id: number; key: string; value: number; is_nan: number }
type DatasetRow = DatasetFact & { id: number }
type RunRow = RunFact & { model_version: number }

/**
 * The statements that read the facts of versions, for one batch, so that all are of one moment.
 *
 * @param ids a select of `model_versions.id`
 */
export function factReads(ids: SQL) {
  const withRun = sql`from model_versions v join runs r on r.run_id = v.run_id
    and r.lifecycle_stage = 'active'`
  const withModel = sql`from model_versions v join logged_models l on l.model_id = v.model_id`
  const wanted = sql`where v.id in (${ids})`
  return {
    versions: sql<VersionRow>`select v.id, m.name as model, v.version, v.stage, v.created_at_ms,
        v.manifest, s.digest, v.run_id, ${stageSince} as stage_since
      from model_versions v join registered_models m on m.id = v.registered_model
      left join manifests s on s.id = v.manifest ${wanted}`,
    aliases: sql<{ id: number; alias: string }>`select v.id, a.alias
      from model_versions v join aliases a
      on a.registered_model = v.registered_model and a.version = v.version
      ${wanted} order by a.alias`,
    tags: sql<Pair>`select t.model_version as id, t.key, t.value from model_version_tags t
      where t.model_version in (${ids}) order by t.key`,
    modelMetrics: sql<MetricRow>`select v.id, x.key, x.value, x.is_nan ${withModel}
      join logged_model_metrics x on x.logged_model = l.id ${wanted}
      order by x.step, x.timestamp_ms`,
    runMetrics: sql<MetricRow>`select v.id, x.key, x.value, x.is_nan ${withRun}
      join latest_metrics x on x.run = r.id ${wanted}`,
    modelParams: sql<Pair>`select v.id, p.key, p.value ${withModel}
      join logged_model_params p on p.logged_model = l.id ${wanted}`,
    runParams: sql<Pair>`select v.id, p.key, p.value ${withRun}
      join params p on p.run = r.id ${wanted}`,
    datasets: sql<DatasetRow>`select distinct v.id, d.name, d.digest ${withRun}
      join run_datasets u on u.run = r.id join datasets d on d.id = u.dataset ${wanted}
      order by d.name, d.digest`,
    runs: sql<RunRow>`select v.id as model_version, r.run_id as id, r.name, r.status
      ${withRun} ${wanted}`,
  }
}

/** When the version `v` came into the stage it is in: the time of the last entry that says so. */
const stageSince = sql`(select max(e.at_ms) from audit_entries e
  where e.registered_model = v.registered_model and e.version = v.version
    and e.action in ('model_version.created', 'model_version.recorded',
      'model_version.transitioned', 'model_version.rolled_back')
    and e.after ->> 'stage' = v.stage and coalesce(e.before ->> 'stage', '') <> v.stage)`

/** What `factReads` read, by `model_versions.id`; signature and card are read elsewhere. */
export function factsFrom(
  rows: BatchRows<ReturnType<typeof factReads>>,
): Map<number, Omit<VersionFacts, 'signature' | 'card' | 'unreadable'>> {
  const { versions, aliases, tags, modelMetrics, runMetrics, datasets, runs } = rows
  const aliasesOf = Map.groupBy(aliases, ({ id }) => id)
  const tagsOf = Map.groupBy(tags, ({ id }) => id)
  // Values of the run win over values that were logged for its model alone.
  const metricsOf = Map.groupBy([...modelMetrics, ...runMetrics], ({ id }) => id)
  const paramsOf = Map.groupBy([...rows.modelParams, ...rows.runParams], ({ id }) => id)
  const datasetsOf = Map.groupBy(datasets, ({ id }) => id)
  const runOf = new Map(runs.map((run) => [run.model_version, run]))
  return new Map(
    versions.map((row) => {
      const run = runOf.get(row.id)
      return [
        row.id,
        {
          id: row.id,
          model: row.model,
          version: row.version,
          stage: row.stage,
          aliases: (aliasesOf.get(row.id) ?? []).map(({ alias }) => alias),
          tags: mapOf(tagsOf.get(row.id)),
          metrics: Object.fromEntries(
            (metricsOf.get(row.id) ?? []).map((m) => [m.key, m.is_nan ? Number.NaN : m.value]),
          ),
          params: mapOf(paramsOf.get(row.id)),
          datasets: (datasetsOf.get(row.id) ?? []).map(({ name, digest }) => ({ name, digest })),
          run: run ? { id: run.id, name: run.name, status: run.status } : null,
          createdAtMs: row.created_at_ms,
          stageSinceMs: row.stage_since ?? row.created_at_ms,
          digest: row.digest,
          manifestId: row.manifest,
        },
      ]
    }),
  )
}

function mapOf(pairs: readonly Pair[] | undefined): Record<string, string> {
  return Object.fromEntries((pairs ?? []).map(({ key, value }) => [key, value]))
}
