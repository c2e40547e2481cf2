import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../db/database.ts'
import type { Platform } from '../../platform/context.ts'

/**
 * That the version of a merged request is to be signed, in the batch that merges it.
 *
 * @param here a condition on `promotions` that only that request meets
 */
export function dueStatement({ now }: Pick<Platform, 'now'>, here: SQL): SQL {
  return sql`insert into signatures_due (promotion, model_version, next_try_ms)
    select id, model_version, ${now()} from promotions where ${here}`
}

/** A version that is to be signed, by its present name. */
export type DueVersion = {
  readonly id: number
  readonly workspace: string
  readonly name: string
  readonly version: number
}

/** Those whose time has come, the longest waiting first; each is tried later again if it fails. */
export function listDueVersions({ db, now }: Platform, count: number): Promise<DueVersion[]> {
  return db.all(sql<DueVersion>`select v.id, m.workspace, m.name, v.version
    from signatures_due d join model_versions v on v.id = d.model_version
    join registered_models m on m.id = v.registered_model
    where d.next_try_ms <= ${now()} group by v.id order by min(d.next_try_ms) limit ${count}`)
}

/** Whether a version is still to be signed. */
export function isDueSql(modelVersionId: number): SQL {
  return sql`exists (select 1 from signatures_due where model_version = ${modelVersionId})`
}

/** Right after the version was signed, of which `changes()` tells, nothing of it is due. */
export function settledStatement(modelVersionId: number): SQL {
  return sql`delete from signatures_due where model_version = ${modelVersionId} and changes() > 0`
}

/** A version changed while it was signed: others have their turn before it is tried again. */
export async function keepWaiting(
  { db, now }: Pick<Platform, 'db' | 'now'>,
  modelVersionId: number,
): Promise<void> {
  await db.all(sql`update signatures_due set next_try_ms = ${now() + changedRetryMs}
    where model_version = ${modelVersionId}`)
}

const changedRetryMs = 1000

/** Why a version could not be signed, and when that is tried again. */
export async function keepSigningProblem(
  { db }: { readonly db: Database },
  modelVersionId: number,
  { problem, nextTryMs }: { readonly problem: string; readonly nextTryMs: number },
): Promise<void> {
  await db.all(sql`update signatures_due set problem = ${problem}, next_try_ms = ${nextTryMs}
    where model_version = ${modelVersionId}`)
}

/** A merged request whose version is not signed yet. */
export type DueSignature = {
  readonly promotion: number
  /** Why the last try failed; null: none did. */
  readonly problem: string | null
}

/** What of a version is to be signed. */
export function listDueSignatures(
  { db }: { readonly db: Database },
  modelVersionId: number,
): Promise<DueSignature[]> {
  return db.all(sql<DueSignature>`select promotion, problem from signatures_due
    where model_version = ${modelVersionId} order by promotion`)
}
