import { type SQL, sql } from 'drizzle-orm'
import { modelEntriesSql } from '../../audit/entry.ts'
import type { BatchRows } from '../../db/database.ts'
import { type FactsRevision, lateFactsOf } from '../../registry/facts/facts.ts'
import { factOriginRead } from '../../registry/facts/refresh-facts.ts'
import { firstFactReads, newestFactReads, revisionsFrom } from '../../registry/facts/store-facts.ts'
import { whyUnreadable } from '../../registry/model-files/describe-model.ts'
import { signatureFrom } from '../signature.ts'
import type { VersionFacts } from './facts.ts'

type VersionRow = {
  id: number
  model: string
  version: number
  stage: string
  created_at_ms: number
  manifest: number | null
  digest: string | null
  stage_since: number | null
}
type Pair = { id: number; key: string; value: string }
type RunRow = { model_version: number; status: string }

/** What is known of a version without its model card. */
export type RegisteredFacts = Omit<VersionFacts, 'card' | 'unreadable'> & {
  readonly unreadable: Pick<VersionFacts['unreadable'], 'signature'>
}

/**
 * The statements that read the facts of versions, for one batch, so that all are of one moment.
 *
 * @param ids a select of `model_versions.id`
 */
export function factReads(ids: SQL) {
  const wanted = sql`where v.id in (${ids})`
  return {
    versions: sql<VersionRow>`select v.id, m.name as model, v.version, v.stage, v.created_at_ms,
        v.manifest, s.digest, ${stageSince} as stage_since
      from model_versions v join registered_models m on m.id = v.registered_model
      left join manifests s on s.id = v.manifest ${wanted}`,
    aliases: sql<{ id: number; alias: string }>`select v.id, a.alias
      from model_versions v join aliases a
      on a.registered_model = v.registered_model and a.version = v.version
      ${wanted} order by a.alias`,
    versionTags: sql<Pair>`select t.model_version as id, t.key, t.value from model_version_tags t
      where t.model_version in (${ids}) order by t.key`,
    liveRuns: sql<RunRow>`select v.id as model_version, r.status
      from model_versions v join runs r on r.run_id = v.run_id ${wanted}`,
    origins: factOriginRead(ids),
    ...newestFactReads(ids),
    ...firstFactReads(ids),
  }
}

/** When the version `v` came into the stage it is in: the time of the last entry that says so. */
const stageSince = sql`(select max(e.at_ms) from ${modelEntriesSql('e')}
  where e.registered_model = v.registered_model and e.version = v.version
    and e.action in ('model_version.created', 'model_version.recorded', 'model_version.imported',
      'model_version.transitioned', 'model_version.rolled_back')
    and e.after ->> 'stage' = v.stage and coalesce(e.before ->> 'stage', '') <> v.stage)`

/** What `factReads` read, by `model_versions.id`. */
export function factsFrom(
  rows: BatchRows<ReturnType<typeof factReads>>,
): Map<number, RegisteredFacts> {
  const aliasesOf = Map.groupBy(rows.aliases, ({ id }) => id)
  const tagsOf = Map.groupBy(rows.versionTags, ({ id }) => id)
  const newestOf = revisionsFrom(rows)
  const firstOf = revisionsFrom({ factHeads: rows.firstHeads, factParts: rows.firstParts })
  const statusOf = new Map(rows.liveRuns.map((row) => [row.model_version, row.status]))
  return new Map(
    rows.versions.flatMap((row) => {
      const newest = newestOf.get(row.id)
      if (!newest) return []
      const first = firstOf.get(row.id) ?? newest
      const status = statusOf.get(row.id) ?? newest.runStatus ?? ''
      const facts = {
        id: row.id,
        model: row.model,
        version: row.version,
        stage: row.stage,
        aliases: (aliasesOf.get(row.id) ?? []).map(({ alias }) => alias),
        tags: mapOf(tagsOf.get(row.id)),
        createdAtMs: row.created_at_ms,
        stageSinceMs: row.stage_since ?? row.created_at_ms,
        digest: row.digest,
        manifestId: row.manifest,
        ...trackedFrom(newest, status),
        late: lateFactsOf(first.facts, newest),
        atRegistration: trackedFrom(first, status),
      }
      return [[row.id, facts] as const]
    }),
  )
}

/** Facts that are kept with a version, as gates look at them. */
function trackedFrom({ facts, digest }: FactsRevision, status: string) {
  const problem = whyUnreadable(facts, 'signature')
  const { run_id: id, run_name: name } = facts
  return {
    factsDigest: digest,
    metrics: Object.fromEntries(
      Object.entries(facts.metrics).map(([key, value]) => [key, unclamped(Number(value))]),
    ),
    params: facts.params,
    datasets: facts.datasets.map(({ name, digest }) => ({ name, digest })),
    run: id !== undefined && name !== undefined ? { id, name, status } : null,
    signature: signatureFrom(facts.signature),
    unreadable: problem === undefined ? {} : { signature: problem },
  }
}

/** The largest double stands for an infinity, as MLflow keeps it. */
function unclamped(value: number): number {
  return Math.abs(value) === Number.MAX_VALUE ? Math.sign(value) * Infinity : value
}

function mapOf(pairs: readonly Pair[] | undefined): Record<string, string> {
  return Object.fromEntries((pairs ?? []).map(({ key, value }) => [key, value]))
}
