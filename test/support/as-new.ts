import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../src/db/database.ts'

/** Of the schema its size, and of each table the rows, or only whether it has some. */
type State = Readonly<Record<string, string | number | null>>

const schemaState = `(select count(*) || ':' || group_concat(length(sql)) from (select sql from sqlite_schema
  where name not like '\\_cf\\_%' escape '\\' order by type, name)) as sqlite_schema`
const sequenceState = `(select json_group_array(json_array(name, seq)) from
  (select name, seq from sqlite_sequence order by name)) as sqlite_sequence`

/**
 * Makes databases of `schema`, and makes them as new again after a test, which takes a tenth of the
 * time: tables that differ from those of a new database are emptied and get their first rows.
 *
 * @param schema the statements of `schemaOf`
 */
export function databaseMaker(schema: readonly string[]) {
  const tables = schema.flatMap((text) => /^create table [`"]?(\w+)/i.exec(text)?.[1] ?? [])
  const rows = Map.groupBy(...byTable(schema, /^insert into "(\w+)"/))
  const triggers = Map.groupBy(...byTable(schema, /^create trigger [\s\S]+? on [`"]?(\w+)/i))
  const states = tables.map((table) => stateOf(table, rows.get(table)))
  const all = [schemaState, sequenceState, ...states]
  const half = Math.ceil(all.length / 2)
  // D1 has no rows of more than 100 columns.
  const looks = {
    look: sql.raw(`select ${all.slice(0, half)}`) as SQL<State>,
    more: sql.raw(`select ${all.slice(half)}`) as SQL<State>,
  }
  let fresh: State | undefined

  /** Children first. Triggers are away meanwhile, since some refuse it and others count what goes. */
  function emptying(touched: readonly string[]): string[] {
    const away = touched.flatMap((table) => triggers.get(table) ?? [])
    return [
      'pragma defer_foreign_keys = on',
      ...away.map((text) => `drop trigger ${/^create trigger (\S+)/i.exec(text)?.[1]}`),
      ...touched.map((table) => `delete from "${table}"`),
      ...touched.flatMap((table) => rows.get(table) ?? []),
      'delete from sqlite_sequence',
      `insert into sqlite_sequence (name, seq)
        select value ->> 0, value ->> 1 from json_each('${fresh?.sqlite_sequence}')`,
      ...away,
    ]
  }

  return {
    /** Make an empty database a new one. */
    async make(db: Database): Promise<void> {
      await db.batch({ schema: schema.map((text) => sql.raw(text)) })
      fresh ??= stateFrom(await db.batch(looks))
    },

    /** @returns whether `db` is as new: not when its schema is another, and then nothing was done */
    async makeAsNew(db: Database): Promise<boolean> {
      const state = await db.batch(looks).then(stateFrom, undefinedWithoutTable)
      if (!state || !fresh || state.sqlite_schema !== fresh.sqlite_schema) return false
      const touched = tables.filter((table) => state[table] !== fresh?.[table]).reverse()
      if (touched.length === 0 && state.sqlite_sequence === fresh.sqlite_sequence) return true
      const statements = emptying(touched).map((text) => sql.raw(text))
      const now = stateFrom(await db.batch({ statements, ...looks }))
      const others = Object.keys(fresh).filter((name) => now[name] !== fresh?.[name])
      if (others.length > 0) throw new Error(`not as in a new database: ${others.join(', ')}`)
      return true
    },
  }
}

/** A test may have dropped a table, and before the first test there is none. */
function undefinedWithoutTable(err: unknown): undefined {
  if (!/no such table/.test(String(err))) throw err
}

/** The statements that `pattern` matches, and the table that it finds in one: what `groupBy` takes. */
function byTable(schema: readonly string[], pattern: RegExp) {
  const tableOf = (text: string) => pattern.exec(text)?.[1]
  return [schema.filter((text) => pattern.test(text)), tableOf] as const
}

/** @param inserts the statements that give a new database its rows in `table` */
function stateOf(table: string, inserts: readonly string[] | undefined): string {
  const columns = inserts?.[0] && /\((.+?)\) values/.exec(inserts[0])?.[1]
  const state = columns
    ? `select json_group_array(json_array(${columns})) from "${table}"`
    : `select exists (select 1 from "${table}")`
  return `(${state}) as "${table}"`
}

function stateFrom({ look, more }: { look: readonly State[]; more: readonly State[] }): State {
  return { ...look[0], ...more[0] }
}
