import { expect, inject, test } from 'vitest'
import { migratedDatabase } from '../support/platform/workerd.ts'
import { schemaOf } from '../support/schema-of.ts'

test('the database that tests start from is what the migrations make', async () => {
  const times = /'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d'|\b\d{13}\b/g
  const masked = (statements: readonly string[]) =>
    statements.map((statement) => statement.replace(times, "'TIME'"))
  expect(masked(await schemaOf(await migratedDatabase()))).toEqual(masked(inject('schema')))
})
