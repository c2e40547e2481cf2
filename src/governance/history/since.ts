import { sql } from 'drizzle-orm'
import { modelEntriesSql } from '../../audit/entry.ts'
import type { PrincipalRecord, SomeAccount } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import type { ModelVersion } from '../../registry/versions/read-versions.ts'
import type { ModelThen } from './model-then.ts'
import { type Placed, readStageNow } from './stage-log.ts'

/** How a version came where it is. */
export type Since = {
  /** Unix milliseconds. */
  readonly atMs: number
  /** Who opened the promotion request, if there was one; after a rollback, the earlier request. */
  readonly requestedBy: PrincipalRecord
  /** Who made the move. */
  readonly movedBy: PrincipalRecord
  /** Names. */
  readonly approvedBy: readonly string[]
  /** The same people with their accounts, as far as the audit log has them. */
  readonly approvers: readonly SomeAccount[]
  /** `promotions.id` */
  readonly promotion: number | undefined
  readonly reason: string | undefined
}

/** How a version came into the stage that it is in; undefined: it was registered so, or nobody knows. */
export async function findSince(
  ctx: Context,
  { registeredModelId, name, version, stage }: ModelVersion,
): Promise<Since | undefined> {
  const log = { registeredModel: registeredModelId, lastSeq: Number.MAX_SAFE_INTEGER }
  const placed = await readStageNow(ctx, log, { stage, before: version + 1, count: 1 })
  const [row] = await readMoves(
    ctx,
    placed.map((one) => ({
      ...one,
      model: { registeredModel: registeredModelId, nameThen: name },
    })),
  )
  return row?.version === version ? sinceFrom(row) : undefined
}

export type MoveRow = {
  version: number
  id: number | null
  made: string | null
  at_ms: number | null
  is_baseline: number | null
  actor: string | null
  reason: string | null
  promotion: number | null
  approved_by: string | null
  approvers: string | null
  requested_by: string | null
}
type PlacedOf = Placed & { readonly model: Pick<ModelThen, 'registeredModel' | 'nameThen'> }

/** The move by which each came there, and what the audit log says of when it was made. */
export function readMoves(ctx: Context, placed: readonly PlacedOf[]): Promise<MoveRow[]> {
  const wanted = JSON.stringify(
    placed.map(({ version, sinceSeq, model }) => [
      ...[version, sinceSeq ?? null, model.registeredModel, model.nameThen],
    ]),
  )
  // A rollback has no request: the version came in by the request of its earlier move.
  const merge = sql`(select max(e.seq) from ${modelEntriesSql('e')}
    where e.registered_model = s.registered_model and e.version = s.version and e.seq < s.seq
      and e.action = 'model_version.transitioned' and e.promotion is not null
      and e.after ->> 'stage' = s.after ->> 'stage')`
  return ctx.db.all(sql<MoveRow>`
    with w as materialized (select key as place, value ->> 0 as version, value ->> 1 as since_seq,
      value ->> 2 as registered_model, value ->> 3 as name from json_each(${wanted}))
    select w.version, coalesce(
        (select id from model_versions
          where registered_model = w.registered_model and version = w.version),
        (select model_version from issued_versions where workspace = ${ctx.workspace}
          and name = w.name and version = w.version)) as id,
      made.after as made, s.at_ms,
      s.action in ('model_version.recorded', 'model_version.imported') as is_baseline, s.actor, s.reason,
      coalesce(s.promotion, before.promotion) as promotion,
      coalesce(s.approved_by, before.approved_by) as approved_by,
      coalesce(s.approvers, before.approvers) as approvers, p.requested_by
    from w
    left join (select registered_model, version, after, max(seq) from ${modelEntriesSql()}
      where registered_model in (select registered_model from w)
      and action in ('model_version.created', 'model_version.recorded', 'model_version.imported')
      group by registered_model, version) made
      on made.registered_model = w.registered_model and made.version = w.version
    left join audit_entries s on s.seq = w.since_seq
    left join audit_entries before on before.seq =
      iif(s.action = 'model_version.rolled_back', ${merge}, null)
    left join promotions p on p.id = coalesce(s.promotion, before.promotion)
    order by w.place`)
}

/** Undefined: it was imported so, or was there before the audit log began. */
export function sinceFrom(row: MoveRow): Since | undefined {
  const movedBy = parsed<PrincipalRecord>(row.actor)
  if (row.at_ms === null || movedBy === undefined || row.is_baseline === 1) return undefined
  const approvedBy = parsed<string[]>(row.approved_by) ?? []
  return {
    atMs: row.at_ms,
    requestedBy: parsed<PrincipalRecord>(row.requested_by) ?? movedBy,
    movedBy,
    approvedBy,
    approvers: parsed<SomeAccount[]>(row.approvers) ?? approvedBy.map((name) => ({ name })),
    promotion: row.promotion ?? undefined,
    reason: row.reason ?? undefined,
  }
}

/** JSON from the audit log. */
export function parsed<T>(text: string | null): T | undefined {
  return text === null ? undefined : JSON.parse(text)
}
