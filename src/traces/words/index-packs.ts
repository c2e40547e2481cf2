import { sql } from 'drizzle-orm'
import type { Platform } from '../../platform/context.ts'
import { placeColumns, readTraceLines, type SpanPlace } from '../spans/read-lines.ts'
import { collectCells } from './grams.ts'
import { packWords, type WordMember, wordStatements } from './pack-words.ts'

/** So many packs a run: the next one goes on. */
const packsPerRun = 1

/**
 * Note what texts packs have that were written before that was done, the newest first. Until then, and of a
 * pack of which spans are lost, searches read all traces.
 */
export async function recordWords(platform: Platform): Promise<void> {
  const packs = await platform.db.all(sql<{ id: number }>`select id from trace_packs
    where words <> 1 and words = 0 and emptied_at_ms is null order by id desc limit ${packsPerRun}`)
  for (const { id } of packs) await recordPack(platform, id)
}

async function recordPack(platform: Platform, pack: number): Promise<void> {
  const { db } = platform
  const traces = await db.all(
    sql<SpanPlace>`select ${placeColumns} from traces t where t.pack = ${pack} order by t.id`,
  )
  const members: WordMember[] = []
  let lost = 0
  for await (const { id, lines, isWhole } of readTraceLines(platform, traces, {
    onLost: () => (lost += 1),
  })) {
    if (isWhole) members.push({ id, cells: await collectCells(lines) })
    else lost += 1
  }
  if (lost > 0 || members.length === 0) {
    await db.all(sql`update trace_packs set words = 2 where id = ${pack} and words = 0`)
    return
  }
  await db.batch(wordStatements(sql`${pack}`, await packWords(members)))
}

/** Forget the texts of packs whose traces are all gone; their objects stay until gc. */
export async function sweepWords({ db }: Platform): Promise<void> {
  await db.all(sql`delete from trace_word_packs
    where not exists (select 1 from traces t where t.pack = trace_word_packs.pack)`)
}
