import { sql } from 'drizzle-orm'
import { letOthersRun } from '../core/rounds.ts'
import { jsonRowsOf } from '../db/sql.ts'
import type { Platform } from '../platform/context.ts'
import { hashJson } from '../platform/hash.ts'
import { chainStart, hashLink } from './chain.ts'
import type { SealedEntry } from './entry.ts'
import { readEntriesAfter } from './read-entries.ts'

type SealingPlatform = Pick<Platform, 'db' | 'sha256'>

/** Where the chain ends. */
export type ChainHead = { readonly seq: number; readonly hash: string }

/** Batches of one call; the rest waits for the next call. */
const batchesMax = 100

/** The number of the last entry that is sealed, and its chain hash; 0 and `chainStart` for none. */
export async function readChainHead({ db }: Pick<Platform, 'db'>): Promise<ChainHead> {
  const row = await db.first(
    sql<ChainHead>`select seq, chain_hash as hash from audit_seals order by seq desc limit 1`,
  )
  return row ?? { seq: 0, hash: chainStart }
}

/**
 * Append the seals of entries that have none yet. It may run several times at once: of the runs that
 * find the same end of the chain one appends, and the others continue behind it.
 *
 * @throws Error an entry is missing before others; the entries before the gap are sealed
 */
export async function sealEntries(platform: SealingPlatform): Promise<void> {
  for (let batch = 0; batch < batchesMax; batch++) {
    const head = await readChainHead(platform)
    const found = await readEntriesAfter(platform.db, {}, { afterSeq: head.seq })
    if (found.length === 0) return
    const entries = contiguousPartOf(found, head.seq)
    if (entries.length === 0) {
      throw new Error(
        `audit entry ${head.seq + 1} is missing, so those behind it are not sealed; see docs/audit.md`,
      )
    }
    await appendSeals(platform, head, entries)
    await letOthersRun()
  }
}

/** The entries that follow `seq` without a gap. */
function contiguousPartOf(entries: readonly SealedEntry[], seq: number): readonly SealedEntry[] {
  const gap = entries.findIndex(({ entry }, i) => entry.seq !== seq + 1 + i)
  return gap === -1 ? entries : entries.slice(0, gap)
}

/** Writes nothing if the chain no longer ends at `head`. */
async function appendSeals(
  platform: SealingPlatform,
  head: ChainHead,
  entries: readonly SealedEntry[],
): Promise<void> {
  const rows: [number, string, string][] = []
  let previous = head.hash
  for (const { entry } of entries) {
    const hash = await hashJson(platform, entry)
    previous = await hashLink(platform, previous, hash)
    rows.push([entry.seq, hash, previous])
  }
  await platform.db.all(sql`
    insert into audit_seals (seq, entry_hash, chain_hash)
      select value ->> 0, value ->> 1, value ->> 2 from json_each(${jsonRowsOf(rows)})
      where (select coalesce(max(seq), 0) from audit_seals) = ${head.seq}`)
}
