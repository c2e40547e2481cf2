import { sql } from 'drizzle-orm'
import type { Platform } from '../platform/context.ts'
import { hashJson } from '../platform/hash.ts'
import { chainStart, hashLink } from './chain.ts'
import type { SealedEntry } from './entry.ts'
import { readEntryBatches } from './read-entries.ts'

/** An entry as an export or the database has it, with the hashes that stand beside it there. */
export type ShownEntry = {
  readonly seq: number
  /** When it was written, where that is asked. */
  readonly atMs?: number
  /** Without its hashes. */
  readonly entry: object
  readonly entryHash: string | undefined
  /** Absent: not sealed yet. */
  readonly chainHash: string | undefined
}

/** What is wrong with an entry. */
type Problem = 'changed' | 'missing' | 'inserted' | 'unsealed'

/** Entries are sealed within seconds: one that is older and has no seal is a fault. */
const unsealedMsMax = 30_000

/** `head` is the chain hash of the last sealed entry; after a problem, of the last one that is sound. */
export type ChainVerdict = {
  readonly entries: number
  readonly sealed: number
  readonly head: string
} & (
  | { readonly ok: true; readonly headSeq: number | undefined }
  | ({ readonly ok: false } & Finding)
)

/** What the audit log must contain. */
export type ExpectedChain = {
  /** An entry of this number. */
  readonly lastSeq: number
  /** A chain hash that was kept elsewhere. */
  readonly head: string | undefined
  /** Entries from before this moment, in Unix milliseconds, have their seals; absent: not asked. */
  readonly sealedBeforeMs?: number
}

/** Recompute the stored chain from its start. @param head a chain hash that was kept elsewhere */
export async function verifyStoredChain(
  { db, sha256, now }: Pick<Platform, 'db' | 'sha256' | 'now'>,
  head: string | undefined,
): Promise<ChainVerdict> {
  const sealedBeforeMs = now() - unsealedMsMax
  // SQLite keeps the last number that it gave out, even when that row is gone.
  const given = await db.first(sql<{ seq: number | null }>`select max(seq) as seq from (
    select seq from sqlite_sequence where name = 'audit_entries'
    union all select max(seq) from audit_entries
    union all select max(seq) from audit_seals)`)
  const lastSeq = given?.seq ?? 0
  return verifyChain({ sha256 }, eachShown(readEntryBatches(db, {}, lastSeq)), {
    lastSeq,
    head,
    sealedBeforeMs,
  })
}

async function* eachShown(batches: AsyncIterable<SealedEntry[]>): AsyncIterable<ShownEntry> {
  for await (const batch of batches) {
    for (const sealed of batch) yield { ...sealed, seq: sealed.entry.seq, atMs: sealed.entry.at }
  }
}

/** Where the check stands: the last entry, and the last sealed one with its chain hash. */
type Walk = {
  seq: number
  sealed: number
  head: string
  /** The chain hash of the last entry, sealed or not. */
  current: string
  /** When the first entry without a seal was written. */
  unsealedSinceMs: number | undefined
}

type Finding = { readonly seq: number; readonly problem: Problem; readonly detail: string }

/**
 * Check a chain from its start: compare each hash that it shows with the computed one.
 *
 * @param chain by ascending number; undefined for what cannot be read as an entry
 * @returns the first problem, or that there is none; `headSeq` is the entry at which `expected.head` was met
 */
export async function verifyChain(
  on: Pick<Platform, 'sha256'>,
  chain: AsyncIterable<ShownEntry | undefined>,
  expected: ExpectedChain,
): Promise<ChainVerdict> {
  const walk: Walk = {
    seq: 0,
    sealed: 0,
    head: chainStart,
    current: chainStart,
    unsealedSinceMs: undefined,
  }
  let headSeq = expected.head === chainStart ? 0 : undefined
  for await (const next of chain) {
    const finding = await stepOn(on, walk, next)
    if (finding) return { ok: false, ...soundPartOf(walk), ...finding }
    if (walk.current === expected.head) headSeq = walk.seq
  }
  const finding = endFinding(walk, expected, headSeq)
  return finding
    ? { ok: false, ...soundPartOf(walk), ...finding }
    : { ok: true, ...soundPartOf(walk), headSeq }
}

function soundPartOf({ seq, sealed, head }: Walk) {
  return { entries: seq, sealed, head }
}

/** Check the next entry. @returns what is wrong with it */
async function stepOn(
  on: Pick<Platform, 'sha256'>,
  walk: Walk,
  next: ShownEntry | undefined,
): Promise<Finding | undefined> {
  const due = walk.seq + 1
  if (!next) return findingOf(due, 'changed', 'what stands in its place is no entry of an export')
  if (next.seq > due) return findingOf(due, 'missing', `after ${walk.seq} comes ${next.seq}`)
  if (next.seq < due) return findingOf(next.seq, 'inserted', `it stands behind entry ${walk.seq}`)
  const hash = await hashJson(on, next.entry)
  if (next.entryHash !== undefined && next.entryHash !== hash) {
    return findingOf(due, 'changed', `its hash is ${hash}, and ${next.entryHash} was recorded`)
  }
  const current = await hashLink(on, walk.current, hash)
  if (next.chainHash !== undefined) {
    if (walk.sealed < walk.seq) {
      return findingOf(walk.sealed + 1, 'inserted', 'it has no seal, and a later entry has one')
    }
    if (next.chainHash !== current) {
      return findingOf(due, 'changed', 'its seal does not follow from those before it')
    }
    walk.sealed = due
    walk.head = current
  }
  if (walk.sealed < due) walk.unsealedSinceMs ??= next.atMs
  walk.seq = due
  walk.current = current
  return undefined
}

/** What is wrong with a chain whose entries are all sound. */
function endFinding(
  { seq, sealed, unsealedSinceMs }: Walk,
  expected: ExpectedChain,
  headSeq: number | undefined,
): Finding | undefined {
  if (seq < expected.lastSeq) {
    return findingOf(seq + 1, 'missing', `the audit log went on to entry ${expected.lastSeq}`)
  }
  const { sealedBeforeMs } = expected
  if (sealedBeforeMs !== undefined && (unsealedSinceMs ?? sealedBeforeMs) < sealedBeforeMs) {
    const first = `${seq - sealed} entries have no seal, the first since ${new Date(unsealedSinceMs ?? 0).toISOString()}`
    return findingOf(sealed + 1, 'unsealed', `${first}; the server's log says why`)
  }
  if (expected.head === undefined || headSeq !== undefined) return undefined
  const why = 'the chain never comes to the head that was given: it ends before, or was made anew'
  return findingOf(seq + 1, 'missing', why)
}

function findingOf(seq: number, problem: Problem, detail: string): Finding {
  return { seq, problem, detail }
}
