import { codecText } from './format/codecs.ts'
import { ParquetError } from './format/cursor.ts'
import { type Footer, type RangeSource, readFooter } from './format/footer.ts'
import { readEntries } from './format/leaf-entries.ts'
import { type Cell, cellsOf } from './format/record-text.ts'
import { columnsOf, isNumeric, leavesOf, type ParquetColumn, typeText } from './format/schema.ts'

/** As much as is shown: of the columns that are only named, of those with cells, and of rows. */
const [namesMax, columnsMax, leavesMax, rowsMax] = [1000, 100, 500, 200]
const nameCharsMax = 200
/** Columns that are read at once: a distant server is asked for several parts at a time. */
const readersMax = 4

export type ColumnSummary = {
  readonly name: string
  readonly type: string
  readonly isNumber: boolean
  /** How it is compressed, where there are rows. */
  readonly codec: string | undefined
}

/** What comes of a file, piece by piece, so that a reading that is stopped has shown something. */
export type ParquetPiece =
  | {
      readonly kind: 'summary'
      /** The first of them; those before `shownCount` get cells. */
      readonly columns: readonly ColumnSummary[]
      readonly columnCount: number
      readonly shownCount: number
      readonly rowCount: number
      readonly groupCount: number
      readonly createdBy: string
    }
  | { readonly kind: 'cells'; readonly at: number; readonly cells: readonly Cell[] }
  /** Why one column is not shown. */
  | { readonly kind: 'problem'; readonly at: number; readonly why: string }
  /** All that can be has been said; why, where that is nothing. */
  | { readonly kind: 'end'; readonly why?: string }

/** Reads the columns of a file and their first rows, and hands on each piece when it is there. */
export async function readParquet(
  source: RangeSource,
  emit: (piece: ParquetPiece) => void,
): Promise<void> {
  try {
    const footer = await readFooter(source, { rowsMax, leavesMax })
    const columns = columnsOf(footer)
    const shown = columns.filter((column, i) => i < columnsMax && isWithin(column))
    emit(summaryOf(footer, columns, shown.length))
    const left = footer.groups.length > 0 ? shown.entries() : []
    const readers = Array.from({ length: readersMax }, async () => {
      for (const [at, column] of left) emit(await readCells(source, footer, { at, column }))
    })
    await Promise.all(readers)
    emit({ kind: 'end' })
  } catch (err) {
    emit({ kind: 'end', why: whyOf(err) })
  }
}

function isWithin(column: ParquetColumn): boolean {
  return leavesOf(column).every(({ index }) => index < leavesMax)
}

function summaryOf(
  footer: Footer,
  columns: readonly ParquetColumn[],
  shownCount: number,
): ParquetPiece {
  const { rowCount, groupCount, createdBy = '', groups } = footer
  return {
    kind: 'summary',
    columns: columns.slice(0, namesMax).map((column) => {
      const [first] = leavesOf(column)
      const chunk = first && groups[0]?.chunks.get(first.index)
      return {
        name: column.name.slice(0, nameCharsMax),
        type: typeText(column).slice(0, nameCharsMax),
        isNumber: column.leaf !== undefined && isNumeric(column.leaf),
        codec: chunk && codecText(chunk.codec),
      }
    }),
    columnCount: columns.length,
    shownCount,
    rowCount,
    groupCount,
    createdBy: createdBy.slice(0, nameCharsMax),
  }
}

/** One column that cannot be read leaves the others. */
async function readCells(
  source: RangeSource,
  { groups }: Footer,
  { at, column }: { readonly at: number; readonly column: ParquetColumn },
): Promise<ParquetPiece> {
  try {
    const read = []
    for (const leaf of leavesOf(column)) {
      read.push(await readEntries(source, leaf, { groups, rowsMax }))
    }
    return { kind: 'cells', at, cells: cellsOf(column, read) }
  } catch (err) {
    return { kind: 'problem', at, why: whyOf(err) }
  }
}

function whyOf(err: unknown): string {
  if (err instanceof ParquetError) return err.message
  console.error(err)
  return 'it could not be read here'
}
