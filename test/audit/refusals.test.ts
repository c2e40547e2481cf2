import { type SQL, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { recordRefusal } from '../../src/audit/refusal.ts'
import { RegistryError } from '../../src/core/error.ts'
import type { Principal } from '../../src/core/principal.ts'
import { runList, withBatches } from '../../src/db/batch.ts'
import { compile } from '../../src/db/compile.ts'
import type { Platform } from '../../src/platform/context.ts'
import { contextOf, person } from '../support/accounts.ts'
import { appOf } from '../support/app.ts'
import { client } from '../support/client.ts'
import { planOf } from '../support/plans.ts'
import { registryServer, sixteen } from '../support/registry-server.ts'

const eve = person('eve')
const sealed = '/api/2.0/mlflow-artifacts/artifacts/model-versions/1/model.bin'

/** A server on which everybody may do everything but what its database says no to. */
async function refusingServer() {
  let now = 1_790_000_000_000
  const server = await registryServer({ now: () => now })
  await server.createModel('m')
  const { platform } = server
  const refused = () =>
    platform.db.all<{ actor: string; model: string | null; version: number | null; after: string }>(
      sql`select actor, model, version, after from audit_entries where action = 'request.refused'
        order by seq`,
    )
  return {
    ...server,
    refused,
    put: (path: string, headers: Record<string, string> = {}) =>
      server.app.request(path, { method: 'PUT', body: 'x', headers }),
    later: (ms: number) => {
      now += ms
    },
  }
}

/** An application whose every write is refused to `principal`, as a rule would. */
function closedApp(platform: Platform, principal: Principal) {
  const db = withBatches(platform.db, (statements) => {
    const isRefusal = statements.some((one) => compile(one).text.includes('refusal_counts'))
    return isRefusal
      ? runList(platform.db, statements)
      : Promise.reject(new RegistryError('PERMISSION_DENIED', `no, ${principal.name}`))
  })
  return client(appOf(() => ({ ...platform, db }), principal)).call
}

test('a write to sealed files is refused and in the audit log, with access control off too', async () => {
  const { put, refused, call } = await refusingServer()
  const res = await put(sealed, { 'x-gatehouse-actor': 'mallory' })
  expect(res.status).toBe(409)
  expect((await call('DELETE', sealed)).status).toBe(409)
  const [first, second, ...more] = await refused()
  expect(more).toEqual([])
  expect(JSON.parse(first?.actor ?? '')).toMatchObject({ name: 'mallory', verified: false })
  expect(JSON.parse(first?.after ?? '')).toEqual({
    operation: 'uploadArtifact',
    error_code: 'RESOURCE_CONFLICT',
    message: expect.stringContaining('model-versions/1/model.bin'),
  })
  expect(JSON.parse(second?.after ?? '')).toMatchObject({ operation: 'deleteArtifact' })
})

test('a change that a caller may not make is in the audit log with the model and version it named', async () => {
  const { platform, refused } = await refusingServer()
  const ask = closedApp(platform, eve)
  const move = { name: 'm', version: '3', stage: 'Production' }
  const res = await ask('POST', '/api/2.0/mlflow/model-versions/transition-stage', move)
  expect([res.status, res.json]).toEqual([
    403,
    { error_code: 'PERMISSION_DENIED', message: 'no, eve' },
  ])
  await ask('POST', '/ajax-api/2.0/mlflow/registered-models/rename', { name: 'm', new_name: 'n' })
  await ask('POST', '/api/2.0/mlflow/experiments/create', { name: 'not a model' })
  const entries = await refused()
  expect(entries.map(({ model, version }) => [model, version])).toEqual([
    ['m', 3],
    ['m', null],
    [null, null],
  ])
  expect(JSON.parse(entries[0]?.actor ?? '')).toEqual({
    name: 'eve',
    kind: 'user',
    verified: true,
    groups: [],
  })
})

test('what is no change, no caller or no refusal is not in the audit log', async () => {
  const { platform, refused, put, post, createModel, app } = await refusingServer()
  const ask = closedApp(platform, eve)
  await ask('POST', '/api/2.0/mlflow/registered-models/get-latest-versions', { name: 'm' })
  await ask('POST', '/api/2.0/mlflow/runs/search', { experiment_ids: ['0'] })
  await createModel('m')
  await post('model-versions/create', { name: 'nope', source: 's3://b/m' })
  await put('/no/such/place')
  const foreign = client(app, { origin: 'https://evil.example' })
  expect((await foreign.post('registered-models/create', { name: 'x' })).status).toBe(403)
  const signedOut = appOf(() => ({
    ...platform,
    settings: { ...platform.settings, auth: true },
  }))
  expect((await signedOut.request(sealed, { method: 'PUT', body: 'x' })).status).toBe(401)
  expect(await refused()).toEqual([])
})

test('equal refusals within a minute are one entry, also of sixteen at once', async () => {
  const { put, refused, later } = await refusingServer()
  await sixteen(async () => put(sealed))
  expect(await refused()).toHaveLength(1)
  later(59_000)
  await put(sealed)
  expect(await refused()).toHaveLength(1)
  later(2000)
  await put(sealed)
  expect(await refused()).toHaveLength(2)
})

test('nobody makes more than thirty entries of refusals a minute, and claimed names three hundred together', async () => {
  const { put, refused, platform, later } = await refusingServer()
  for (let i = 0; i < 40; i++) {
    const path = `${sealed}${i}`
    expect((await put(path, { 'x-gatehouse-actor': 'mallory' })).status).toBe(409)
  }
  expect(await refused()).toHaveLength(1)
  const ask = closedApp(platform, eve)
  for (let i = 0; i < 40; i++) {
    await ask('POST', '/api/2.0/mlflow/registered-models/create', { name: `${i}` })
  }
  expect(await refused()).toHaveLength(31)
  for (let i = 0; i < 310; i++) await put(sealed, { 'x-gatehouse-actor': `mallory ${i}` })
  expect(await refused()).toHaveLength(330)
  later(60_001)
  await put(sealed, { 'x-gatehouse-actor': 'mallory' })
  expect(await refused()).toHaveLength(331)
})

test('a name of any length or kind is kept within bounds', async () => {
  const { platform, refused } = await refusingServer()
  const ask = closedApp(platform, eve)
  const path = '/api/2.0/mlflow/registered-models/set-tag'
  await ask('POST', path, { name: 'x'.repeat(10_000), key: 'k', value: 'v' })
  await ask('POST', '/api/2.0/mlflow/registered-models/alias', {
    name: 'm',
    alias: 'a',
    version: '99999999999999999999',
  })
  for (const { model, version } of await refused()) {
    expect(model?.length ?? 0).toBeLessThan(600)
    expect(version).toBeNull()
  }
})

test('the caller is refused also when the refusal cannot be recorded', async () => {
  const { platform } = await refusingServer()
  const all = platform.db.all.bind(platform.db)
  const full = () => Promise.reject(Object.assign(new Error('full'), { code: 'SQLITE_FULL' }))
  const app = appOf(() => ({ ...platform, db: { ...platform.db, all, batch: full } }))
  expect((await app.request(sealed, { method: 'PUT', body: 'x' })).status).toBe(409)
})

test('what a refusal costs does not grow with the refusals of before', async () => {
  const { platform } = await registryServer()
  const asked: SQL[] = []
  const db = withBatches(platform.db, (statements) => {
    asked.push(...statements)
    return runList(platform.db, statements)
  })
  const ctx = contextOf({ ...platform, db }, eve)
  const error = new RegistryError('PERMISSION_DENIED', 'no')
  await recordRefusal(ctx, { operation: 'deleteRun', error, isKnownModel: false })
  const readers = asked.filter((one) => compile(one).text.includes('from audit_entries'))
  expect(readers).toHaveLength(2)
  for (const reader of readers) {
    const reads = (await planOf(reader)).filter((detail) => detail.includes('audit_entries'))
    expect(reads.length).toBeGreaterThan(0)
    for (const detail of reads) expect(detail).toContain('audit_entries_refused (at_ms>?)')
  }
})
