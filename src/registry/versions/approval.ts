import { type SQL, sql } from 'drizzle-orm'
import type { PrincipalRecord } from '../../core/principal.ts'
import type { modelVersions, versionApprovals } from '../tables.ts'

/** As SageMaker names them. */
export type ApprovalStatus = 'PendingManualApproval' | 'Approved' | 'Rejected'

/** How far a version has come with a place, and by whom. */
export type Approval = {
  readonly status: ApprovalStatus
  /** Who opened the request, approved it last, rejected it, or used break-glass. */
  readonly by: PrincipalRecord
  readonly atMs: number
  readonly reason: string | null
}

/** The approval of a version for one stage or alias. */
export type PlaceApproval = Approval & {
  readonly kind: 'stage' | 'alias'
  /** The stage or alias, as the request has it. */
  readonly target: string
  /** Merged by break-glass, which is no approval. */
  readonly isBreakGlass: boolean
  /** `promotions.id` */
  readonly promotion: number
}

/** What decides which approval of a model's versions counts most. */
export type CountedPlaces = {
  /** `registered_models.id`, and the name for which this holds. */
  readonly model: number
  readonly name: string
  /** The last stage that a policy guards; null: policies guard none. */
  readonly counting: string | null
  /** Guarded places, by the names in which they are compared, each with one of its policies. */
  readonly guarded: readonly {
    readonly place: string
    readonly policy: string
    /** When the policy was made first. */
    readonly madeAtMs: number
  }[]
}

/**
 * The statements that write the approvals of versions for places anew. They belong into the batch
 * that changes the requests, after the change.
 *
 * @param places a select of `(model_version, place)`
 * @param decided a select of the columns of `version_approvals` up to `policies`, for at least these
 */
export function approvalWrites(places: SQL, decided: SQL): SQL[] {
  return [
    sql`delete from version_approvals where (model_version, place) in (${places})`,
    sql`insert into version_approvals (model_version, place, target_kind, target, status, by, at_ms,
        reason, break_glass, promotion, policies, is_guarded, stands)
      select *, 0, 1 from (${decided}) d where (d.model_version, d.place) in (${places})
        and d.model_version in (select id from model_versions)`,
  ]
}

/**
 * The statements that give versions the approval of the place that counts most: of the last guarded
 * stage or, where no stage is guarded, of the place that was decided last, a guarded one before
 * others. An approval stands if the place is guarded by one of the policies under which it was given,
 * and by no others that were there at that time; or if no policy guards it.
 *
 * @param models what counts in them; versions of other models stay as they are
 * @param terms.versions a condition on `model_versions`
 * @param terms.guard under which all of it is still true
 */
export function statusWrites(
  models: readonly CountedPlaces[],
  { versions, guard }: { readonly versions?: SQL; readonly guard: SQL },
): SQL[] {
  const counted = JSON.stringify(
    models.map(({ model, name, counting, guarded }) => [
      model,
      name,
      counting,
      guarded.map(({ place, policy, madeAtMs }) => [place, policy, madeAtMs]),
    ]),
  )
  // The plus keeps SQLite from the index by model: few versions are found by what they are chosen by.
  const ofModel = versions
    ? sql`+model_versions.registered_model = m.id and ${versions}`
    : sql`model_versions.registered_model = m.id`
  // Joined once and kept, so that each version meets its own model's row alone.
  const chosen = sql`with chosen as materialized (
    select model_versions.id, c.value ->> 2 as counting, c.value -> 3 as guarded
    from json_each(${counted}) c
    cross join registered_models m on m.id = c.value ->> 0 and m.name = c.value ->> 1
    cross join model_versions on ${ofModel} where ${guard})`
  const guards = sql`select 1 from json_each(chosen.guarded) g
    where g.value ->> 0 = version_approvals.place`
  const isPolicyOfApproval = sql`(g.value ->> 1 in (
    select value from json_each(version_approvals.policies)))`
  return [
    sql`${chosen} update version_approvals set is_guarded = exists (${guards}),
        stands = status <> 'Approved' or not exists (${guards})
          or (exists (${guards} and ${isPolicyOfApproval})
            and not exists (${guards} and not ${isPolicyOfApproval}
              and g.value ->> 2 < version_approvals.at_ms))
      from chosen where version_approvals.model_version = chosen.id`,
    sql`${chosen} update model_versions
      set (approval_status, approval_by, approval_at_ms, approval_reason) = (
        select a.status, a.by, a.at_ms, a.reason from version_approvals a
        where a.model_version = chosen.id and a.stands = 1
          and (chosen.counting is null or chosen.counting = a.place)
        order by a.is_guarded desc, a.status = 'PendingManualApproval' and a.break_glass = 0,
          a.at_ms desc, a.promotion desc limit 1)
      from chosen where model_versions.id = chosen.id`,
  ]
}

type PlaceApprovalRow = typeof versionApprovals.$inferSelect

/** The approvals of a version that stand, by place. @param id a select of `model_versions.id` */
export function placeApprovalRead(id: SQL): SQL<PlaceApprovalRow> {
  return sql<PlaceApprovalRow>`select * from version_approvals
    where model_version = (${id}) and stands = 1 order by place`
}

export function placeApprovalFrom(row: PlaceApprovalRow): PlaceApproval {
  return {
    // Only these are ever written.
    kind: row.target_kind as PlaceApproval['kind'],
    target: row.target,
    status: row.status as ApprovalStatus,
    by: JSON.parse(row.by),
    atMs: row.at_ms,
    reason: row.reason,
    isBreakGlass: row.break_glass === 1,
    promotion: row.promotion,
  }
}

type Columns = Pick<
  typeof modelVersions.$inferSelect,
  'approval_status' | 'approval_by' | 'approval_at_ms' | 'approval_reason'
>

/**
 * The approval in a row of `model_versions`; null if there was none. All columns are set at once.
 */
export function approvalFrom(row: Columns): Approval | null {
  const { approval_status, approval_by, approval_at_ms, approval_reason } = row
  if (approval_status === null || approval_by === null || approval_at_ms === null) return null
  return {
    // No other values are ever written.
    status: approval_status as ApprovalStatus,
    by: JSON.parse(approval_by),
    atMs: approval_at_ms,
    reason: approval_reason,
  }
}
