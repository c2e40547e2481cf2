import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import type { Reply } from '../support/client.ts'
import { guardedModel } from '../support/guarded-model.ts'
import { testServer } from '../support/server.ts'

/** Writes until it is refused. @returns how often it was taken, and the refusal */
async function untilRefused(write: (i: number) => Promise<Reply>, most: number) {
  for (let i = 0; i < most; i++) {
    const res = await write(i)
    if (res.status >= 300) return { taken: i, refused: res }
  }
  throw new Error('it was never refused')
}

test('nobody fills the policies, which everybody waits for, with long ones', async () => {
  const { admin, member, move, ann, policy, platform } = await guardedModel()
  const mallory = await member('mallory')
  const grant = { principal: 'mallory', action: 'manage_policies', models: 'mallory-*' }
  await admin.call('POST', '/api/v1/grants', grant)
  const slices = Array.from({ length: 100 }, (_, i) => `${i}`.padEnd(250, 'x'))
  const put = (name: string, count: number) =>
    mallory.call('PUT', `/api/v1/policies/${name}`, {
      applies_to: { models: 'mallory-*', stage: 'Production' },
      gates: Array.from({ length: count }, (_, i) => ({
        ...{ name: `g${i}`, type: 'fairness', metric: 'm', max_gap: 1, slices },
      })),
    })
  const { taken, refused } = await untilRefused((i) => put(`a${i}`, 10), 20)
  expect(taken).toBeGreaterThan(2)
  expect([refused.status, refused.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
  expect(refused.json.message).toContain('1000000 bytes in sum')
  const [kept] = await platform.db.all(
    sql<{ bytes: number }>`select sum(length(document)) as bytes from policies`,
  )
  expect(kept?.bytes).toBeLessThan(1_000_000)
  // Nor by making short ones longer, nor all at once; what is shorter is taken.
  const grown = await Promise.all(Array.from({ length: 8 }, (_, i) => put(`b${i}`, 10)))
  expect(grown.filter(({ status }) => status === 200)).toEqual([])
  expect((await put('a0', 40)).status).toBe(400)
  expect((await put('a0', 1)).status).toBe(200)
  expect((await policy('sign-off', { stage: 'Production' })).status).toBe(200)
  expect((await move(ann, '1', 'Production')).status).toBe(403)
})

test('nobody fills the list of requests with the results of gates', async () => {
  const { admin, member } = await guardedModel()
  const mallory = await member('mallory')
  for (const action of ['manage_policies', 'register']) {
    const grant = { principal: 'mallory', action, models: 'mallory-*' }
    await admin.call('POST', '/api/v1/grants', grant)
  }
  const name = 'mallory-1'
  await mallory.post('registered-models/create', { name })
  await mallory.post('model-versions/create', { name, source: 's3://b/m' })
  const long = 'x'.repeat(240)
  const put = (i: number) =>
    mallory.call('PUT', `/api/v1/policies/${i}`.padEnd(200, 'p'), {
      applies_to: { models: 'mallory-*', stage: 'Production' },
      gates: Array.from({ length: 50 }, (_, gate) => ({
        ...{ name: `g${gate}`.padEnd(100, 'g'), type: 'metric', metric: `${long}${gate}`, min: 0 },
      })),
    })
  const { taken, refused } = await untilRefused(put, 20)
  expect([taken, refused.status]).toEqual([8, 400])
  const body = { model: name, version: '1', to: { stage: 'Production' } }
  const opened = await mallory.call('POST', '/api/v1/promotions', body)
  expect(opened.json.gates).toHaveLength(400)
  const listed = await admin.call('GET', '/api/v1/promotions')
  expect(listed.json.items[0].gates).toHaveLength(400)
  expect(listed.text.length).toBeLessThan(300_000)
})

test('nobody fills a request, which everybody lists, with comments and checks', async () => {
  const { admin, ann, member, policy, grant, move, approve } = await guardedModel()
  await policy('p', { stage: 'Production' })
  expect((await move(ann, '1', 'Production')).status).toBe(403)
  const mallory = await member('mallory')
  await grant('mallory', 'registered_model', 'fraud', 'EDIT')
  const path = '/api/v1/promotions/1'
  const comment = (text: string) =>
    mallory.call('POST', `${path}/reviews`, { decision: 'comment', comment: text })
  const check = (i: number) =>
    mallory.call('POST', `${path}/checks`, {
      ...{ name: `c${i}`, status: 'passed', summary: 'x'.repeat(9000) },
    })
  for (const { refused } of [
    await untilRefused(() => comment('x'.repeat(9000)), 20),
    await untilRefused(() => comment('…'.repeat(9000)), 20),
    await untilRefused(() => comment('x'), 1000),
    await untilRefused(check, 20),
  ]) {
    expect([refused.status, refused.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    expect(refused.json.message).toContain("'mallory' has ")
  }
  // A result of the same name takes the place of the last one, and others have room of their own.
  expect((await check(0)).status).toBe(200)
  expect((await approve('1')).status).toBe(200)
  expect((await move(ann, '1', 'Production')).status).toBe(200)
  const listed = await admin.call('GET', '/api/v1/promotions')
  expect(listed.text.length).toBeLessThan(250_000)
})

test('nobody fills a model, which everybody finds, with aliases', async () => {
  const { ann, point, policy, platform } = await guardedModel()
  const long = (i: number) => `${i}-`.padEnd(255, 'a')
  // As if by two thousand calls.
  await platform.db.all(sql`insert into aliases (registered_model, alias, version)
    select m.id, 'b' || n.i || '-' || ${'b'.repeat(200)}, 1 from registered_models m,
      (with recursive n (i) as (select 1 union all select i + 1 from n where i < 1900) select i from n) n`)
  const { refused } = await untilRefused((i) => point(ann, '1', long(i)), 200)
  expect([refused.status, refused.json.message]).toEqual([
    400,
    expect.stringContaining('All aliases of one model'),
  ])
  // Nor by a request, guarded or not.
  await policy('p', { alias: '*-guarded' }, { approvals: {} })
  for (const alias of [`${long(500).slice(8)}-guarded`.slice(-255), long(500)]) {
    const to = { alias }
    const made = await ann.call('POST', '/api/v1/promotions', { model: 'fraud', version: '1', to })
    const merged = await ann.call('POST', `/api/v1/promotions/${made.json.id}/merge`)
    expect([merged.status, merged.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
  }
  // One that is there moves, and one that goes makes room.
  expect((await point(ann, '2', long(0))).status).toBe(200)
  await ann.del('registered-models/alias', { name: 'fraud', alias: long(0) })
  expect((await point(ann, '2', long(0))).status).toBe(200)
})

test('nobody fills a run, which everybody lists, with datasets', async () => {
  const { post, get } = await testServer()
  const made = await post('runs/create', { experiment_id: '0', start_time: 1 })
  const { run_id } = made.json.run.info
  const log = (i: number) =>
    post('runs/log-inputs', {
      run_id,
      datasets: [
        {
          dataset: {
            ...{ name: `d${i}`, digest: `${i}`, source_type: 's', source: 's3://b' },
            schema: 'x'.repeat(1_000_000),
          },
        },
      ],
    })
  const { taken, refused } = await untilRefused(log, 25)
  expect(taken).toBe(19)
  expect([refused.status, refused.json.message]).toEqual([
    400,
    expect.stringContaining('All datasets of one run'),
  ])
  const read = await get(`runs/get?run_id=${run_id}`)
  expect(read.json.run.inputs.dataset_inputs).toHaveLength(19)
  expect((await log(0)).status).toBe(200)
})

test('a run takes no more names of metrics than others can wait for, and more points of those it has', async () => {
  const { post } = await testServer()
  const { run } = (await post('runs/create', { experiment_id: '0' })).json
  const { run_id } = run.info
  const nameOf = (i: number) => `${i}`.padEnd(240, 'm')
  const point = (i: number, value: number) => ({ key: nameOf(i), value, timestamp: 1, step: value })
  const log = (batch: number, value: number) =>
    post('runs/log-batch', {
      run_id,
      metrics: Array.from({ length: 1000 }, (_, i) => point(1000 * batch + i, value)),
    })
  const { taken, refused } = await untilRefused((i) => log(i, 1), 20)
  expect(taken).toBe(15)
  expect([refused.status, refused.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
  expect(refused.json.message).toContain('All metrics of one object may have 5000000 bytes in sum')
  const one = await post('runs/log-metric', { run_id, ...point(20_000, 1) })
  expect(one.status).toBe(400)
  expect((await log(3, 2)).status).toBe(200)
  expect((await post('runs/log-metric', { run_id, ...point(0, 3) })).status).toBe(200)
})
