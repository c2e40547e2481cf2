import { sql } from 'drizzle-orm'
import type { Context, Platform } from '../../platform/context.ts'

const dayMs = 86_400_000
const notedMax = 10_000

/** When this process last noted a download of a version, and which notes are not written yet. */
type Noted = { readonly at: Map<number, number>; readonly waiting: Set<number> }

const notedOf = new WeakMap<Platform['db'], Noted>()

/**
 * Note that a file of a version was read. It is written in the background, and at most once a day for
 * each version, so that no read waits for a write.
 *
 * @param id `model_versions.id`
 */
export function noteDownload(ctx: Pick<Context, 'db' | 'now' | 'wake'>, id: number): void {
  const noted = notedOf.get(ctx.db) ?? { at: new Map(), waiting: new Set() }
  notedOf.set(ctx.db, noted)
  const now = ctx.now()
  const last = noted.at.get(id)
  if (last !== undefined && last <= now && now - last < dayMs) return
  if (noted.at.size >= notedMax) noted.at.clear()
  noted.at.set(id, now)
  noted.waiting.add(id)
  ctx.wake()
}

/** Write which versions were downloaded since the last time. */
export async function writeDownloads({ db, now }: Platform): Promise<void> {
  const noted = notedOf.get(db)
  if (!noted || noted.waiting.size === 0) return
  const ids = [...noted.waiting]
  noted.waiting.clear()
  try {
    await db.all(sql`insert into version_downloads (model_version, at_ms)
      select v.id, ${now()} from json_each(${JSON.stringify(ids)}) w
      join model_versions v on v.id = w.value where true
      on conflict (model_version) do update set at_ms = excluded.at_ms where at_ms < excluded.at_ms`)
  } catch (err) {
    for (const id of ids) noted.waiting.add(id)
    throw err
  }
}
