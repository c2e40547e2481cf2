import type { Platform } from '../platform/context.ts'
import { hashJson } from '../platform/hash.ts'
import { csvRowOf } from './csv.ts'
import type { AuditEntry, SealedEntry } from './entry.ts'
import { type EntryFilter, readEntryBatches, readLastSeq } from './read-entries.ts'
import type { ShownEntry } from './verify.ts'

export type ExportFormat = 'jsonl' | 'csv'

/** An entry as the API answers it. */
export type HashedEntry = AuditEntry & { readonly hash: string }

/** The entry with the hash that was sealed, so that a later change shows; if not sealed, with a computed one. */
export async function addHash(
  on: Pick<Platform, 'sha256'>,
  { entry, entryHash: recorded }: SealedEntry,
): Promise<HashedEntry> {
  return { ...entry, hash: recorded ?? (await hashJson(on, entry)) }
}

/** The audit log as it is now, oldest entry first, as text in pieces of a few hundred lines. */
export async function* exportEntries(
  { db, sha256 }: Pick<Platform, 'db' | 'sha256'>,
  filter: EntryFilter,
  format: ExportFormat,
): AsyncGenerator<string> {
  if (format === 'csv') yield csvRowOf(csvColumns.map(([name]) => name))
  const lineOf = format === 'csv' ? csvLineOf : jsonLineOf
  for await (const batch of readEntryBatches(db, filter, await readLastSeq(db))) {
    let text = ''
    for (const sealed of batch) text += lineOf(await addHash({ sha256 }, sealed), sealed.chainHash)
    yield text
  }
}

/** A line of an export as JSON Lines. `chain_hash` is absent while the entry is not sealed. */
export function jsonLineOf(entry: HashedEntry, chainHash: string | undefined): string {
  return `${JSON.stringify({ ...entry, chain_hash: chainHash })}\n`
}

/**
 * What `jsonLineOf` wrote, or undefined for any other text. It must be that text to the letter: a key
 * that stands twice is read by one reader so and by another one otherwise.
 */
export function parseJsonLine(line: string): ShownEntry | undefined {
  const value = parseJson(line)
  if (typeof value !== 'object' || value === null || JSON.stringify(value) !== line)
    return undefined
  const { hash, chain_hash, ...entry } = value as Record<string, unknown>
  const { seq } = entry
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq)) return undefined
  if (typeof hash !== 'string' || !isTextOrAbsent(chain_hash)) return undefined
  return { seq, entry, entryHash: hash, chainHash: chain_hash }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string'
}

const csvColumns: readonly [string, (entry: HashedEntry, chainHash?: string) => unknown][] = [
  ['seq', (entry) => entry.seq],
  ['at', (entry) => new Date(entry.at).toISOString()],
  ['actor', (entry) => entry.actor.name],
  ['actor_kind', (entry) => entry.actor.kind],
  ['actor_verified', (entry) => entry.actor.verified],
  ['actor_groups', (entry) => entry.actor.groups],
  ['action', (entry) => entry.action],
  ['model', (entry) => entry.model],
  ['version', (entry) => entry.version],
  ['before', (entry) => entry.before],
  ['after', (entry) => entry.after],
  ['reason', (entry) => entry.reason],
  ['promotion_id', (entry) => entry.promotion_id],
  ['approved_by', (entry) => entry.approved_by],
  ['approvers', (entry) => entry.approvers],
  ['request_id', (entry) => entry.request_id],
  ['user_agent', (entry) => entry.user_agent],
  ['hash', (entry) => entry.hash],
  ['chain_hash', (_entry, chainHash) => chainHash],
]

function csvLineOf(entry: HashedEntry, chainHash: string | undefined): string {
  return csvRowOf(csvColumns.map(([, cellOf]) => cellOf(entry, chainHash)))
}
