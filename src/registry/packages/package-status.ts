import { type SQL, sql } from 'drizzle-orm'
import { placeKey } from '../../core/place.ts'
import type { Database } from '../../db/database.ts'
import { archivedStage, stageKey } from '../stages/stages.ts'
import type { versionApprovals } from '../tables.ts'
import {
  type Approval,
  type ApprovalStatus,
  type PlaceApproval,
  placeApprovalFrom,
} from '../versions/approval.ts'

/**
 * The approval status of a version as a model package: of its newest request for the stage that was
 * decided or still waits or, without one, by the stage that it is in. An archived one is out of use,
 * so it is Rejected whatever it was before.
 *
 * @param of.approval for the wanted stage
 * @param wanted the stage that packages are approved for, `PackageSettings.stage`
 */
export function packageStatusOf(
  { stage, approval }: { readonly stage: string; readonly approval: Approval | undefined },
  wanted: string,
): ApprovalStatus {
  if (stage === archivedStage) return 'Rejected'
  if (approval) return approval.status
  return isPackageStage(stage, wanted) ? 'Approved' : 'PendingManualApproval'
}

/** Whether packages are approved for a stage. @param wanted `PackageSettings.stage`, in any case as stages are written */
export function isPackageStage(stage: string, wanted: string): boolean {
  return stageKey(stage) === stageKey(wanted)
}

/**
 * `packageStatusOf` of `model_versions v`. Its constants are no parameters: a search may have it often.
 *
 * @param wanted as the setting has it: letters, digits, `_` and `-`
 */
export function packageStatusSql(wanted: string): SQL {
  return sql.raw(`iif(v.stage = '${archivedStage}', 'Rejected', coalesce(
  ${approvalText(wanted)},
  iif(v.stage = coalesce((select s.name from stages s where s.name_key = '${stageKey(wanted)}'), '${wanted}'), 'Approved', 'PendingManualApproval')))`)
}

/** The status of the approval of `model_versions v` for a stage that stands; null: nobody asked for one. */
export function packageApprovalSql(wanted: string): SQL {
  return sql.raw(approvalText(wanted))
}

function approvalText(wanted: string): string {
  return `(select a.status from version_approvals a where a.model_version = v.id
    and a.place = '${placeKey(wanted)}' and a.stands = 1)`
}

/** The approvals of versions for a stage that stand, by `model_versions.id`. */
export async function readPackageApprovals(
  db: Database,
  versions: readonly number[],
  stage: string,
): Promise<ReadonlyMap<number, PlaceApproval>> {
  type Row = typeof versionApprovals.$inferSelect
  const rows = await db.all(sql<Row>`select * from version_approvals
    where model_version in (select value from json_each(${JSON.stringify(versions)}))
      and place = ${placeKey(stage)} and stands = 1`)
  return new Map(rows.map((row) => [row.model_version, placeApprovalFrom(row)]))
}
