import { copyFile, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@libsql/client'
import { sql } from 'drizzle-orm'
import { afterAll, expect, test } from 'vitest'
import { migrate } from '../../../src/db/migrate.ts'
import { migrations } from '../../../src/db/migrations.ts'
import { LibsqlFile } from '../../../src/platform/node/libsql/libsql-file.ts'
import { LibsqlRemote } from '../../../src/platform/node/libsql/libsql-remote.ts'
import { databaseSuite } from '../../db/database-suite.ts'
import { startSqld } from './sqld.ts'

const folder = await mkdtemp(join(tmpdir(), 'gatehouse-libsql-'))
const sqld = await startSqld(join(folder, 'sqld'))
afterAll(() => sqld.server?.stop())

databaseSuite('libSQL file', async () => new LibsqlFile(join(folder, 'suite.db')))

if (sqld.server) {
  const { url } = sqld.server
  databaseSuite('libSQL server (sqld)', async () => new LibsqlRemote(url, undefined))

  test('our migrations run on a libSQL server, and a second start finds nothing to do', async () => {
    const db = new LibsqlRemote(url, undefined)
    expect(await migrate(db, migrations)).toEqual(migrations.map(({ name }) => name))
    expect(await migrate(db, migrations)).toEqual([])
    expect(await db.first(sql`select name from experiments where id = 0`)).toEqual({
      name: 'Default',
    })
    db.close()
  })

  test('reads of a libSQL server that go together wait for nobody who writes', async () => {
    const db = new LibsqlRemote(url, undefined)
    await db.all(sql`create table waited (n integer)`)
    const writer = createClient({ url })
    const writing = await writer.transaction('write')
    await writing.execute('insert into waited values (1)')
    const count = sql`select count(*) as n from waited`
    const within = sql`with all_of as (select n from waited) select count(*) as n from all_of`
    expect(await db.batch({ count, within })).toEqual({ count: [{ n: 0 }], within: [{ n: 0 }] })
    // The server ends what has kept others waiting for five seconds.
    await writing.commit()
    expect(await db.all(count)).toEqual([{ n: 1 }])
    writer.close()
    db.close()
  })
} else {
  test.skip(`libSQL server (sqld): ${sqld.reason}`, () => undefined)
}

test('what a closed database holds lies in its one file', async () => {
  const path = join(folder, 'closed.db')
  const db = new LibsqlFile(path)
  await db.batch({ statements: [sql`create table t (x)`, sql`insert into t values (1)`] })
  db.close()
  await copyFile(path, `${path}.copy`)
  const copy = new LibsqlFile(`${path}.copy`)
  expect(await copy.all(sql`select x from t`)).toEqual([{ x: 1 }])
  copy.close()
})
