import { foreignPageToken } from '../../core/page-token.ts'
import type { LongReads } from '../../db/database.ts'
import {
  endStatement,
  missing,
  missingStatement,
  nan,
  numbers,
  ownClausesOf,
  type Rank,
  type ValueWalk,
  valuedStatement,
  type WalkedRow,
  type WalkedSearch,
} from './walk-statements.ts'

/** So many clauses, twice, stay far below the length of a statement that D1 takes. */
export const walkedClausesMax = 20

/** How many rows of the index are tried for a page: four for each wanted, and then many, where it has many more. */
const windowsOf = (count: number) => [4 * count, Math.max(20_000, 8 * count)] as const

/**
 * The rows of a page by a walk, as the sort of all rows would have them. Of several walks the page is among the rows,
 * which are in no order.
 *
 * @returns undefined: the filter leaves out so many rows that a sort of those it finds is cheaper
 * @throws INVALID_PARAMETER_VALUE the token is foreign
 */
export async function readWalkedRows(
  db: LongReads,
  search: WalkedSearch,
): Promise<readonly WalkedRow[] | undefined> {
  const { count, walks } = search
  const first = firstRankOf(search)
  const wanted = ranksOf(search).filter((rank) => rank >= first)
  // A token that names another rank was not given out for this filter.
  if (wanted[0] !== first) throw foreignPageToken()
  const rows = first === numbers ? await readNumbers(db, search) : []
  const later = wanted.filter((rank) => rank !== numbers)
  if (!rows || rows.length >= count || later.length === 0) return rows
  const { found } = await db.batch({
    found: later.flatMap((rank) =>
      walks.map((walk) =>
        rank === nan ? valuedStatement(search, walk, { rank }) : missingStatement(search, walk),
      ),
    ),
  })
  const all = [...rows, ...found.flat()]
  if (walks.length > 1) return all
  const page = all.slice(0, count)
  // A row that lost its number between the two reads.
  const isRepeated = new Set(page.map(({ id }) => id)).size < page.length
  return isRepeated ? undefined : page
}

/** Those that have a number, of each walk as many as are wanted or all. @returns undefined: too many rows would be tried */
async function readNumbers(
  db: LongReads,
  search: WalkedSearch,
): Promise<readonly WalkedRow[] | undefined> {
  const [few, many] = windowsOf(search.count)
  const tried = await readWindows(db, search, { walks: search.walks, window: few })
  const short = tried.filter((one) => one.isShort)
  if (short.length > 0) {
    // Of several the sort has to read all as well.
    if (search.walks.length === 1 && short.some(({ size }) => size < 2 * many)) return undefined
    const walks = short.map(({ walk }) => walk)
    tried.push(...(await readWindows(db, search, { walks, window: many })))
    if (tried.slice(search.walks.length).some((one) => one.isShort)) return undefined
  }
  const whole = tried.filter((one) => !one.isShort)
  return whole.flatMap(({ rows }) => rows)
}

async function readWindows(
  db: LongReads,
  search: WalkedSearch,
  { walks, window }: { readonly walks: readonly ValueWalk[]; readonly window: number },
) {
  const { rows, ends } = await db.batch({
    rows: walks.map((walk) => valuedStatement(search, walk, { rank: numbers, window })),
    ends: walks.map((walk) => endStatement(search, walk, window)),
  })
  return walks.map((walk, i) => {
    const [found = [], end] = [rows[i], ends[i]?.[0]]
    const isShort = found.length < search.count && end !== undefined
    return { walk, rows: found, isShort, size: end?.size ?? Number.POSITIVE_INFINITY }
  })
}

function firstRankOf({ after, orderBy, rest }: WalkedSearch): Rank {
  if (after === undefined) return numbers
  const [rank, value] = after
  // Each key has two terms: whether it is there, and its value.
  if (after.length < orderBy.length + rest.length + 1) throw foreignPageToken()
  if (rank === numbers || rank === nan) return rank
  if (rank !== missing || value !== 0) throw foreignPageToken()
  return rank
}

/** Where rows can be that the filter finds: no comparison holds of what is missing, and one of NaN. */
function ranksOf({ filter, walks: [walk] }: WalkedSearch): readonly Rank[] {
  if (!walk) return []
  const own = ownClausesOf(filter, walk)
  if (own.some(({ operator }) => operator !== '!=')) return [numbers]
  const valued = walk.isNan ? [numbers, nan] : [numbers]
  return own.length > 0 ? valued : [...valued, missing]
}
