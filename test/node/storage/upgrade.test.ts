import { execFile } from 'node:child_process'
import { mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type SQL, sql } from 'drizzle-orm'
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core'
import { expect, test } from 'vitest'
import { schemaOf } from '../../../drizzle/schema-of.ts'
import type { Database } from '../../../src/db/database.ts'
import { type Migration, migrate, NewerDatabaseError } from '../../../src/db/migrate.ts'
import { migrations, schema } from '../../../src/db/migrations.ts'
import { LibsqlFile } from '../../../src/platform/node/libsql/libsql-file.ts'

const root = new URL('../../..', import.meta.url).pathname

/** Stands for a release to come, so that upgrading is tested while there is but one migration. */
const later: Migration = {
  name: '9999_later.sql',
  text: `ALTER TABLE runs ADD note text DEFAULT 'none' NOT NULL;--> statement-breakpoint
CREATE TABLE later (id integer PRIMARY KEY);`,
}

/** What was told by files that are still there, and is read of them again. */
const readAgain = new Map([['0069_read_files_again.sql', ['file_scans', 'manifests_to_scan']]])

test('a database filled at each step keeps every row through all later migrations', async () => {
  const db = new LibsqlFile(':memory:')
  const steps = [...migrations, later]
  for (const [i] of steps.entries()) {
    const before = await contents(db)
    await migrate(db, steps.slice(0, i + 1))
    const after = await contents(db)
    for (const [table, rows] of before) {
      if (readAgain.get(steps[i]?.name ?? '')?.includes(table)) continue
      expect(after.get(table), `${table} after ${steps[i]?.name}`).toEqual(
        rows.map((row) => expect.objectContaining(row)),
      )
    }
    await fill(db)
  }
  const counts = [...(await contents(db))].map(([table, rows]) => [table, rows.length > 0])
  expect(counts.filter(([, isFilled]) => !isFilled)).toEqual([])
}, 120_000)

test('files that an earlier release has read are read again by the rules of this one', async () => {
  const db = new LibsqlFile(':memory:')
  const at = migrations.findIndex(({ name }) => readAgain.has(name))
  await migrate(db, migrations.slice(0, at))
  await fill(db)
  await migrate(db, migrations)
  const counts = await db.first(sql`select (select count(*) from file_scans) as scans,
    (select count(*) from manifests) - (select count(*) from manifests_to_scan where scanned_to = '') as missed`)
  expect(counts).toEqual({ scans: 0, missed: 0 })
})

test('metrics that an earlier release logged are noted to be read for their extremes, and no others', async () => {
  const at = migrations.findIndex(({ name }) => name.includes('extremes_of_metrics'))
  const place = (db: Database) => db.all(sql`select id, run, key from metric_extremes`)
  const db = new LibsqlFile(':memory:')
  await migrate(db, migrations.slice(0, at))
  await fill(db)
  const [{ run } = { run: 0 }] = await db.all(sql<{ run: number }>`select run from latest_metrics`)
  await migrate(db, migrations)
  expect(await place(db)).toEqual([{ id: 1, run: run + 1, key: '' }])
  const fresh = new LibsqlFile(':memory:')
  await migrate(fresh, migrations)
  expect(await place(fresh)).toEqual([])
})

test('approvals of earlier releases are kept by place', async () => {
  const db = new LibsqlFile(':memory:')
  const at = migrations.findIndex(({ name }) => name.includes('approval_by_place'))
  await migrate(db, migrations.slice(0, at))
  const person = (name: string) =>
    JSON.stringify({ name, kind: 'user', verified: true, groups: [] })
  const request = (id: number, version: number, terms: Record<string, string | number | null>) => {
    const all = {
      ...{ id, workspace: 'default', registered_model: 1, model_version: version, model: 'm' },
      ...{ version, from_stage: 'None', target_kind: 'stage', target: 'Production' },
      ...{ archive_existing: 0, requested_by: person('ann'), requester: 'ann', break_glass: 0 },
      ...{ requested_at_ms: id * 10, expires_at_ms: 0, decided_at_ms: id * 10 + 5 },
      ...{ decided_by: person('mia'), reason: 'asked', ...terms },
    }
    const names = sql.raw(Object.keys(all).join(', '))
    const values = sql.join(
      Object.values(all).map((value) => sql`${value}`),
      sql`, `,
    )
    return sql`insert into promotions (${names}) values (${values})`
  }
  const judged = JSON.stringify({ policies: [{ name: 'p' }], approvals: { approvedBy: ['rita'] } })
  const version = (id: number) => sql`insert into model_versions (id, registered_model, version,
    stage, source, storage_location, status, created_at_ms, updated_at_ms, approval_status,
    approval_by, approval_at_ms) values (${id}, 1, ${id}, 'None', '', '', 'READY', 0, 0, 'Approved',
    ${person('mia')}, 1)`
  await db.batch({
    model: sql`insert into registered_models (id, workspace, name, created_at_ms, updated_at_ms)
      values (1, 'default', 'm', 0, 0)`,
    versions: [version(1), version(2), version(3)],
    requests: [
      request(1, 1, { status: 'merged', evidence: judged }),
      request(2, 1, { status: 'rejected', target: 'Staging' }),
      request(3, 2, { status: 'merged', evidence: judged, break_glass: 1 }),
      request(4, 2, { status: 'open', target_kind: 'alias', target: 'Mine', decided_by: null }),
      request(5, 3, { status: 'merged', evidence: JSON.stringify({ policies: [] }) }),
    ],
    review: sql`insert into promotion_reviews (promotion, reviewer, principal, decision, comment, at_ms,
      reviewed) values (1, 'rita', ${person('rita')}, 'approve', 'fine', 12, '')`,
  })
  await migrate(db, migrations)
  expect(
    await db.all(sql`select model_version as v, place, status, "by" ->> 'name' as "by", at_ms as at,
      reason, policies from version_approvals order by v, place`),
  ).toEqual(
    [
      ...[{ v: 1, place: 'production', status: 'Approved', by: 'rita', at: 12, reason: 'asked' }],
      ...[{ v: 1, place: 'staging', status: 'Rejected', by: 'mia', at: 25, reason: null }],
      ...[
        {
          v: 2,
          place: 'mine',
          status: 'PendingManualApproval',
          by: 'ann',
          at: 45,
          reason: 'asked',
        },
      ],
      {
        ...{ v: 2, place: 'production', status: 'PendingManualApproval', by: 'mia', at: 35 },
        reason: 'merged by break-glass',
      },
    ].map((row) => ({ ...row, policies: row.place === 'production' ? '["p"]' : '[]' })),
  )
  expect(
    await db.all(sql`select id, approval_status as status, approval_by ->> 'name' as "by"
      from model_versions order by id`),
  ).toEqual([
    { id: 1, status: 'Approved', by: 'rita' },
    { id: 2, status: 'PendingManualApproval', by: 'mia' },
    { id: 3, status: null, by: null },
  ])
})

test('a database of a newer release is refused and left alone', async () => {
  const db = new LibsqlFile(':memory:')
  await migrate(db, [...migrations, later])
  await expect(migrate(db, migrations)).rejects.toBeInstanceOf(NewerDatabaseError)
  expect(await db.all(sql`select id from later`)).toEqual([])
})

test('a migration that fails is undone whole and can be tried again', async () => {
  const db = new LibsqlFile(':memory:')
  await migrate(db, migrations)
  const text = `CREATE TABLE half (id integer);--> statement-breakpoint\nCREATE TABLE half (id integer);`
  await expect(migrate(db, [...migrations, { name: later.name, text }])).rejects.toThrow()
  expect(await migrate(db, [...migrations, later])).toEqual([later.name])
})

test('an empty database that is made at once is what the migrations make', async () => {
  const [whole, stepwise] = [new LibsqlFile(':memory:'), new LibsqlFile(':memory:')]
  expect(await migrate(whole, migrations, schema)).toEqual(migrations.map(({ name }) => name))
  expect(await migrate(whole, migrations, schema)).toEqual([])
  await migrate(stepwise, migrations)
  const times = /'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d'|\b\d{13}\b/g
  const contentOf = async (db: Database) => [
    (await schemaOf(db)).map((one) => one.replace(times, 'TIME')).sort(),
    await db.all(sql`select name, seq from sqlite_sequence where seq > 0 order by name`),
  ]
  expect(await contentOf(whole)).toEqual(await contentOf(stepwise))
})

test('a database with a table of its own is not taken for an empty one', async () => {
  const db = new LibsqlFile(':memory:')
  await db.all(sql`create table runs (id integer)`)
  await expect(migrate(db, migrations, schema)).rejects.toThrow(/runs/)
  // What came before the table that is there already.
  await expect(db.all(sql`select 1 from d1_migrations`)).resolves.toEqual([])
})

test.each([
  ['by each migration', []],
  ['at once', schema],
  ['by releases of both kinds', undefined],
])('sixteen processes that start at once migrate once, %s', async (_, statements) => {
  const path = join(await mkdtemp(join(tmpdir(), 'gatehouse-upgrade-')), 'gatehouse.db')
  const started = Array.from({ length: 16 }, (_, i) =>
    migrate(new LibsqlFile(path), migrations, statements ?? (i % 2 === 0 ? schema : [])),
  )
  const applied = (await Promise.all(started)).flat()
  expect(new Set(applied)).toEqual(new Set(migrations.map(({ name }) => name)))
  const db = new LibsqlFile(path)
  expect(await db.first(sql`select count(*) as n from d1_migrations`)).toEqual({
    n: migrations.length,
  })
})

test('the migrations make the columns and keys that the tables in src/ declare', async () => {
  const db = new LibsqlFile(':memory:')
  await migrate(db, migrations)
  const files = (await readdir(`${root}src`, { recursive: true })).filter((path) =>
    path.endsWith('/tables.ts'),
  )
  const modules: object[] = await Promise.all(files.map((path) => import(`${root}src/${path}`)))
  const declared = modules.flatMap((module) =>
    Object.values(module).filter((value) => value instanceof SQLiteTable),
  )
  expect(declared.length).toBeGreaterThan(10)
  for (const table of declared) {
    const { name, columns } = getTableConfig(table)
    const made = await db.all<{ name: string; type: string; required: number }>(
      sql`select name, lower(type) as type, "notnull" as required
          from pragma_table_xinfo(${name}) order by cid`,
    )
    expect(made, name).toEqual(
      columns.map((column) => ({
        name: column.name,
        type: column.getSQLType(),
        required: column.notNull ? 1 : 0,
      })),
    )
  }
  const names = declared.map((table) => getTableConfig(table).name).sort()
  expect((await tables(db)).filter((name) => name !== 'd1_migrations').sort()).toEqual(names)
})

test('the migrations make the triggers that sessions and quotas rely on', async () => {
  const db = new LibsqlFile(':memory:')
  await migrate(db, migrations)
  const made = await db.all<{ name: string }>(
    sql`select name from sqlite_schema where type = 'trigger'`,
  )
  expect(made.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'sessions_end_with_password',
      'runs_take_trace_links',
      'traces_take_payloads',
      'storage_use_grows',
      'storage_use_shrinks',
    ]),
  )
})

test('the migrations make the triggers that keep everything out of a workspace that is not there', async () => {
  const db = new LibsqlFile(':memory:')
  await migrate(db, migrations)
  const scoped = ['experiments', 'registered_models', 'webhooks', 'policies', 'grants']
  const files = ['artifact_files', 'multipart_uploads', 'eval_datasets']
  const made = await db.all<{ tbl_name: string }>(
    sql`select tbl_name from sqlite_schema where type = 'trigger' and name like '%_are_in_a_workspace'`,
  )
  expect(made.map(({ tbl_name }) => tbl_name).sort()).toEqual([...scoped, ...files].sort())
  const insert = (
    workspace: string,
  ) => sql`insert into experiments (workspace, name, lifecycle_stage,
    created_at_ms, updated_at_ms) values (${workspace}, 'e', 'active', 0, 0)`
  await expect(db.all(insert('gone'))).rejects.toThrow('there is no such workspace')
  await db.all(
    sql`insert into workspaces (name, created_at_ms, deleted_at_ms) values ('gone', 0, 1)`,
  )
  await expect(db.all(insert('gone'))).rejects.toThrow('there is no such workspace')
  await db.all(sql`update workspaces set deleted_at_ms = null where name = 'gone'`)
  await db.all(insert('gone'))
})

test('tables with a key of several columns have no row ids, but for those of wide rows', async () => {
  const db = new LibsqlFile(':memory:')
  await migrate(db, migrations)
  const composite = await db.all<{ name: string; wr: number }>(sql`
    select name, wr from pragma_table_list
    where schema = 'main' and type = 'table'
      and (select count(*) from pragma_table_info(pragma_table_list.name) where pk > 0) > 1`)
  expect(composite.length).toBeGreaterThan(5)
  const withRowIds = composite.filter(({ wr }) => wr === 0).map(({ name }) => name)
  const wide = [
    ...['experiment_tags', 'registered_model_tags', 'model_version_tags', 'model_cards'],
    ...['version_facts', 'version_fact_parts', 'dataset_texts', 'scorer_versions'],
    'release_bundle_parts',
  ]
  expect(withRowIds.filter((name) => !wide.includes(name))).toEqual([])
})

test('wrangler finds nothing to do where we migrated, and we where wrangler did', async () => {
  const state = await mkdtemp(join(tmpdir(), 'gatehouse-wrangler-'))
  const apply = () =>
    wrangler(['d1', 'migrations', 'apply', 'DB', '--local', '--persist-to', state])
  await apply()
  const made = new LibsqlFile(await databaseOf(state))
  const names = await made.all(sql`select name from d1_migrations order by id`)
  made.close()
  expect(names).toEqual(migrations.map(({ name }) => ({ name })))
  expect(await apply()).toContain('No migrations to apply')
  const db = new LibsqlFile(':memory:')
  await migrate(db, migrations)
  expect(await db.all(sql`select name from d1_migrations order by id`)).toEqual(names)
}, 300_000)

/** Where Wrangler keeps its one local database: to ask itself for a row takes it seconds. */
async function databaseOf(state: string): Promise<string> {
  const folder = join(state, 'v3/d1/miniflare-D1DatabaseObject')
  const files = (await readdir(folder)).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name))
  expect(files).toHaveLength(1)
  return join(folder, files[0] ?? '')
}

async function wrangler(args: readonly string[]): Promise<string> {
  const script = `${root}node_modules/wrangler/bin/wrangler.js`
  const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', CI: 'true' }
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...args], {
    cwd: root,
    env,
    // It draws the table of all migrations again after each.
    maxBuffer: 64_000_000,
  })
  return stdout
}

async function tables(db: Database): Promise<string[]> {
  const rows = await db.all<{ name: string }>(
    sql`select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'`,
  )
  return rows.map(({ name }) => name)
}

async function contents(db: Database): Promise<Map<string, object[]>> {
  const found = new Map<string, object[]>()
  for (const table of await tables(db)) {
    if (table === 'd1_migrations') continue
    const columns = await db.all(sql`select 1 from pragma_table_info(${table})`)
    // In an order that no new index changes; new columns are the last ones.
    const order = sql.raw(columns.map((_, i) => i + 1).join(', '))
    found.set(table, await db.all(sql`select * from ${sql.identifier(table)} order by ${order}`))
  }
  return found
}

type Column = { name: string; type: string; required: number; pk: number }

/** Rows that only triggers write. */
const keptByTriggers = ['unranked_runs', 'storage_use', 'manifests_to_scan']

/** One more row in every table, made from its columns; foreign keys are checked at the end. */
async function fill(db: LibsqlFile): Promise<void> {
  const seed = (await db.all(sql`select 1 from d1_migrations`)).length
  const inserts: SQL[] = [sql`pragma defer_foreign_keys = on`]
  for (const table of await tables(db)) {
    if (table === 'd1_migrations' || keptByTriggers.includes(table)) continue
    const columns = await db.all<Column>(
      sql`select name, type, "notnull" as required, pk from pragma_table_info(${table})`,
    )
    const values = columns.map((column) => value(column, seed))
    const names = sql.raw(columns.map(({ name }) => `"${name}"`).join(', '))
    inserts.push(
      sql`insert into ${sql.raw(`"${table}"`)} (${names}) values (${sql.join(values, sql`, `)})`,
    )
  }
  await db.batch({ inserts })
}

/** Equal in every column of a step, so that foreign keys meet; texts that a CHECK lists are fixed, and an index reads actors as JSON. */
function value({ name, type }: Column, seed: number): SQL {
  if (/^lifecycle_stage$/.test(name)) return sql`${'active'}`
  // Triggers refuse rows in a workspace that is not there.
  if (name === 'workspace') return sql`${'default'}`
  // Columns that are named for the thing, and hold what another table has under another name.
  if (name === 'model' && /text/i.test(type)) return sql`${`name ${seed}`}`
  // Checked, or read by generated columns, as JSON.
  if (/^(tags|metadata|scan)$/.test(name)) return sql`${'{}'}`
  if (name === 'key') return sql`${`hint ${seed}`}`
  if (name === 'session') return sql`${`id_hash ${seed}`}`
  if (name === 'actor') return sql`${`{"name":"${seed}"}`}`
  if (/int/i.test(type)) return sql`${1000 + seed}`
  if (/real/i.test(type)) return sql`${seed + 0.5}`
  return sql`${`${name} ${seed}`}`
}
