import { type SQL, sql } from 'drizzle-orm'
import { type Collector, collectOrphansBelow, isUnreferencedSql } from './collect.ts'

type RemovedBlobRow = { readonly key: string }

/** Blobs are spread over this many folders by their random names, so a part of them is a part of all. */
const folderCount = 256
const hoursOfDay = 24
const perRound = 500
const roundsMax = 20

/**
 * Look at the part of the blobs whose turn it is at this hour, of 24: note which nothing refers to any
 * more, and remove those of which that was noted before the grace time, with objects as old that no
 * row names. All of them are seen once a day. Each hour's work is bounded, and what it leaves the next
 * day finds. Bytes go that late, since a database may be put back to an earlier moment.
 *
 * @param hour of the day, 0 to 23
 */
export async function collectHour(
  collector: Collector,
  hour: number,
  isNamed: (key: SQL) => SQL,
): Promise<void> {
  const folders = foldersOf(hour)
  await noteUnreferenced(collector, folders)
  await removeNoted(collector)
  for (const folder of folders) {
    for (const of of ['blobs', 'traces', 'metrics']) {
      await collectOrphansBelow(collector, `${of}/${folder}/`, isNamed)
    }
  }
}

/** Two hex digits each. */
function foldersOf(hour: number): readonly string[] {
  const [start, end] = [hour, hour + 1].map((at) => Math.floor((at * folderCount) / hoursOfDay))
  return Array.from({ length: folderCount }, (_, i) => i.toString(16).padStart(2, '0')).slice(
    start,
    end,
  )
}

async function noteUnreferenced({ db, now }: Collector, folders: readonly string[]): Promise<void> {
  const inFolders = sql`blobs.key >= ${`blobs/${folders.at(0)}/`}
    and blobs.key < ${`blobs/${folders.at(-1)}0`}`
  await db.batch({
    noted: sql`insert into unreferenced_blobs (blob, seen_at_ms)
      select blobs.id, ${now()} from blobs where ${inFolders} and ${isUnreferencedSql}
      on conflict (blob) do nothing`,
    // Referred to again, its time begins anew.
    freed: sql`delete from unreferenced_blobs where blob in (
      select blobs.id from unreferenced_blobs u join blobs on blobs.id = u.blob
      where ${inFolders} and not (${isUnreferencedSql}))`,
  })
}

/** First the row, guarded in the same statement, then the object, as `collectBlobs` does. */
async function removeNoted({ db, blobs, now, graceMs }: Collector): Promise<void> {
  for (let round = 0; round < roundsMax; round++) {
    const gone = await db.all(sql<RemovedBlobRow>`
      delete from blobs where id in (
        select u.blob from unreferenced_blobs u join blobs on blobs.id = u.blob
        where u.seen_at_ms <= ${now() - graceMs} and ${isUnreferencedSql}
        order by u.seen_at_ms limit ${perRound})
      and ${isUnreferencedSql} returning key`)
    await blobs.delete(gone.map(({ key }) => key))
    if (gone.length < perRound) return
  }
}
