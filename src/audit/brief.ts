import { type SQL, sql } from 'drizzle-orm'
import { compile } from '../db/compile.ts'
import { type Batch, ConstraintError, type Database } from '../db/database.ts'
import type { Platform } from '../platform/context.ts'
import { hashText } from '../platform/hash.ts'

/**
 * What stands in an entry for a long text, or for a long list or object, whose JSON is the text: its
 * beginning, its length in characters, and the SHA-256 of its UTF-8, which is absent in rare cases.
 */
export type Brief = { readonly begins: string; readonly length: number; readonly sha256?: string }

/** Longer texts, and JSON of lists and objects, are brief in an entry. A trigger has the same numbers. */
const textCharsMax = 4000
const partCharsMax = 8000
const beginsChars = 200

/** Lists of versions and aliases tell later where a version was, so they are always whole. */
const alwaysWhole = ['archived', 'versions', 'aliases', 'holders']

/** Digests go to the database with their texts, up to so many characters. */
const digestedCharsMax = 1_000_000

export function isBrief(value: unknown): value is Brief {
  if (typeof value !== 'object' || value === null) return false
  const { begins, length } = value as Partial<Record<keyof Brief, unknown>>
  return typeof begins === 'string' && typeof length === 'number'
}

/** Whether a write failed because an entry had a long text that is not brief. */
export function isTooLong(err: unknown): boolean {
  return err instanceof ConstraintError && err.subject.includes('audit entry has a long text')
}

/** Long texts with their digests, as `briefSql` takes them. */
export type Digests = { readonly json: string; readonly of: ReadonlyMap<string, string> }

/** The old and new values of an entry, and the tables that they are expressions over. */
type Values = { readonly before?: SQL | undefined; readonly after?: SQL | undefined; from: SQL }

/**
 * The digests of all long texts that a batch may write to entries: new ones are bound by its
 * statements, old ones are in the database.
 */
export async function readDigests(
  on: Pick<Platform, 'db' | 'sha256'>,
  statements: Batch,
  entries: readonly Values[],
): Promise<Digests> {
  const texts = new Set<string>()
  for (const statement of Object.values(statements).flat()) {
    if (statement) for (const text of boundTexts(statement)) texts.add(text)
  }
  for (const text of await oldTexts(on.db, entries)) texts.add(text)
  const of = new Map<string, string>()
  let chars = 0
  for (const text of texts) {
    chars += text.length
    if (chars > digestedCharsMax) break
    of.set(text, await hashText(on, text))
  }
  return { json: JSON.stringify([...of]), of }
}

/** Long texts that a statement binds, and what SQLite makes of those that are JSON; none that has no digest. */
function boundTexts(statement: SQL): string[] {
  return compile(statement).params.flatMap((param) =>
    typeof param === 'string' && param.length > textCharsMax && param.length <= digestedCharsMax
      ? [param, ...asJson(param)]
      : [],
  )
}

function asJson(text: string): string[] {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return []
    return [
      JSON.stringify(value),
      ...(isPairs(value) ? [JSON.stringify(Object.fromEntries(value))] : []),
    ]
  } catch {
    // Most texts are no JSON.
    return []
  }
}

/** Rows of key and value, as tags are written. */
function isPairs(value: object): value is [string, unknown][] {
  return Array.isArray(value) && value.every((row) => Array.isArray(row) && row.length === 2)
}

async function oldTexts(db: Database, entries: readonly Values[]): Promise<string[]> {
  const selects = entries.flatMap(({ before, after, from }) =>
    [before, after].flatMap((values) =>
      values
        ? [
            sql<{ value: string }>`select f.value from (select ${values} as x from ${from}) e,
              json_each(e.x) f where ${isLongSql}`,
          ]
        : [],
    ),
  )
  return (await db.batch({ selects })).selects.flat().map(({ value }) => value)
}

/** A field `f` of a json_each that is to be brief. */
const isLongSql: SQL = sql.raw(`(f.type = 'text' and length(f.value) > ${textCharsMax}
  or f.type in ('object', 'array') and length(f.value) > ${partCharsMax}
    and f.key not in (${alwaysWhole.map((key) => `'${key}'`).join(', ')}))`)

/** The JSON object `values` with what is long in it made brief. */
export function briefSql(values: SQL, { json }: Digests): SQL {
  const digest = sql`(select d.value ->> 1 from json_each(${json}) d where d.value ->> 0 = f.value)`
  const brief = sql`json_patch(json_object('begins', substr(f.value, 1, ${beginsChars}),
    'length', length(f.value)), json_object('sha256', ${digest}))`
  // A patch would merge into an object, so what becomes brief is taken out first.
  return sql`(select json_patch(
      json_patch(e.x, (select json_group_object(f.key, null) from json_each(e.x) f where ${isLongSql})),
      (select json_group_object(f.key, json(${brief})) from json_each(e.x) f where ${isLongSql}))
    from (select ${values} as x) e)`
}

/** A reason, which is a text and stays one. */
export function briefReason(reason: string, { of }: Digests): string {
  if (reason.length <= textCharsMax) return reason
  const begins = [...reason.slice(0, 2 * beginsChars)].slice(0, beginsChars).join('')
  return `${begins}... (${[...reason].length} characters, SHA-256 ${of.get(reason) ?? 'not known'})`
}
