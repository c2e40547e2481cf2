import { expect, test } from 'vitest'
import { bucketOf } from '../../src/router/latencies.ts'
import { sweepCanaries } from '../../src/serving/canary.ts'
import { person } from '../support/accounts.ts'
import { appOf } from '../support/app.ts'
import { client } from '../support/client.ts'
import { Clock } from '../support/clock.ts'
import { registryServer } from '../support/registry-server.ts'

const path = '/api/v1/deployments/ab'
const minute = 60_000
const steps = [{ weight: 10, minutes: 10 }, { weight: 40, minutes: 30 }, { weight: 100 }]
const canary = { name: 'canary', uri: 'models:/fraud/2', steps }
const variants = [
  { name: 'a', uri: 'models:/fraud/1', weight: 3 },
  { name: 'b', uri: 'models:/fraud/1', weight: 1 },
]

/** Deployment `ab` with a canary beside two variants. */
async function world(more: object = {}) {
  const clock = new Clock()
  const server = await registryServer({ now: clock.now })
  await server.createModel('fraud')
  for (let i = 0; i < 2; i++) await server.createVersion('fraud')
  const { call } = client(appOf(() => server.platform, person('ann', { isAdmin: true })))
  const saved = await call('PUT', path, {
    model: 'fraud',
    variants: [...variants, canary],
    ...more,
  })
  const read = async () => (await call('GET', path)).json
  return {
    ...server,
    saved,
    call,
    read,
    clock,
    weights: async () => (await read()).variants.map(({ weight }: { weight: number }) => weight),
    change: (what: string, reason = 'as agreed') => call('POST', `${path}/${what}`, { reason }),
    /** Let time pass, and two sweeps run at once. */
    pass: async (ms: number) => {
      clock.pass(ms)
      await Promise.all([sweepCanaries(server.platform), sweepCanaries(server.platform)])
    },
    entries: async () =>
      (await call('GET', '/api/v1/audit?action=deployment.set')).json.items as object[],
  }
}

test('a canary grows by its steps, each once, and the others share the rest', async () => {
  const { saved, weights, pass, read, entries, clock } = await world()
  expect(saved.json.canary).toEqual({
    ...{ variant: 'canary', step: 1, next_step_at: clock.now() + 10 * minute },
  })
  expect(await weights()).toEqual([67.5, 22.5, 10])
  await pass(10 * minute - 1)
  expect(await weights()).toEqual([67.5, 22.5, 10])
  await pass(1)
  expect(await weights()).toEqual([45, 15, 40])
  expect(await read()).toMatchObject({ revision: 2, canary: { step: 2 } })
  await pass(30 * minute)
  expect(await weights()).toEqual([0, 0, 100])
  expect(await read()).not.toHaveProperty('canary')
  await pass(100 * minute)
  expect(await entries()).toMatchObject([
    { actor: { name: 'gatehouse' }, reason: 'Step 3: canary has 100%' },
    { actor: { name: 'gatehouse' }, reason: 'Step 2: canary has 40%' },
    { actor: { name: 'ann' } },
  ])
})

test('a canary that is paused waits, and goes on with what was left of its step', async () => {
  const { change, pass, weights, read } = await world()
  await pass(4 * minute)
  expect((await change('pause')).json.canary).toEqual({ variant: 'canary', step: 1 })
  expect((await change('pause')).status).toBe(409)
  await pass(60 * minute)
  expect(await weights()).toEqual([67.5, 22.5, 10])
  expect((await change('resume')).status).toBe(200)
  expect((await change('resume')).status).toBe(409)
  await pass(6 * minute - 1)
  expect((await read()).canary.step).toBe(1)
  await pass(1)
  expect((await read()).canary.step).toBe(2)
})

test.each([
  ['promote', [0, 0, 100]],
  ['rollback', [3, 1, 0]],
])('%s ends the steps by hand, with a reason', async (what, expected) => {
  const { change, pass, weights, entries } = await world()
  expect((await change(what, '')).status).toBe(400)
  expect((await change(what)).status).toBe(200)
  expect(await weights()).toEqual(expected)
  await pass(100 * minute)
  expect(await weights()).toEqual(expected)
  expect(await entries()).toMatchObject([{ actor: { name: 'ann' }, reason: 'as agreed' }, {}])
  expect((await change(what)).status).toBe(409)
})

test('steps are not changed by who saw another revision', async () => {
  const { call, pass, read } = await world()
  await pass(10 * minute)
  const late = await call('POST', `${path}/pause`, { reason: 'too fast', revision: 1 })
  expect([late.status, late.json.error_code]).toEqual([409, 'RESOURCE_CONFLICT'])
  expect(late.json.message).toContain("is at revision 2 by now, not 1: 'gatehouse' changed it last")
  expect((await read()).canary.next_step_at).toBeGreaterThan(0)
  const { status } = await call('POST', `${path}/pause`, { reason: 'too fast', revision: 2 })
  expect(status).toBe(200)
})

test('steps end when the guard speaks, when weights are written, and with the deployment', async () => {
  const { call, saved, pass, weights } = await world({ guard: { max_error_rate: 0.1 } })
  const counts = {
    kind: 'variant',
    name: 'canary',
    version: 2,
    requests: 50,
    errors: 9,
    refused: 0,
  }
  await call('POST', `${path}/counts`, {
    ...{ deployment: saved.json.id, reporter: 'r', sequence: 1 },
    items: [{ ...counts, latencies: { [bucketOf(1)]: 50 } }],
  })
  await pass(100 * minute)
  expect(await weights()).toEqual([67.5, 22.5, 0])
  const again = { model: 'fraud', variants: [...variants, canary] }
  await call('PUT', path, again)
  await call('PUT', path, { model: 'fraud', variants })
  await pass(100 * minute)
  expect(await weights()).toEqual([3, 1])
  await call('PUT', path, again)
  await call('DELETE', path)
  await pass(100 * minute)
  expect((await call('GET', path)).status).toBe(404)
})

test.each([
  ['two variants', [canary, { ...canary, name: 'other' }, ...variants]],
  ['a variant alone', [canary]],
  ['a last step that ends', [{ ...canary, steps: steps.slice(0, 2) }, ...variants]],
  ['a step without an end', [{ ...canary, steps: [{ weight: 5 }, { weight: 10 }] }, ...variants]],
])('steps of %s are refused', async (_, wrong) => {
  const { saved } = await world({ variants: wrong })
  expect([saved.status, saved.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
})
