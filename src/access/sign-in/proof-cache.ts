import { randomBytes, toHex } from '../../core/bytes.ts'
import type { Principal } from '../../core/principal.ts'
import type { Database } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { hashText } from '../../platform/hash.ts'
import { readAccessEpoch } from '../accounts/epoch.ts'

/** Who somebody proved to be. */
export type Proof = {
  readonly principal: Principal
  /** Unix milliseconds; absent: never. */
  readonly expiresAtMs?: number | undefined
}

type Entry = { readonly epoch: number; readonly proof: Proof }

/**
 * The proofs of one database. `key` is this process's own; without it the hashes reveal nothing.
 */
type ProofCache = { readonly key: string; readonly entries: Map<string, Entry> }

const entriesMax = 10_000
const caches = new WeakMap<Database, ProofCache>()

/**
 * The proof for `evidence`. It is reused as long as nothing about access has changed since it was
 * made: one cheap query instead of a slow hash. The caller checks `expiresAtMs`.
 *
 * @param evidence the whole of what proves it, as user and password; only a keyed hash of it is
 *   kept
 * @param prove makes a new proof; it is given the outdated one, if this process has it. Throws
 *   UNAUTHENTICATED
 */
export async function getProof<P extends Proof>(
  ctx: Context,
  evidence: string,
  prove: (outdated: P | undefined) => Promise<P>,
): Promise<P> {
  const { key, entries } = cacheOf(ctx.db)
  const id = await hashEvidence(ctx, key, evidence)
  const epoch = await readAccessEpoch(ctx)
  const entry = entries.get(id)
  // Evidence begins with its kind, so the proof under its hash came from that kind's `prove`.
  const known = entry?.proof as P | undefined
  if (known && entry?.epoch === epoch) return known
  entries.delete(id)
  const proof = await prove(known)
  keepProof(entries, id, { epoch, proof })
  return proof
}

/** The proof for `evidence`, if another request of this process made one that is still valid. */
export async function findProof<P extends Proof>(
  ctx: Context,
  evidence: string,
): Promise<P | undefined> {
  const { key, entries } = cacheOf(ctx.db)
  const entry = entries.get(await hashEvidence(ctx, key, evidence))
  if (!entry || entry.epoch !== (await readAccessEpoch(ctx))) return undefined
  return entry.proof as P
}

function cacheOf(db: Database): ProofCache {
  const known = caches.get(db)
  if (known) return known
  const cache: ProofCache = { key: toHex(randomBytes(32)), entries: new Map() }
  caches.set(db, cache)
  return cache
}

/** The key has a fixed length and never leaves this process. */
function hashEvidence(ctx: Context, key: string, evidence: string): Promise<string> {
  return hashText(ctx, key + evidence)
}

function keepProof(entries: Map<string, Entry>, id: string, entry: Entry): void {
  const oldest = entries.keys().next()
  if (entries.size >= entriesMax && !oldest.done) entries.delete(oldest.value)
  entries.set(id, entry)
}
