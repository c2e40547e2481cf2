import { type SQL, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import { runList, withBatches } from '../../src/db/batch.ts'
import { compile } from '../../src/db/compile.ts'
import type { Database } from '../../src/db/database.ts'
import { askedWorld } from '../ui/world.ts'

/** A database that keeps each statement on the audit log, once. */
function listening(db: Database) {
  const heard = new Map<string, SQL>()
  const hear = (query: SQL) => {
    const { text } = compile(query)
    if (text.includes('audit_entries')) heard.set(text, query)
  }
  const database: Database = {
    ...withBatches(db, (list) => {
      list.forEach(hear)
      return runList(db, list)
    }),
    all: (query) => {
      hear(query)
      return db.all(query)
    },
    first: (query) => {
      hear(query)
      return db.first(query)
    },
  }
  return { database, heard }
}

test('what is asked of one model does not read what others did', async () => {
  const { db } = await freshPlatform()
  const { database, heard } = listening(db)
  const { call, mlflow, ann, rita, name, id } = await askedWorld({ db: database })
  const api = `/api/v1/models/${name}`
  await call(rita, 'POST', `/api/v1/promotions/${id}/reviews`, { decision: 'approve' })
  for (const version of ['1', '2'])
    await mlflow(ann, 'POST', 'registered-models/alias', { name, alias: 'champion', version })
  await mlflow(ann, 'DELETE', 'registered-models/alias', { name, alias: 'champion' })
  await mlflow(ann, 'DELETE', 'model-versions/delete', { name, version: '2' })
  for (const path of ['/stages/Production', '/aliases/champion'])
    for (const at of ['', `?at=${Date.now()}`]) await call(ann, 'GET', `${api}${path}${at}`)
  await call(ann, 'POST', `${api}/rollback`, { stage: 'Production', reason: 'it is slow' })

  const plans = await Promise.all(
    [...heard.values()].map(async (query) => {
      const plan = await db.all(sql<{ detail: string }>`explain query plan ${query}`)
      return { text: compile(query).text, plan: plan.map(({ detail }) => detail).join('\n') }
    }),
  )
  expect(
    plans.filter(({ plan }) => plan.includes('audit_entries_by_model')).length,
  ).toBeGreaterThan(9)
  expect(plans.filter(({ plan }) => plan.includes('audit_entries_by_action'))).toEqual([])
})
