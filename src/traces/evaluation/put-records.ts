import { type SQL, sql } from 'drizzle-orm'
import { invalid } from '../../core/error.ts'
import { type ExactJson, exactJsonOf } from '../../core/exact-json.ts'
import { letOthersRun } from '../../core/rounds.ts'
import { ConstraintError } from '../../db/database.ts'
import { jsonChunksOf } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import { hashText } from '../../platform/hash.ts'
import { newDigest, userTag } from './change-datasets.ts'
import { datasetNamed, datasetNotFound } from './dataset.ts'
import { type JsonFields, type NewRecord, schemaOf } from './record.ts'

const recordsMax = 20_000
const recordCharsMax = 500_000
const recordsPerTurn = 200

/**
 * Keep examples. One of the same inputs is the same one: expectations and tags are added to it by their
 * keys, outputs are replaced.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such dataset
 * @throws INVALID_PARAMETER_VALUE too many, or one is too long
 */
export async function putRecords(
  ctx: Context,
  datasetId: string,
  records: readonly NewRecord[],
): Promise<{ readonly inserted: number; readonly updated: number }> {
  if (records.length > recordsMax) {
    throw invalid(`One request may have ${recordsMax} records, and this one has ${records.length}`)
  }
  const rows = await rowsOf(ctx, records)
  const dataset = datasetNamed(ctx, datasetId)
  const users = records.flatMap(({ tags }) => textIn(tags, userTag) ?? [])
  const write = ctx.db.batch({
    dataset,
    before: countRead(dataset),
    records: jsonChunksOf(rows).map((chunk) => upsertStatement(ctx, dataset, chunk)),
    changed:
      records.length === 0
        ? undefined
        : sql`update eval_datasets set updated_at_ms = ${ctx.now()}, digest = ${newDigest(ctx)},
            last_updated_by = coalesce(${users.at(-1) ?? null}, last_updated_by),
            records = (select count(*) from eval_dataset_records r where r.dataset = eval_datasets.id),
            schema = json_patch(${schemaOf(records)}, ${knownSchema})
          where id = (${dataset})`,
    after: countRead(dataset),
  })
  const done = await write.catch((err: unknown) => {
    const isTooMuch = err instanceof ConstraintError && err.kind === 'check'
    throw isTooMuch ? tooLong(err) : err
  })
  if (done.dataset.length === 0) throw datasetNotFound(datasetId)
  const inserted = (done.after[0]?.count ?? 0) - (done.before[0]?.count ?? 0)
  return { inserted, updated: records.length - inserted }
}

function countRead(dataset: SQL) {
  return sql<{ count: number }>`select count(*) as count from eval_dataset_records
    where dataset = (${dataset})`
}

async function rowsOf(ctx: Context, records: readonly NewRecord[]) {
  const rows = []
  for (const [i, record] of records.entries()) {
    const { inputs, outputs, expectations, tags, source } = record
    const row = [
      ...[`dr-${ctx.randomId()}`, await hashText(ctx, exactJsonOf(sorted(inputs)))],
      ...[textIn(tags, userTag) ?? null, source?.type ?? null],
      ...[
        (source && textIn(source.data, 'trace_id')) ?? null,
        source ? exactJsonOf(source.data) : null,
      ],
      ...[exactJsonOf(tags), exactJsonOf(inputs)],
      ...[outputs === undefined ? null : exactJsonOf(outputs)],
      ...[expectations === undefined ? null : exactJsonOf(expectations)],
    ]
    if (row.reduce((sum, cell) => sum + (cell?.length ?? 0), 0) > recordCharsMax) throw tooLong()
    rows.push(row)
    if ((i + 1) % recordsPerTurn === 0) await letOthersRun()
  }
  return rows
}

function tooLong(cause?: unknown): Error {
  return invalid(
    `A record may have ${recordCharsMax} characters as JSON; store longer texts as artifacts`,
    {
      cause,
    },
  )
}

/** What is known of the fields so far; of outputs that no record had, nothing. */
const knownSchema = sql`coalesce(
  iif(schema -> '$.outputs' = '{}', json_remove(schema, '$.outputs'), schema), '{}')`

function upsertStatement(ctx: Context, dataset: SQL, rows: string): SQL {
  const now = ctx.now()
  return sql`insert into eval_dataset_records (dataset, record_id, inputs_hash, created_by,
      last_updated_by, source_type, source_id, source_data, tags, inputs, outputs, expectations,
      created_at_ms, updated_at_ms)
    select d.id, j.value ->> 0, j.value ->> 1, j.value ->> 2, j.value ->> 2, j.value ->> 3,
      j.value ->> 4, j.value ->> 5, j.value ->> 6, j.value ->> 7, j.value ->> 8, j.value ->> 9,
      ${now}, ${now}
    from (${dataset}) d cross join json_each(${rows}) j where 1
    on conflict (dataset, inputs_hash) do update set
      outputs = coalesce(excluded.outputs, outputs),
      expectations = ${mergedSql(sql`expectations`, sql`excluded.expectations`)},
      tags = ${mergedSql(sql`tags`, sql`excluded.tags`)},
      last_updated_by = coalesce(excluded.last_updated_by, last_updated_by),
      source_type = coalesce(excluded.source_type, source_type),
      source_id = coalesce(excluded.source_id, source_id),
      source_data = coalesce(excluded.source_data, source_data),
      updated_at_ms = excluded.updated_at_ms`
}

/** The fields of two JSON objects, as they are; where both have one, the added one's. */
function mergedSql(before: SQL, added: SQL): SQL {
  return sql`case when ${added} is null then ${before} when ${before} is null then ${added} else (
    select json_group_object(key, json(field)) from (
      select o.key, ${before} -> o.fullkey as field from json_each(${before}) o
      where not exists (select 1 from json_each(${added}) n where n.key = o.key)
      union all select n.key, ${added} -> n.fullkey from json_each(${added}) n)) end`
}

/** With the keys of all objects in order, so that equal inputs are equal texts. */
function sorted(value: ExactJson): ExactJson {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  const fields = Object.entries(value).map(([key, item]): [string, ExactJson] => [
    key,
    sorted(item),
  ])
  return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function textIn(fields: JsonFields, key: string): string | undefined {
  const value = Object.hasOwn(fields, key) ? fields[key] : undefined
  return typeof value === 'string' ? value : undefined
}
