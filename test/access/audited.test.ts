import { sql } from 'drizzle-orm'
import { beforeAll, expect, test } from 'vitest'
import { changesOfAccess } from '../audit/changes.ts'
import { mlflowRows } from './permissions/matrix.ts'
import { makeWorld, type World } from './permissions/world.ts'

let world: World
beforeAll(async () => {
  world = await makeWorld()
}, 120_000)

async function entries(): Promise<number> {
  const row = await world.platform.db.first<{ count: number }>(
    sql`select count(*) as count from audit_entries`,
  )
  return row?.count ?? 0
}

test.each(changesOfAccess)('%s makes exactly one entry', async (name) => {
  const row = mlflowRows[name]
  const ask = await row?.[1](world)
  if (!ask) throw new Error(`no row for ${name}`)
  const before = await entries()
  await world.asAdmin(ask)
  expect((await entries()) - before).toBe(1)
})
