import type { SQL } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import { compile } from '../../src/db/compile.ts'
import { planOf } from '../support/plans.ts'
import { askedDatabase } from '../support/watched-database.ts'
import { askedWorld } from '../ui/world.ts'

test('what is asked of one model does not read what others did', async () => {
  const { db } = await freshPlatform()
  const heard = new Map<string, SQL>()
  const database = askedDatabase(db, (query) => {
    const { text } = compile(query)
    if (text.includes('audit_entries')) heard.set(text, query)
  })
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
    [...heard].map(async ([text, query]) => ({ text, plan: (await planOf(query)).join('\n') })),
  )
  expect(
    plans.filter(({ plan }) => plan.includes('audit_entries_by_model')).length,
  ).toBeGreaterThan(9)
  expect(plans.filter(({ plan }) => plan.includes('audit_entries_by_action'))).toEqual([])
})
