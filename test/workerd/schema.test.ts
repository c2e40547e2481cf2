import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import { expect, inject, test } from 'vitest'
import { schemaOf } from '../../drizzle/schema-of.ts'
import worker from '../../src/worker.ts'
import { migratedDatabase, resetDatabase } from '../support/platform/workerd.ts'

const times = /'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d'|\b\d{13}\b/g
const masked = (statements: readonly string[]) =>
  statements.map((statement) => statement.replace(times, "'TIME'"))

test('the database that tests start from is what the migrations make', async () => {
  expect(masked(await schemaOf(await migratedDatabase()))).toEqual(masked(inject('schema')))
})

test('a new Worker migrates its empty database, also where several requests come at once', async () => {
  const db = await resetDatabase()
  const bindings = { ...env, GATEHOUSE_AUTH: '0' }
  const ready = () =>
    worker.fetch(new Request('http://localhost/ready'), bindings, createExecutionContext())
  const answers = await Promise.all([ready(), ready(), ready()])
  expect(await Promise.all(answers.map((answer) => answer.json()))).toEqual(
    answers.map(() => ({ status: 'ready' })),
  )
  // Made at once, not migration by migration.
  expect(masked(await schemaOf(db)).sort()).toEqual(masked(inject('schema')).sort())
})

test('a database of a newer release is left as it is, and said', async () => {
  const db = await migratedDatabase()
  await db.all(sql`insert into d1_migrations (name) values ('9999_later.sql')`)
  const answer = await worker.fetch(
    new Request('http://localhost/ready'),
    { ...env, GATEHOUSE_AUTH: '0' },
    createExecutionContext(),
  )
  expect(answer.status).toBe(503)
  expect(await answer.text()).toContain('9999_later.sql')
})
