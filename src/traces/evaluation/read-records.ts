import { sql } from 'drizzle-orm'
import { exactJsonOf } from '../../core/exact-json.ts'
import type { Context } from '../../platform/context.ts'
import { isNumberPlace, type Page, readPageFrom } from '../../search/page.ts'
import { newDigest } from './change-datasets.ts'
import { datasetNamed } from './dataset.ts'
import type { evalDatasetRecords } from './tables.ts'

const pageMax = 1000
/** A page ends early where its records have more. */
const pageBytesMax = 10_000_000

type RecordRow = typeof evalDatasetRecords.$inferSelect

/**
 * Records of a dataset as JSON, oldest first; none of one that is not there. A page may have fewer than
 * asked for.
 *
 * @param wanted.count 0 and above 1,000 count as 1,000
 * @throws INVALID_PARAMETER_VALUE the token is foreign
 */
export async function readRecords(
  ctx: Context,
  datasetId: string,
  wanted: { readonly count: number; readonly token: string | undefined },
): Promise<Page<string>> {
  const count = wanted.count > 0 ? Math.min(wanted.count, pageMax) : pageMax
  const fingerprint = ['evaluation records', ctx.workspace, datasetId]
  return readPageFrom({ fingerprint, token: wanted.token }, isNumberPlace, async (from) => {
    const dataset = datasetNamed(ctx, datasetId)
    const sizes = await ctx.db.all(sql<{ id: number; bytes: number }>`select id,
        octet_length(inputs) + coalesce(octet_length(outputs), 0) + octet_length(tags)
          + coalesce(octet_length(expectations), 0) as bytes
      from eval_dataset_records where dataset = (${dataset}) and id > ${from?.[0] ?? 0}
      order by id limit ${count + 1}`)
    const fitting = sizes.slice(0, Math.min(count, fittingCount(sizes)))
    const ids = JSON.stringify(fitting.map(({ id }) => id))
    const rows = await ctx.db.all(sql<RecordRow>`select * from eval_dataset_records
      where id in (select value from json_each(${ids})) order by id`)
    const last = fitting.at(-1)
    const next = fitting.length < sizes.length && last ? ([last.id] as const) : undefined
    return { items: rows.map((row) => recordText(row, datasetId)), next }
  })
}

/** How many of the first fit on a page; one at least. */
function fittingCount(sizes: readonly { readonly bytes: number }[]): number {
  let bytes = 0
  const over = sizes.findIndex((size) => {
    bytes += size.bytes
    return bytes > pageBytesMax
  })
  return over < 0 ? sizes.length : Math.max(over, 1)
}

/** MLflow's record: a JSON object, whose fields that are not set are absent. */
function recordText(row: RecordRow, datasetId: string): string {
  const source =
    row.source_type === null ? undefined : exactJsonOf({ source_type: row.source_type })
  const fields: [string, string | undefined][] = [
    ['dataset_record_id', JSON.stringify(row.record_id)],
    ['dataset_id', JSON.stringify(datasetId)],
    ['inputs', row.inputs],
    ['outputs', row.outputs ?? '{}'],
    ['expectations', row.expectations ?? undefined],
    ['tags', row.tags],
    ['source', source?.replace(/}$/, `, "source_data": ${row.source_data ?? '{}'}}`)],
    ['source_type', row.source_type === null ? undefined : JSON.stringify(row.source_type)],
    ['source_id', row.source_id === null ? undefined : JSON.stringify(row.source_id)],
    ['created_time', String(row.created_at_ms)],
    ['last_update_time', String(row.updated_at_ms)],
    ['created_by', row.created_by === null ? undefined : JSON.stringify(row.created_by)],
    [
      'last_updated_by',
      row.last_updated_by === null ? undefined : JSON.stringify(row.last_updated_by),
    ],
  ]
  const set = fields.flatMap(([key, text]) => (text === undefined ? [] : `"${key}": ${text}`))
  return `{${set.join(', ')}}`
}

/** Delete records by their ids. @returns how many there were */
export async function deleteRecords(
  ctx: Context,
  datasetId: string,
  recordIds: readonly string[],
): Promise<number> {
  const dataset = datasetNamed(ctx, datasetId)
  const { deleted } = await ctx.db.batch({
    deleted: sql<{ id: number }>`delete from eval_dataset_records where dataset = (${dataset})
      and record_id in (select value from json_each(${JSON.stringify(recordIds)})) returning id`,
    counted: sql`update eval_datasets set digest = ${newDigest(ctx)}, updated_at_ms = ${ctx.now()},
        records = (select count(*) from eval_dataset_records r where r.dataset = eval_datasets.id)
      where id = (${dataset})
        and records <> (select count(*) from eval_dataset_records r where r.dataset = eval_datasets.id)`,
  })
  return deleted.length
}
