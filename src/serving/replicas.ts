import { type SQL, sql } from 'drizzle-orm'
import { commit } from '../audit/commit.ts'
import { conflict, excerpt } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import { versionEntry } from '../registry/audit-entries.ts'
import { modelId, versionId } from '../registry/ids.ts'
import { getModel } from '../registry/models/registered-models.ts'
import { selectedVersionId } from '../registry/source/resolve-selector.ts'
import { type ModelUri, readModelUri } from './resolve.ts'
import type { servingReplicas } from './tables.ts'

/** One that was not heard of for three of its reports counts no more, and is forgotten after a day. */
export const silentMs = 45_000
const forgottenMs = 86_400_000
const replicasMax = 1000
/** Entries of failures that the audit log takes of one account and model within an hour. */
const failuresMax = 100
const failuresMs = 3_600_000

/** What a process that serves a model says of itself. */
export type ReplicaReport = {
  readonly uri: ModelUri
  readonly replica: string
  readonly host: string
  /** The version that answers; undefined: none does. */
  readonly live: LiveVersion | undefined
  /** The wanted version, if it did not come up. */
  readonly failed: { readonly version: number; readonly message: string } | undefined
}

type LiveVersion = { readonly version: number; readonly digest: string; readonly atMs: number }

/** A process that serves a model, as it last said, beside what it should serve. */
export type Replica = {
  readonly id: number
  readonly registeredModelId: number
  readonly replica: string
  readonly host: string
  readonly uri: string
  readonly reporter: string
  readonly live: LiveVersion | undefined
  readonly failed:
    | { readonly version: number; readonly message: string; readonly atMs: number }
    | undefined
  readonly seenAtMs: number
  /** It has said nothing for 45 seconds. */
  readonly isSilent: boolean
}

type ReplicaRow = typeof servingReplicas.$inferSelect

/**
 * Note what a process serves. That a version did not come up is told once, in the audit log and as an event:
 * at the report that finds room for it, where an account reports very many.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such model
 * @throws RESOURCE_CONFLICT somebody else reports under this id, or the model has too many replicas
 */
export async function reportReplica(ctx: Context, report: ReplicaReport): Promise<void> {
  const { uri, replica, host, live, failed } = report
  const { now, principal } = ctx
  const account = principal.accountId ?? null
  const mayReport = sql`(select case when r.id is null
      then (select count(*) from serving_replicas c where c.registered_model = m.id) < ${replicasMax}
      else r.reporter = ${principal.name} and r.account is ${account} end
    from (select 1) left join serving_replicas r on r.registered_model = m.id and r.replica = ${replica})`
  const isTold = sql`exists (select 1 from serving_replicas r where r.registered_model = m.id and r.replica = ${replica}
    and r.failed_version = v.version and r.failed_message = ${failed?.message ?? null} and r.failed_told = 1)`
  const { stored } = await commit(ctx, {
    forgotten: sql`delete from serving_replicas
      where registered_model = (${modelId(ctx, uri.name)}) and seen_at_ms < ${now() - forgottenMs}`,
    entry:
      failed &&
      versionEntry(ctx, versionId(ctx, uri.name, failed.version), {
        action: 'serving.failed',
        after: sql`json_object('replica', ${replica}, 'host', ${host}, 'uri', ${uri.uri}, 'message', ${failed.message})`,
        guard: sql`${mayReport} and not ${isTold} and ${hasRoom(ctx)}`,
      }),
    counted: failed && countTold(ctx, modelId(ctx, uri.name)),
    stored: sql<{
      id: number
    }>`insert into serving_replicas (registered_model, replica, uri, host, reporter, account,
        version, digest, live_at_ms, failed_version, failed_message, failed_at_ms, seen_at_ms, failed_told)
      select m.id, ${replica}, ${uri.uri}, ${host}, ${principal.name}, ${account},
        ${live?.version ?? null}, ${live?.digest ?? null}, ${live?.atMs ?? null},
        ${failed?.version ?? null}, ${failed?.message ?? null}, ${failed ? now() : null}, ${now()},
        ${failed ? sql`changes() > 0` : 0}
      from registered_models m where m.id = (${modelId(ctx, uri.name)}) and ${mayReport}
      on conflict (registered_model, replica) do update set uri = excluded.uri, host = excluded.host,
        version = excluded.version, digest = excluded.digest, live_at_ms = excluded.live_at_ms,
        failed_at_ms = case when ${isSameFailure} then failed_at_ms else excluded.failed_at_ms end,
        failed_told = max(excluded.failed_told, ${isSameFailure} and failed_told),
        failed_version = excluded.failed_version, failed_message = excluded.failed_message,
        seen_at_ms = excluded.seen_at_ms
      returning id`,
  })
  if (stored.length > 0) return
  await getModel(ctx, uri.name)
  throw conflict(
    `Replica '${excerpt(replica)}' of '${excerpt(uri.name)}' is reported by somebody else, or the model has ${replicasMax} replicas; report under another id`,
  )
}

const isSameFailure = sql`(failed_version is excluded.failed_version and failed_message is excluded.failed_message)`

/** Whether the audit log takes one more failure of model `m` from the caller. */
function hasRoom(ctx: Context): SQL {
  return sql`not exists (select 1 from serving_failure_counts f
    where f.registered_model = m.id and f.account = ${ctx.principal.accountId ?? 0}
      and f.since_ms > ${ctx.now() - failuresMs} and f.count >= ${failuresMax})`
}

/** Counts the entry that the statement before it wrote, if it did. */
function countTold(ctx: Context, model: SQL): SQL {
  const isWithin = sql`since_ms > ${ctx.now() - failuresMs}`
  return sql`insert into serving_failure_counts (registered_model, account, since_ms, count)
    select m.id, ${ctx.principal.accountId ?? 0}, ${ctx.now()}, 1
    from registered_models m where m.id = (${model}) and changes() > 0
    on conflict (registered_model, account) do update set
      count = case when ${isWithin} then count + 1 else 1 end,
      since_ms = case when ${isWithin} then since_ms else excluded.since_ms end`
}

/** Forget a process that ends. One that somebody else reports is left. */
export async function removeReplica(ctx: Context, uri: ModelUri, replica: string): Promise<void> {
  const { name, accountId = null } = ctx.principal
  await ctx.db.all(sql`delete from serving_replicas
    where registered_model = (${modelId(ctx, uri.name)}) and replica = ${replica}
      and reporter = ${name} and account is ${accountId}`)
}

/**
 * The processes that serve a model, oldest first.
 *
 * @param page.after a `Replica.id`, or 0
 * @throws RESOURCE_DOES_NOT_EXIST no such model
 */
export async function listReplicas(
  ctx: Context,
  name: string,
  page: { readonly after: number; readonly count: number },
): Promise<Replica[]> {
  if (page.after === 0) await getModel(ctx, name)
  const rows = await ctx.db.all(sql<ReplicaRow>`select * from serving_replicas
    where registered_model = (${modelId(ctx, name)}) and id > ${page.after}
    order by id limit ${page.count}`)
  return rows.map((row) => replicaFrom(ctx, row))
}

/** How many processes answer with each of these versions, by `model_versions.id`, as far as they were heard of within 45 seconds. */
export async function countReplicasOfVersions(
  ctx: Context,
  versionIds: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const rows = await ctx.db.all(sql<{ id: number; count: number }>`select v.id, count(*) as count
    from json_each(${JSON.stringify(versionIds)}) w cross join model_versions v on v.id = w.value
    cross join serving_replicas r on r.registered_model = v.registered_model and r.version = v.version
    where r.seen_at_ms >= ${ctx.now() - silentMs} group by v.id`)
  return new Map(rows.map(({ id, count }) => [id, count]))
}

/** The processes that answer with a version, as far as they were heard of within 45 seconds; 1000 at most. */
export async function listReplicasOfVersion(
  ctx: Context,
  name: string,
  version: number,
): Promise<Replica[]> {
  const rows = await ctx.db.all(sql<ReplicaRow>`select * from serving_replicas
    where registered_model = (${modelId(ctx, name)}) and version = ${version}
      and seen_at_ms >= ${ctx.now() - silentMs}
    order by id limit ${replicasMax}`)
  return rows.map((row) => replicaFrom(ctx, row))
}

/** A version that a URI means. */
export type MeantVersion = {
  readonly version: number
  readonly stage: string
  /** Of its sealed files; null: it is not sealed. */
  readonly digest: string | null
}

/**
 * What the URIs of a model's followers mean now, in one round trip; those that mean no version of it are left out. After a rename the
 * name may be another model's, which its readers may not read.
 */
export async function readWanted(
  ctx: Context,
  followers: readonly { readonly uri: string; readonly registeredModelId: number }[],
): Promise<ReadonlyMap<string, MeantVersion>> {
  const asked = new Map(followers.map(({ uri, registeredModelId }) => [uri, registeredModelId]))
  if (asked.size === 0) return new Map()
  const { found } = await ctx.db.batch({
    found: [...asked].map(([uri, registeredModelId]) => {
      const { name, selector } = readModelUri(uri)
      return sql<MeantVersion & { uri: string }>`select ${uri} as uri, v.version, v.stage, f.digest
        from model_versions v left join manifests f on f.id = v.manifest
        where v.id = (${selectedVersionId(ctx, name, selector)}) and v.registered_model = ${registeredModelId}`
    }),
  })
  return new Map(found.flat().map(({ uri, ...wanted }) => [uri, wanted]))
}

/** Whether a process serves something else than it should. */
export function isDrifted(
  { live }: { readonly live: Omit<LiveVersion, 'atMs'> | undefined },
  wanted: MeantVersion | undefined,
): boolean {
  if (live?.version !== wanted?.version) return true
  return wanted !== undefined && wanted.digest !== null && wanted.digest !== live?.digest
}

function replicaFrom(ctx: Context, row: ReplicaRow): Replica {
  const { version, digest, live_at_ms, failed_version, failed_message, failed_at_ms } = row
  return {
    id: row.id,
    registeredModelId: row.registered_model,
    replica: row.replica,
    host: row.host,
    uri: row.uri,
    reporter: row.reporter,
    live:
      version === null || digest === null || live_at_ms === null
        ? undefined
        : { version, digest, atMs: live_at_ms },
    failed:
      failed_version === null || failed_message === null || failed_at_ms === null
        ? undefined
        : { version: failed_version, message: failed_message, atMs: failed_at_ms },
    seenAtMs: row.seen_at_ms,
    isSilent: row.seen_at_ms < ctx.now() - silentMs,
  }
}
