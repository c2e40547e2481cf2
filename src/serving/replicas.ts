import { sql } from 'drizzle-orm'
import { commit } from '../audit/commit.ts'
import { conflict, excerpt } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import { versionEntry } from '../registry/audit-entries.ts'
import { modelId, versionId } from '../registry/ids.ts'
import { getModel } from '../registry/models/registered-models.ts'
import { type ModelUri, type Resolution, readModelUri } from './resolve.ts'
import type { servingReplicas } from './tables.ts'
import { readMeaning } from './watch.ts'

/** One that was not heard of for so long counts no more, and is forgotten after a day. */
const silentMs = 60_000
const forgottenMs = 86_400_000
const replicasMax = 1000

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
  readonly replica: string
  readonly host: string
  readonly uri: string
  readonly reporter: string
  readonly live: LiveVersion | undefined
  readonly failed:
    | { readonly version: number; readonly message: string; readonly atMs: number }
    | undefined
  readonly seenAtMs: number
  /** It has said nothing for a minute. */
  readonly isSilent: boolean
}

type ReplicaRow = typeof servingReplicas.$inferSelect

/**
 * Note what a process serves. That a version did not come up is told once, in the audit log and as an event.
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
    and r.failed_version = v.version and r.failed_message = ${failed?.message ?? null})`
  const { stored } = await commit(ctx, {
    forgotten: sql`delete from serving_replicas
      where registered_model = (${modelId(ctx, uri.name)}) and seen_at_ms < ${now() - forgottenMs}`,
    entry:
      failed &&
      versionEntry(ctx, versionId(ctx, uri.name, failed.version), {
        action: 'serving.failed',
        after: sql`json_object('replica', ${replica}, 'host', ${host}, 'uri', ${uri.uri}, 'message', ${failed.message})`,
        guard: sql`${mayReport} and not ${isTold}`,
      }),
    stored: sql<{
      id: number
    }>`insert into serving_replicas (registered_model, replica, uri, host, reporter, account,
        version, digest, live_at_ms, failed_version, failed_message, failed_at_ms, seen_at_ms)
      select m.id, ${replica}, ${uri.uri}, ${host}, ${principal.name}, ${account},
        ${live?.version ?? null}, ${live?.digest ?? null}, ${live?.atMs ?? null},
        ${failed?.version ?? null}, ${failed?.message ?? null}, ${failed ? now() : null}, ${now()}
      from registered_models m where m.id = (${modelId(ctx, uri.name)}) and ${mayReport}
      on conflict (registered_model, replica) do update set uri = excluded.uri, host = excluded.host,
        version = excluded.version, digest = excluded.digest, live_at_ms = excluded.live_at_ms,
        failed_at_ms = case when failed_version is excluded.failed_version
          and failed_message is excluded.failed_message then failed_at_ms else excluded.failed_at_ms end,
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

/** The processes that answer with a version, as far as they were heard of within a minute; 1000 at most. */
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

/** What the URIs of these processes mean now; undefined: no version. */
export async function readWanted(
  ctx: Context,
  replicas: readonly Replica[],
): Promise<ReadonlyMap<string, Resolution | undefined>> {
  const wanted = new Map<string, Resolution | undefined>()
  for (const { uri } of replicas) {
    if (wanted.has(uri)) continue
    const { told } = await readMeaning(ctx, readModelUri(uri))
    wanted.set(uri, 'why' in told ? undefined : told)
  }
  return wanted
}

/** Whether a process serves something else than it should. */
export function isDrifted({ live }: Replica, wanted: Resolution | undefined): boolean {
  if (live?.version !== wanted?.version) return true
  return wanted?.digest !== undefined && wanted.digest !== live?.digest
}

function replicaFrom(ctx: Context, row: ReplicaRow): Replica {
  const { version, digest, live_at_ms, failed_version, failed_message, failed_at_ms } = row
  return {
    id: row.id,
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
