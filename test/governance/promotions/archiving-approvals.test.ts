import type { SQL } from 'drizzle-orm'
import { expect, test } from 'vitest'
import type { Platform } from '../../../src/platform/context.ts'
import { databricksServer } from '../../mlflow/databricks/world.ts'
import { admin } from '../../support/auth-server.ts'

const approve = 'transition-requests/approve'
const second = { name: 'fraud', version: '2', stage: 'Production' }
const archiving = { ...second, archive_existing_versions: true }
const notArchiving = { ...second, archive_existing_versions: false }

/**
 * Version 1 of `fraud` is in Production, and ada asks for version 2, under a policy that has the
 * server make the move when these approve. omar, who is one of them, only reads the model.
 */
async function asked(approvers: readonly string[], archive_existing: boolean) {
  const server = await databricksServer()
  const { root, call, policy } = server
  await root('POST', 'model-versions/create', { name: 'fraud', source: 's3://b/m' })
  await root('POST', 'model-versions/transition-stage', { ...second, version: '1' })
  await policy({ required: approvers.length, from: approvers }, { auto_promote: true })
  const opened = await call(server.authorization.ada, 'POST', '/api/v1/promotions', {
    model: 'fraud',
    version: '2',
    to: { stage: 'Production' },
    archive_existing,
  })
  expect(opened.status, opened.text).toBe(201)
  const stages = () =>
    Promise.all(
      ['1', '2'].map(async (version) => {
        const got = await root('GET', 'model-versions/get', { name: 'fraud', version })
        return got.json.model_version.current_stage
      }),
    )
  const promotion = async () => (await call(admin, 'GET', '/api/v1/promotions/1')).json
  return { ...server, stages, promotion }
}

/** Do something when the request was read so many times more, of which the last reader does not know. */
function afterRequestIsRead<T>(platform: Platform, act: () => Promise<T>, times = 1): Promise<T> {
  const { db } = platform
  return new Promise((done) => {
    let left = times
    const first = async (query: SQL<Record<string, unknown>>) => {
      const row = await db.first(query)
      if (row?.archive_existing !== undefined && --left === 0) done(await act())
      return row
    }
    Object.assign(platform, { db: { all: db.all.bind(db), batch: db.batch.bind(db), first } })
  })
}

test('who may not archive cannot have the server archive by an approval that says so', async () => {
  const { omar, stages, promotion } = await asked(['user:omar'], false)
  const refused = await omar('POST', approve, archiving)
  expect([refused.status, refused.json.error_code]).toEqual([403, 'PERMISSION_DENIED'])
  expect(await stages()).toEqual(['Production', 'None'])
  expect(await promotion()).toMatchObject({
    status: 'open',
    archive_existing: false,
    reviews: [],
    approvals: { given: 0 },
  })
  const done = await omar('POST', approve, notArchiving)
  expect(done.json.activity.activity_type).toBe('APPLIED_TRANSITION')
  expect(await stages()).toEqual(['Production', 'Production'])
})

test('who may move the version, but not into Archived, is refused too', async () => {
  const { rita, call, stages, promotion } = await asked(['user:rita'], false)
  const grant = { principal: 'user:ada', action: 'promote', models: 'fraud', stage: 'Archived' }
  expect((await call(admin, 'POST', '/api/v1/grants', grant)).status).toBe(201)
  const refused = await rita('POST', approve, archiving)
  expect([refused.status, refused.json.message]).toEqual([403, expect.stringContaining('Archived')])
  expect(await promotion()).toMatchObject({ status: 'open', archive_existing: false, reviews: [] })
  expect(await stages()).toEqual(['Production', 'None'])
})

test('an approval that may archive has the server do it', async () => {
  const { rita, stages } = await asked(['user:rita'], false)
  const done = await rita('POST', approve, archiving)
  expect(done.json.activity.activity_type).toBe('APPLIED_TRANSITION')
  expect(await stages()).toEqual(['Archived', 'Production'])
})

test('to repeat that the others make way takes no right: who asked has it', async () => {
  const { omar, stages } = await asked(['user:omar'], true)
  const done = await omar('POST', approve, archiving)
  expect(done.json.activity.activity_type).toBe('APPLIED_TRANSITION')
  expect(await stages()).toEqual(['Archived', 'Production'])
})

test('it is no repetition when another approval took it back meanwhile', async () => {
  const { omar, rita, platform, stages, promotion } = await asked(['user:omar', 'user:rita'], true)
  const meanwhile = afterRequestIsRead(platform, () => rita('POST', approve, notArchiving))
  expect((await omar('POST', approve, archiving)).status).toBe(403)
  expect((await meanwhile).status).toBe(200)
  expect(await promotion()).toMatchObject({ status: 'open', archive_existing: false })
  expect(await stages()).toEqual(['Production', 'None'])
})

test('a merge archives as the request says by then, not as it was read', async () => {
  const { rita, authorization, call, platform, policy, stages } = await asked(['user:omar'], false)
  await policy({ required: 0, from: ['user:ada'] })
  const path = '/api/v1/promotions/1/merge'
  const meanwhile = afterRequestIsRead(platform, () => rita('POST', approve, archiving), 2)
  const merged = await call(authorization.ada, 'POST', path)
  expect((await meanwhile).json.activity.activity_type).toBe('APPROVED_REQUEST')
  expect(merged.json).toMatchObject({ status: 'merged', archive_existing: true })
  expect(await stages()).toEqual(['Archived', 'Production'])
})
