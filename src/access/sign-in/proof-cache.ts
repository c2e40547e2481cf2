import { randomBytes, toHex } from '../../core/bytes.ts'
import type { Principal } from '../../core/principal.ts'
import type { Database } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { readAccessEpoch } from '../accounts/epoch.ts'
import { sha256Of } from '../accounts/token-text.ts'

/** Who somebody proved to be. */
export type Proof = {
  readonly principal: Principal
  /** Unix milliseconds; absent: no end. */
  readonly expiresAtMs?: number | undefined
}

type Entry = { readonly epoch: number; readonly proof: Proof }

/** What this process knows of one database. `key` is its own, so that what it remembers says nothing. */
type Memory = { readonly key: string; readonly entries: Map<string, Entry> }

const entriesMax = 10_000
const memories = new WeakMap<Database, Memory>()

/**
 * The proof for `evidence`, as long as nothing about access has changed since it was given: one
 * cheap query instead of a slow hash. Whoever asks checks `expiresAtMs`.
 *
 * @param evidence what proves it, whole: user and password; it is kept as a keyed hash alone
 * @param prove makes the proof anew; gets the outdated one, if this process has it. Throws
 *   UNAUTHENTICATED
 */
export async function remembered<P extends Proof>(
  ctx: Context,
  evidence: string,
  prove: (outdated: P | undefined) => Promise<P>,
): Promise<P> {
  const { key, entries } = memoryOf(ctx.db)
  const id = await keyed(ctx, key, evidence)
  const epoch = await readAccessEpoch(ctx)
  const entry = entries.get(id)
  // Evidence begins with its kind, so what lies under its hash is what that kind's `prove` gave.
  const known = entry?.proof as P | undefined
  if (known && entry?.epoch === epoch) return known
  entries.delete(id)
  const proof = await prove(known)
  remember(entries, id, { epoch, proof })
  return proof
}

/** The proof for `evidence` that this process has and that holds; made meanwhile by another request. */
export async function recalled<P extends Proof>(
  ctx: Context,
  evidence: string,
): Promise<P | undefined> {
  const { key, entries } = memoryOf(ctx.db)
  const entry = entries.get(await keyed(ctx, key, evidence))
  if (!entry || entry.epoch !== (await readAccessEpoch(ctx))) return undefined
  return entry.proof as P
}

function memoryOf(db: Database): Memory {
  const known = memories.get(db)
  if (known) return known
  const memory: Memory = { key: toHex(randomBytes(32)), entries: new Map() }
  memories.set(db, memory)
  return memory
}

/** By a key of fixed length that never leaves this process: its hash tells nothing without it. */
function keyed(ctx: Context, key: string, evidence: string): Promise<string> {
  return sha256Of(ctx, key + evidence)
}

function remember(entries: Map<string, Entry>, id: string, entry: Entry): void {
  const oldest = entries.keys().next()
  if (entries.size >= entriesMax && !oldest.done) entries.delete(oldest.value)
  entries.set(id, entry)
}
