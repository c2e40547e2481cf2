import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { defaultWorkspace } from '../../src/core/names.ts'
import { systemContext } from '../../src/platform/context.ts'
import { writeDownloads } from '../../src/registry/files/downloads.ts'
import { sweepVersions } from '../../src/retention/follow-rule.ts'
import { readRetentionPlan } from '../../src/retention/plan.ts'
import { getRule } from '../../src/retention/rules.ts'
import { TickingClock } from '../support/clock.ts'
import { testServer } from '../support/server.ts'

const proxy = '/api/2.0/mlflow-artifacts/artifacts'
const dayMs = 86_400_000

/** A server with versions of `m`, each with files of its own and one that all have; runs keep no files. */
async function keptServer(count = 5) {
  const clock = new TickingClock(1_764_000_000_000)
  const s = await testServer({ now: clock.now })
  await s.post('registered-models/create', { name: 'm' })
  for (let i = 1; i <= count; i++) {
    const run = await s.post('runs/create', { experiment_id: '0', start_time: 1 })
    const { run_id, artifact_uri } = run.json.run.info
    const folder = `${artifact_uri.replace('mlflow-artifacts:/', '')}/model`
    const put = (path: string, body: string) =>
      s.app.request(`${proxy}/${folder}/${path}`, { method: 'PUT', body })
    await put('own.txt', `${i}`.repeat(100))
    await put('shared.txt', 'x'.repeat(1000))
    const made = await s.post('model-versions/create', {
      ...{ name: 'm', source: `${artifact_uri}/model`, run_id },
    })
    expect(made.status).toBe(200)
    await s.app.request(`${proxy}/${folder}`, { method: 'DELETE' })
  }
  const rules = '/api/v1/retention/rules'
  const rule = async (keep: object, more: object = {}) => {
    const found = (await s.call('GET', rules)).json.items
    const { revision = 0 } = found[0] ?? {}
    const put = await s.call('PUT', `${rules}/r`, { models: 'm*', keep, revision, ...more })
    expect(put.status).toBe(200)
  }
  const preview = async () => (await s.call('POST', `${rules}/r/preview`)).json
  return {
    ...s,
    rules,
    rule,
    preview,
    pass: (days: number) => clock.pass(days * dayMs),
    leaving: async () =>
      (await preview()).delete.map((one: { version: string }) => Number(one.version)),
    run: (mark: string) => s.call('POST', `${rules}/r/run`, { preview: mark }),
    /** Run the rule; `meanwhile` comes after the run has made its plan, and before it deletes the first. */
    runAmid: async (meanwhile: () => Promise<void>) => {
      const ctx = systemContext(s.platform, defaultWorkspace)
      const { mark } = await readRetentionPlan(ctx, await getRule(ctx, 'r'))
      const { batch } = s.platform.db
      s.platform.db.batch = (async (queries: never) => {
        s.platform.db.batch = batch
        await meanwhile()
        return batch.call(s.platform.db, queries)
      }) as never
      return s.call('POST', `${rules}/r/run`, { preview: mark })
    },
    left: async () =>
      (
        await s.platform.db.all(sql<{ version: number }>`select version from model_versions
        order by version`)
      ).map(({ version }) => version),
  }
}

test('a preview names each version and counts equal bytes once, and running it does exactly that', async () => {
  const s = await keptServer()
  await s.rule({ last: 2 })
  const plan = await s.preview()
  expect(plan.delete).toMatchObject([1, 2, 3].map((i) => ({ version: `${i}`, bytes: 1100 })))
  expect(plan).toMatchObject({ freed_bytes: 300, more: false, kept: [] })
  expect(await s.left()).toEqual([1, 2, 3, 4, 5])
  expect((await s.run('other')).status).toBe(409)
  const { json } = await s.run(plan.preview)
  expect(json.deleted).toHaveLength(3)
  expect(await s.left()).toEqual([4, 5])
  const { json: log } = await s.call('GET', '/api/v1/audit?action=model_version.deleted')
  expect(log.items).toMatchObject(Array(3).fill({ reason: 'retention rule r' }))
  expect((await s.run(plan.preview)).status).toBe(409)
})

test('a preview names what the rule itself keeps, with the term that keeps it', async () => {
  const s = await keptServer(4)
  await s.post('model-versions/transition-stage', {
    ...{ name: 'm', version: '1', stage: 'Production', archive_existing_versions: false },
  })
  s.pass(40)
  const change = { name: 'm', version: '2', description: 'still in use' }
  const changed = await s.call('PATCH', '/api/2.0/mlflow/model-versions/update', change)
  expect(changed.status).toBe(200)
  await s.rule({ last: 1, younger_than_days: 30 }, { stages: ['None'] })
  const plan = await s.preview()
  expect(plan.delete).toMatchObject([{ version: '3' }])
  expect(plan).toMatchObject({ kept: [], kept_count: 0, spared_count: 3 })
  expect(
    plan.spared.map((one: { version: string; because: string }) => [one.version, one.because]),
  ).toEqual([
    ['1', 'is not in None'],
    ['2', 'was registered or changed in the last 30 days'],
    ['4', 'is among the newest 1'],
  ])
})

test('bytes that a run still has are not said to be freed', async () => {
  const s = await keptServer(2)
  await s.app.request(`${proxy}/1/kept.txt`, { method: 'PUT', body: '1'.repeat(100) })
  await s.rule({ last: 1 })
  expect(await s.preview()).toMatchObject({ freed_bytes: 0, bytes_with_runs: 100 })
})

test('a preview names what later runs would delete too, with the bytes of all', async () => {
  const s = await keptServer(1)
  const copies = { name: 'm', source: 'models:/m/1' }
  for (let i = 2; i <= 103; i++) {
    expect((await s.post('model-versions/create', copies)).status).toBe(200)
  }
  s.pass(2)
  await s.rule({ younger_than_days: 1 })
  const plan = await s.preview()
  expect(plan.delete).toHaveLength(100)
  expect(plan.later).toMatchObject([101, 102, 103].map((i) => ({ version: `${i}` })))
  expect(plan).toMatchObject({
    ...{ more: true, later_count: 3 },
    // Versions of later runs have these bytes too.
    ...{ freed_bytes: 0, bytes_with_runs: 0 },
    ...{ all_freed_bytes: 1100, all_bytes_with_runs: 0 },
  })
  expect((await s.run(plan.preview)).json).toMatchObject({ more: true, stayed: [] })
  const next = await s.preview()
  expect(next.delete).toEqual(plan.later)
  expect(next).toMatchObject({ more: false, later: [], later_count: 0, freed_bytes: 1100 })
})

test('what is in a stage, aliased, held, in a collection or a bundle, requested or live stays, and is told with why', async () => {
  const s = await keptServer(9)
  const version = (n: number) => `/api/v1/models/m/versions/${n}`
  await s.post('model-versions/transition-stage', {
    ...{ name: 'm', version: '1', stage: 'Staging', archive_existing_versions: false },
  })
  await s.post('registered-models/alias', { name: 'm', alias: 'champion', version: '2' })
  await s.call('PUT', `${version(3)}/hold`, { reason: 'court' })
  await s.call('PUT', '/api/v1/collections/all', {})
  await s.call('POST', '/api/v1/collections/all/links', { model: 'm', version: '4' })
  await s.call('PUT', '/api/v1/policies/p', {
    applies_to: { models: 'm', stage: 'Production' },
    approvals: { required: 1, from: ['user:a'] },
  })
  await s.call('POST', '/api/v1/promotions', {
    ...{ model: 'm', version: '5', to: { stage: 'Production' }, reason: 'r' },
  })
  await s.platform.db.all(sql`insert into serving_replicas (registered_model, replica, uri, host,
      reporter, version, seen_at_ms)
    select id, 'a', 'models:/m/Production', 'h', 'r', 6, 1 from registered_models where name = 'm'`)
  expect((await s.call('POST', `${version(8)}/bundles`)).status).toBe(201)
  await s.rule({ last: 1 })
  const { kept, delete: leaving } = await s.preview()
  const because = Object.fromEntries(
    kept.map((one: { version: string; because: string }) => [one.version, one.because]),
  )
  expect(leaving.map((one: { version: string }) => one.version)).toEqual(['7'])
  expect(because).toEqual({
    2: 'has an alias',
    3: 'is under a legal hold',
    4: 'is in a collection',
    5: 'has an open request',
    6: 'answers requests',
    8: 'is in a release bundle',
  })
})

test('what changes between the plan and the deletion stays', async () => {
  const s = await keptServer(4)
  await s.rule({ last: 1 })
  const { json } = await s.runAmid(async () => {
    await s.platform.db.all(sql`update model_versions set stage = 'Staging' where version = 1`)
    await s.platform.db.all(sql`insert into version_holds
      select id, 'r', '{"name":"x"}', 1 from model_versions where version = 2`)
  })
  expect(json.deleted.map((one: { version: string }) => one.version)).toEqual(['3'])
  expect(json.stayed.map((one: { because: string }) => one.because)).toEqual([
    'is in a stage',
    'is under a legal hold',
  ])
  expect(await s.left()).toEqual([1, 2, 4])
})

test('a model that gets the name of another between the plan and the deletion loses nothing', async () => {
  const s = await keptServer(2)
  await s.post('registered-models/create', { name: 'other' })
  for (const source of ['models:/m/1', 'models:/m/2']) {
    await s.post('model-versions/create', { name: 'other', source })
  }
  await s.rule({ last: 1 }, { models: 'm' })
  const { json } = await s.runAmid(async () => {
    await s.post('registered-models/rename', { name: 'm', new_name: 'before' })
    await s.post('registered-models/rename', { name: 'other', new_name: 'm' })
  })
  expect(json).toMatchObject({ deleted: [], stayed: [{ model: 'm', version: '1' }] })
  expect(await s.left()).toEqual([1, 1, 2, 2])
})

test('a rule that is deleted and made again between the plan and the deletion is another', async () => {
  const s = await keptServer(2)
  await s.rule({ last: 1 })
  const { json } = await s.runAmid(async () => {
    await s.call('DELETE', `${s.rules}/r`)
    await s.rule({ last: 2 })
  })
  expect(json).toMatchObject({ deleted: [], stayed: [{ version: '1' }] })
  expect(await s.left()).toEqual([1, 2])
})

test('what a policy guards is not planned, so that an automatic rule goes on behind it', async () => {
  const s = await keptServer(3)
  await s.post('model-versions/transition-stage', {
    ...{ name: 'm', version: '1', stage: 'Archived', archive_existing_versions: false },
  })
  await s.call('PUT', '/api/v1/policies/p', {
    applies_to: { models: 'm', stage: 'Archived' },
    approvals: { required: 1, from: ['user:a'] },
  })
  await s.rule({ last: 1 }, { automatic: true })
  expect(await s.preview()).toMatchObject({
    delete: [{ version: '2' }],
    kept: [{ version: '1', because: 'is in a guarded stage' }],
  })
  await sweepVersions(s.platform)
  expect(await s.left()).toEqual([1, 3])
})

test('two runs at once delete each version once, with one entry each', async () => {
  const s = await keptServer(5)
  await s.rule({ last: 1 })
  const { preview } = await s.preview()
  const runs = await Promise.all([s.run(preview), s.run(preview)])
  const deleted = runs.flatMap(({ json }) => json.deleted ?? [])
  expect(deleted).toHaveLength(4)
  const { json: log } = await s.call('GET', '/api/v1/audit?action=model_version.deleted')
  expect(log.items).toHaveLength(4)
  expect(await s.left()).toEqual([5])
})

test('age and the last download count together with the number, and a clock set back deletes nothing', async () => {
  const s = await keptServer(3)
  await s.rule({ younger_than_days: 10, downloaded_within_days: 30 })
  expect(await s.leaving()).toEqual([])
  s.pass(40)
  const { json } = await s.get('model-versions/get-download-uri?name=m&version=2')
  const root = json.artifact_uri.replace('mlflow-artifacts:/', '')
  expect((await s.app.request(`${proxy}/${root}/own.txt`)).status).toBe(200)
  await writeDownloads(s.platform)
  expect(await s.leaving()).toEqual([1, 3])
  s.pass(31)
  expect(await s.leaving()).toEqual([1, 2, 3])
  s.pass(-200)
  expect(await s.leaving()).toEqual([])
})

test('a download is written at most once a day for each version', async () => {
  const s = await keptServer(1)
  const { json } = await s.get('model-versions/get-download-uri?name=m&version=1')
  const root = json.artifact_uri.replace('mlflow-artifacts:/', '')
  const read = async () => {
    await s.app.request(`${proxy}/${root}/own.txt`)
    await writeDownloads(s.platform)
    const row = await s.platform.db.first(
      sql<{ at_ms: number }>`select at_ms from version_downloads`,
    )
    return row?.at_ms ?? 0
  }
  const first = await read()
  expect(first).toBeGreaterThan(0)
  expect(await read()).toBe(first)
  s.pass(1)
  expect(await read()).toBeGreaterThanOrEqual(first + dayMs)
})

test('a rule that is automatic is followed by the background work, any other is not', async () => {
  const s = await keptServer(3)
  await s.rule({ last: 1 })
  await sweepVersions(s.platform)
  expect(await s.left()).toEqual([1, 2, 3])
  await s.rule({ last: 1 }, { automatic: true })
  await Promise.all([sweepVersions(s.platform), sweepVersions(s.platform)])
  expect(await s.left()).toEqual([3])
})

test('a rule deletes nothing in another workspace, and no prompts', async () => {
  const s = await keptServer(2)
  await s.platform.db.all(sql`update registered_models set workspace = 'other' where name = 'm'`)
  await s.rule({ last: 1 })
  expect(await s.preview()).toMatchObject({ delete: [], spared: [], spared_count: 0 })
  await s.platform.db.all(sql`update registered_models set workspace = 'default' where name = 'm'`)
  expect(await s.leaving()).toEqual([1])
  await s.post('registered-models/set-tag', {
    ...{ name: 'm', key: 'mlflow.prompt.is_prompt', value: 'true' },
  })
  expect(await s.leaving()).toEqual([])
})

test('a rule that keeps nothing is refused, and so is a change of another revision', async () => {
  const s = await keptServer(0)
  expect((await s.call('PUT', `${s.rules}/r`, { models: '*', keep: {} })).status).toBe(400)
  await s.rule({ last: 1 })
  const again = await s.call('PUT', `${s.rules}/r`, { models: '*', keep: { last: 2 } })
  expect(again.status).toBe(409)
  expect((await s.call('DELETE', `${s.rules}/r`)).status).toBe(200)
  expect((await s.call('DELETE', `${s.rules}/r`)).status).toBe(404)
  expect((await s.call('POST', `${s.rules}/r/preview`)).status).toBe(404)
})

test('storage is counted by model and by team, equal bytes once', async () => {
  const s = await keptServer(2)
  await s.post('registered-models/set-tag', { name: 'm', key: 'team', value: 'risk' })
  const { json } = await s.call('GET', '/api/v1/storage?by=team&price=1000')
  expect(json.items).toEqual([
    { name: 'risk', versions: 2, files: 3, own_bytes: 1200, shared_bytes: 0, cost: 0.0012 },
  ])
  await s.post('registered-models/create', { name: 'copy' })
  await s.post('model-versions/create', { name: 'copy', source: 'models:/m/1' })
  const { json: byModel } = await s.call('GET', '/api/v1/storage')
  expect(byModel.items).toMatchObject([
    { name: 'm', own_bytes: 100, shared_bytes: 1100 },
    { name: 'copy', own_bytes: 0, shared_bytes: 1100 },
  ])
})
