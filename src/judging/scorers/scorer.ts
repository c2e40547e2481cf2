import { type SQL, sql } from 'drizzle-orm'
import { absent, type RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { judgingMessages } from '../messages.ts'

/** One version of what judges traces. */
export type ScorerVersion = {
  readonly scorerId: string
  readonly experimentId: number
  readonly name: string
  /** 1 is the oldest. */
  readonly version: number
  /** JSON, as its client sent it. */
  readonly serialized: string
  readonly createdAtMs: number
}

export type ScorerName = { readonly experimentId: number; readonly name: string }

type VersionRow = {
  readonly scorer_id: string
  readonly experiment: number
  readonly name: string
  readonly version: number
  readonly serialized: string
  readonly created_at_ms: number
}

/** The statement that reads versions. @param rest a condition on `scorers s` and `scorer_versions v`, and an order */
export function scorerVersionRead(rest: SQL) {
  return sql<VersionRow>`select s.scorer_id, s.experiment, s.name, v.version, v.serialized, v.created_at_ms
    from scorers s join scorer_versions v on v.scorer = s.id where ${rest}`
}

export function scorerVersionFrom(row: VersionRow): ScorerVersion {
  return {
    scorerId: row.scorer_id,
    experimentId: row.experiment,
    name: row.name,
    version: row.version,
    serialized: row.serialized,
    createdAtMs: row.created_at_ms,
  }
}

/** The key of a scorer: a select of `scorers.id`. */
export function scorerNamed(ctx: Context, { experimentId, name }: ScorerName): SQL<{ id: number }> {
  return sql`select s.id from scorers s join experiments e on e.id = s.experiment
    where s.experiment = ${experimentId} and e.workspace = ${ctx.workspace} and s.name = ${name}`
}

export function scorerNotFound(
  { experimentId, name }: ScorerName,
  version?: number,
): RegistryError {
  return absent(
    version === undefined
      ? judgingMessages.noScorer(name, experimentId)
      : judgingMessages.noScorerVersion(name, version, experimentId),
  )
}
