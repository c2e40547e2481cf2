import { type SQL, sql } from 'drizzle-orm'
import type { Principal, SomeAccount } from '../core/principal.ts'

/**
 * One entry of the audit log, in the form in which it is answered, exported and hashed. The JSON is the
 * same everywhere, so anybody who has an export can compute the hashes. Absent fields are left out.
 */
export type AuditEntry = {
  readonly seq: number
  /** Unix milliseconds. */
  readonly at: number
  readonly actor: Actor
  /** One of `actions`. */
  readonly action: string
  /** The model's name at that moment. */
  readonly model: string | undefined
  readonly version: string | undefined
  readonly before: Record<string, unknown> | undefined
  readonly after: Record<string, unknown> | undefined
  readonly reason: string | undefined
  readonly promotion_id: string | undefined
  /** Names. */
  readonly approved_by: string[] | undefined
  /** The same people with the ids of their accounts, since a name can be given anew. */
  readonly approvers: SomeAccount[] | undefined
  readonly request_id: string
  readonly user_agent: string | undefined
}

/** Who did it: the principal as it was at that time. */
export type Actor = Pick<Principal, 'name' | 'kind' | 'verified'> & { readonly groups: string[] }

/** An entry with its seal, where it has one. */
export type SealedEntry = {
  readonly entry: AuditEntry
  readonly entryHash: string | undefined
  readonly chainHash: string | undefined
}

/** Columns of `audit_entries e left join audit_seals s` that make a SealedEntry. */
export const entryColumns: SQL = sql`e.seq, e.at_ms, e.actor, e.action, e.model, e.version, e.before,
  e.after, e.reason, e.promotion, e.approved_by, e.request_id, e.user_agent, 
  e.approvers, s.entry_hash, s.chain_hash`

/**
 * `audit_entries` where the condition names the model. The index is named too: SQLite would else take
 * the one on actions, and read what all models did.
 *
 * @param alias how the statement calls it
 */
export function modelEntriesSql(alias = 'audit_entries'): SQL {
  return sql.raw(`audit_entries as ${alias} indexed by audit_entries_by_model`)
}

export type AuditEntryRow = {
  readonly seq: number
  readonly at_ms: number
  readonly actor: string
  readonly action: string
  readonly model: string | null
  readonly version: number | null
  readonly before: string | null
  readonly after: string | null
  readonly reason: string | null
  readonly promotion: number | null
  readonly approved_by: string | null
  readonly approvers: string | null
  readonly request_id: string
  readonly user_agent: string | null
  readonly entry_hash: string | null
  readonly chain_hash: string | null
}

export function sealedEntryFrom(row: AuditEntryRow): SealedEntry {
  return {
    entry: {
      seq: row.seq,
      at: row.at_ms,
      actor: jsonOf<Actor>(row.actor),
      action: row.action,
      model: row.model ?? undefined,
      version: row.version === null ? undefined : String(row.version),
      before: optionalJson(row.before),
      after: optionalJson(row.after),
      reason: row.reason ?? undefined,
      promotion_id: row.promotion === null ? undefined : String(row.promotion),
      approved_by: optionalJson(row.approved_by),
      approvers: optionalJson(row.approvers),
      request_id: row.request_id,
      user_agent: row.user_agent ?? undefined,
    },
    entryHash: row.entry_hash ?? undefined,
    chainHash: row.chain_hash ?? undefined,
  }
}

/**
 * JSON that `entryStatement` wrote. Other text was not written by this server: it is answered as it is,
 * and gives the entry another hash than the sealed one.
 */
function jsonOf<T>(text: string): T {
  try {
    return parseWellFormed(text)
  } catch {
    return text as T
  }
}

/** The value of JSON text, every part of which has a form in canonical JSON. */
export function parseWellFormed<T>(text: string): T {
  return (uncanonical.test(text) ? JSON.parse(text, canonical) : JSON.parse(text)) as T
}

/** JSON text that may hold what canonical JSON has no form for: half a surrogate pair, or an infinity. */
const uncanonical = /\\u[dD][89a-fA-F]|[eE]\+?\d{3}|\d{300}/

/**
 * A reviver that gives every value a canonical form, so that no entry is without a hash: U+FFFD for
 * half a surrogate pair, as the database has it in its texts, and the text of an infinity.
 */
function canonical(_key: string, value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const keys = Object.keys(value)
  if (keys.every((key) => key.isWellFormed())) return value
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [key.toWellFormed(), of]))
}

function optionalJson<T>(text: string | null): T | undefined {
  return text === null ? undefined : jsonOf<T>(text)
}
