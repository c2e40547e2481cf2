import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { accountKey } from '../../src/access/accounts/names.ts'
import { migrate } from '../../src/db/migrate.ts'
import { migrations } from '../../src/db/migrations.ts'
import { LibsqlFile } from '../../src/platform/node/libsql/libsql-file.ts'

const refold = '0010_service_name_keys.sql'

test('services that issuers brought get the key of those made here, and a pair of look-alikes stays', async () => {
  const db = new LibsqlFile(':memory:')
  await migrate(
    db,
    migrations.filter(({ name }) => name < refold),
  )
  const accounts = [
    { kind: 'user', name: 'ada', key: 'ada' },
    { kind: 'service', name: 'service:trainer', key: 'service:tralner' },
    { kind: 'service', name: 'service:github:acme/iris', key: 'servlce:glthub:acme/lrls' },
    { kind: 'service', name: 'service:ci', key: 'service:cl' },
    { kind: 'service', name: 'service:c1', key: 'servlce:cl' },
  ]
  await db.batch({
    accounts: accounts.map(
      ({ kind, name, key }) => sql`
        insert into accounts (kind, name, name_key, is_admin, created_at_ms)
        values (${kind}, ${name}, ${key}, 0, 0)`,
    ),
  })
  await migrate(db, migrations)
  const kept = await db.all(
    sql<{ name: string; name_key: string }>`select name, name_key from accounts order by id`,
  )
  expect(kept.filter(({ name }) => name !== 'service:c1')).toEqual(
    accounts
      .filter(({ name }) => name !== 'service:c1')
      .map(({ name }) => ({ name, name_key: accountKey(name) })),
  )
  expect(kept.find(({ name }) => name === 'service:c1')?.name_key).toBe('servlce:cl')
})
