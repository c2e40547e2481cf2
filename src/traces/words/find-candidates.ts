import { sql } from 'drizzle-orm'
import { longReadsOf } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { keepListed, listAt, placeOfCell } from './cell-lists.ts'
import { cellBits, cellsOfPieces } from './grams.ts'

/** What tells whether a trace need be read. */
export type CandidateRow = {
  readonly id: number
  readonly pack: number | null
  readonly payload_rows: number
}

/**
 * Traces that may have some pieces of text: all of those that have them, and few others. Either their
 * `traces.id`, or a test where they are many.
 */
export type Candidates =
  | { readonly ids: readonly number[]; readonly isCandidate?: undefined }
  | { readonly ids?: undefined; readonly isCandidate: (row: CandidateRow) => boolean }

/** More ids than that are not given to a statement. */
const idsMax = 5000
/** Cells that are looked up at once, and in how many rounds; none is needed once so few are left. */
const cellsPerRound = 6
const roundsMax = 6
const fewEnough = 20
/** A round that leaves more than that share of the traces is the last but one. */
const usefulShare = 0.8

type PackRow = { readonly pack: number; readonly level: number; readonly count: number }
type IdRow = { readonly id: number }
type ListsRow = { readonly pack: number; readonly cell: number; readonly lists: string }

/** The traces of a pack by their place: 1, where one may have the pieces. */
type Alive = { readonly level: number; readonly traces: Uint8Array }

/**
 * What must be read to find texts with all of some pieces, whatever the case of their letters; undefined: all.
 *
 * @param experiments ids
 */
export async function findCandidates(
  ctx: Context,
  experiments: readonly number[],
  pieces: readonly string[],
): Promise<Candidates | undefined> {
  const cells = cellsOfPieces(pieces).slice(0, cellsPerRound * roundsMax)
  if (cells.length === 0) return undefined
  // First what has no words, since a trace may be folded meanwhile.
  const { packs, unfolded, unread } = await longReadsOf(ctx.db).batch({
    unfolded: unfoldedRead(),
    unread: unreadRead(experiments),
    packs: packsRead(experiments),
  })
  if (packs.length === 0) return undefined
  const alive = new Map(
    packs.map(({ pack, level, count }): [number, Alive] => [
      pack,
      { level, traces: new Uint8Array(count).fill(1) },
    ]),
  )
  const all = countAlive(alive)
  await strikeOut(ctx, alive, cells)
  const left = countAlive(alive)
  if (left > all * usefulShare) return undefined
  const members = await readMembers(ctx, experiments, alive)
  const known = new Set(packs.map(({ pack }) => pack))
  // Traces of packs that are gone by now may be in others.
  if (packs.some(({ pack }) => !members.packs.has(pack))) return undefined
  const isMany = unfolded.length > idsMax || unread.length > idsMax
  if (!isMany && left <= idsMax) {
    const others = [...unfolded, ...unread].map(({ id }) => id)
    const found = [...members.ids.values()].flatMap((ids) => [...ids])
    return { ids: [...new Set([...found, ...others])] }
  }
  return {
    isCandidate: ({ id, pack, payload_rows }) =>
      payload_rows > 0 ||
      pack === null ||
      !known.has(pack) ||
      members.ids.get(pack)?.has(id) === true,
  }
}

function packsRead(experiments: readonly number[]) {
  return sql<PackRow>`select w.pack, w.level, w.traces_count as count
    from json_each(${JSON.stringify(experiments)}) e
    cross join trace_word_packs w on w.experiment = e.value`
}

/** Traces with spans that are in no pack, one step a trace. */
function unfoldedRead() {
  return sql<IdRow>`with recursive unfolded (id, n) as (
    select (select min(p.id) / 65536 from trace_payloads p), 1
    union all
    select (select min(p.id) / 65536 from trace_payloads p where p.id >= (u.id + 1) * 65536), n + 1
    from unfolded u where u.id is not null and n <= ${idsMax})
    select id from unfolded where id is not null`
}

/** Traces in packs whose words are not known. */
function unreadRead(experiments: readonly number[]) {
  return sql<IdRow>`select t.id from trace_packs k cross join traces t on t.pack = k.id
    where k.words <> 1 and t.experiment in (select value from json_each(${JSON.stringify(experiments)}))
    limit ${idsMax + 1}`
}

/** Leave alive those that have all cells, as far as it is worth while to look. */
async function strikeOut(
  ctx: Context,
  alive: Map<number, Alive>,
  cells: readonly number[],
): Promise<void> {
  let before = countAlive(alive)
  for (let at = 0; at < cells.length; at += cellsPerRound) {
    await strikeRound(ctx, alive, cells.slice(at, at + cellsPerRound))
    const left = countAlive(alive)
    if (left <= fewEnough || (at > 0 && left > before * usefulShare)) return
    before = left
  }
}

async function strikeRound(
  ctx: Context,
  alive: Map<number, Alive>,
  cells: readonly number[],
): Promise<void> {
  const lists = await readLists(ctx, [...alive.keys()], cells)
  for (const [pack, { level, traces }] of alive) {
    for (const cell of cells) {
      const row = lists.get(pack)?.get(cell) ?? ''
      keepListed(traces, listAt(row, placeOfCell(cell, level).place))
    }
    if (!traces.includes(1)) alive.delete(pack)
  }
}

function countAlive(alive: ReadonlyMap<number, Alive>): number {
  let count = 0
  for (const { traces } of alive.values()) for (const bit of traces) count += bit
  return count
}

/** The rows of some packs that have some cells, by pack and cell. */
async function readLists(ctx: Context, packs: readonly number[], cells: readonly number[]) {
  const rows = await longReadsOf(ctx.db).all(sql<ListsRow>`
    select w.pack, c.value as cell, l.lists from json_each(${JSON.stringify(packs)}) p
    cross join trace_word_packs w on w.pack = p.value
    cross join json_each(${JSON.stringify(cells)}) c
    cross join trace_word_lists l on l.id = w.pack * 4096 + (c.value >> (${cellBits} - w.level))`)
  const lists = new Map<number, Map<number, string>>()
  for (const { pack, cell, lists: row } of rows) {
    const of = lists.get(pack) ?? new Map<number, string>()
    lists.set(pack, of)
    of.set(cell, row)
  }
  return lists
}

/** The packs that are there now, and of those that are alive their traces that are. */
async function readMembers(
  ctx: Context,
  experiments: readonly number[],
  alive: ReadonlyMap<number, Alive>,
) {
  const { packs, members } = await longReadsOf(ctx.db).batch({
    members: sql<{ pack: number; members: string }>`select w.pack, w.members
      from json_each(${JSON.stringify([...alive.keys()])}) p
      cross join trace_word_packs w on w.pack = p.value`,
    packs: packsRead(experiments),
  })
  const ids = new Map<number, ReadonlySet<number>>()
  for (const row of members) {
    const traces = alive.get(row.pack)?.traces
    // As wordStatements wrote it.
    const all = JSON.parse(row.members) as readonly number[]
    ids.set(row.pack, new Set(all.filter((_, i) => traces?.[i] === 1)))
  }
  return { packs: new Set(packs.map(({ pack }) => pack)), ids }
}
