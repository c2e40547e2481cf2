import { type SQL, sql } from 'drizzle-orm'
import { cutText } from '../../core/error.ts'
import type { Database } from '../../db/database.ts'
import type { JsonCell } from '../../db/sql.ts'
import type { Dataset } from '../run.ts'

/** Schemas and profiles that are longer lie in parts (`dataset_texts`). */
const rowCharsMax = 100_000
/** D1 takes rows of 2 MB; a character may take three bytes. */
const partCharsMax = 600_000

/** The fields of a dataset that may lie in parts, in the order of their parts. */
const longFields = ['schema', 'profile'] as const
type LongField = (typeof longFields)[number]

/** The columns of `datasetCells`. */
export const datasetColumns = sql`name, digest, source_type, source, schema, profile, long_chars`

/** The row of a dataset, without what `longTextInserts` writes. */
export function datasetCells(dataset: Dataset): JsonCell[] {
  const long = longTextsOf(dataset).reduce((chars, { text }) => chars + text.length, 0)
  return [
    ...[dataset.name, dataset.digest, dataset.sourceType, dataset.source],
    ...longFields.map((field) => (isLong(dataset[field]) ? null : dataset[field] || null)),
    long || null,
  ]
}

/**
 * The statements that write the long texts of datasets, behind those that write their rows. A dataset
 * that was there keeps what it has: it has its first part, which is written last, or no parts at all.
 *
 * @param ofRun a condition on `runs`, whose experiment the datasets are in
 */
export function longTextInserts(datasets: readonly Dataset[], ofRun: SQL): SQL[] {
  return datasets.flatMap((dataset) =>
    partsOf(dataset).map(
      ({ part, field, text }) => sql`insert into dataset_texts (dataset, part, field, text)
        select d.id, ${part}, ${field}, ${text} from runs join datasets d
          on d.experiment = runs.experiment and d.name = ${dataset.name} and d.digest = ${dataset.digest}
        where ${ofRun} and d.long_chars is not null
          and not exists (select 1 from dataset_texts t where t.dataset = d.id and t.part = 0)`,
    ),
  )
}

type Part = { readonly part: number; readonly field: LongField; readonly text: string }

/** The parts of the long texts of a dataset, numbered from 0, the last one first. */
function partsOf(dataset: Dataset): Part[] {
  return longTextsOf(dataset)
    .flatMap(({ field, text }) => piecesOf(text).map((piece) => ({ field, text: piece })))
    .map((piece, part) => ({ ...piece, part }))
    .toReversed()
}

function longTextsOf(dataset: Dataset): { field: LongField; text: string }[] {
  return longFields.flatMap((field) => {
    const text = dataset[field]
    return isLong(text) ? [{ field, text }] : []
  })
}

function isLong(text: string | undefined): text is string {
  return text !== undefined && text.length > rowCharsMax
}

function piecesOf(text: string): string[] {
  const pieces: string[] = []
  for (let rest = text; rest !== ''; rest = rest.slice(pieces.at(-1)?.length)) {
    pieces.push(cutText(rest, partCharsMax))
  }
  return pieces
}

type TextRow = { dataset: number; field: LongField; text: string }

/** The long texts of these datasets (`datasets.id`), in one statement, each whole. */
export async function readLongTexts(
  db: Database,
  ids: readonly number[],
): Promise<Map<number, Pick<Dataset, LongField>>> {
  const rows = await db.all(sql<TextRow>`select dataset, field, text from dataset_texts
    where dataset in (select value from json_each(${JSON.stringify(ids)})) order by dataset, part`)
  const byDataset = Map.groupBy(rows, ({ dataset }) => dataset)
  return new Map([...byDataset].map(([id, parts]) => [id, joined(parts)]))
}

function joined(parts: readonly TextRow[]): Pick<Dataset, LongField> {
  const [schema, profile] = longFields.map((field) => {
    const texts = parts.filter((part) => part.field === field).map(({ text }) => text)
    return texts.length > 0 ? texts.join('') : undefined
  })
  return { schema, profile }
}
