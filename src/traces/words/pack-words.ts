import { type SQL, sql } from 'drizzle-orm'
import { jsonChunksOf, jsonRowsOf } from '../../db/sql.ts'
import { type CellRows, packCells } from './cell-lists.ts'

/** A trace of a pack, and the cells of its spans. */
export type WordMember = { readonly id: number; readonly cells: Uint16Array }

/** What texts a pack has, as the tables have it. */
export type PackWords = CellRows & {
  /** `traces.id`, in order. */
  readonly members: readonly number[]
}

export async function packWords(members: readonly WordMember[]): Promise<PackWords> {
  const rows = await packCells(members.map(({ cells }) => cells))
  return { ...rows, members: members.map(({ id }) => id) }
}

/**
 * The statements that write what texts a pack has, unless that is there, for a batch; the pack and a trace
 * of it must be there. Reads and writes then agree, since a batch is one moment.
 *
 * @param pack a select of `trace_packs.id`
 */
export function wordStatements(pack: SQL, { level, rows, members }: PackWords) {
  const row = jsonRowsOf([[level, members.length, JSON.stringify(members)]])
  const isNew = sql`exists (select 1 from trace_packs k where k.id = ${pack} and k.words = 0)`
  return {
    wordPack: sql`insert into trace_word_packs (pack, experiment, level, traces_count, members)
      select ${pack}, t.experiment, j.value ->> 0, j.value ->> 1, j.value ->> 2
      from json_each(${row}) j cross join traces t on t.pack = ${pack}
      where ${isNew} limit 1`,
    wordLists: jsonChunksOf(rows.map(([place, lists]) => [place, lists])).map(
      (chunk) => sql`insert into trace_word_lists (id, lists)
        select w.pack * 4096 + (j.value ->> 0), j.value ->> 1 from json_each(${chunk}) j
        cross join trace_word_packs w on w.pack = ${pack} where ${isNew}`,
    ),
    wordsKnown: sql`update trace_packs set words = 1 where id = ${pack} and words = 0
      and exists (select 1 from trace_word_packs w where w.pack = trace_packs.id)`,
  }
}
