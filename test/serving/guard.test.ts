import { describe, expect, test } from 'vitest'
import { rollBack } from '../../src/governance/moves/rollback.ts'
import { systemContext } from '../../src/platform/context.ts'
import { bucketOf } from '../../src/router/latencies.ts'
import { getDeployment, writeDeployment } from '../../src/serving/deployments.ts'
import { person } from '../support/accounts.ts'
import { appOf } from '../support/app.ts'
import { client } from '../support/client.ts'
import { Clock } from '../support/clock.ts'
import { registryServer } from '../support/registry-server.ts'
import { type Member, team } from '../support/team.ts'

const path = '/api/v1/deployments/ab'
const variants = [
  { name: 'champion', uri: 'models:/fraud/Production', weight: 90 },
  { name: 'challenger', uri: 'models:/fraud/Staging', weight: 10 },
]
const bounds = { max_error_rate: 0.1, max_p95_ms: 100, min_requests: 20 }
const answered = (name: string, version: number, errors: number, ms = 10) => ({
  ...{ kind: 'variant', name, version, requests: 20, errors, refused: 0 },
  latencies: { [bucketOf(ms)]: 20 },
})

/** Versions 1 to 3 of `fraud`: 1 and then 2 in Production, 3 in Staging, and a deployment of both with a guard. */
async function world(more: object = {}) {
  const clock = new Clock()
  const server = await registryServer({ now: clock.now })
  await server.createModel('fraud')
  for (let i = 0; i < 3; i++) await server.createVersion('fraud')
  for (const version of ['1', '2']) {
    await server.transition('fraud', version, 'Production', { archive_existing_versions: true })
  }
  await server.transition('fraud', '3', 'Staging')
  const { call } = client(appOf(() => server.platform, person('ann', { isAdmin: true })))
  const body = { model: 'fraud', variants, guard: bounds, ...more }
  const saved = (await call('PUT', path, body)).json
  let sequence = 0
  return {
    ...server,
    clock,
    saved,
    call,
    report: (...items: object[]) =>
      call('POST', `${path}/counts`, {
        ...{ deployment: saved.id, reporter: `r${++sequence}`, sequence: 1, items },
      }),
    weights: async () => {
      const { json } = await call('GET', path)
      return json.variants.map(({ weight }: { weight: number }) => weight)
    },
    entries: async (action: string) =>
      (await call('GET', `/api/v1/audit?action=${action}`)).json.items as object[],
  }
}

describe('a guard', () => {
  test.each([
    ['errors', answered('challenger', 3, 3), 'answered 3 of 20 requests within 60 s with errors'],
    ['latency', answered('challenger', 3, 0, 300), 'at the 95th percentile of 20 requests'],
  ])(
    'takes out a variant that breaks its bound of %s, at the report that shows it',
    async (_, counts, why) => {
      const { report, weights, entries, saved } = await world()
      expect(saved).toMatchObject({ guard: { ...bounds, action: 'take_out', window_seconds: 60 } })
      expect((await report(answered('champion', 2, 1), counts)).status).toBe(200)
      expect(await weights()).toEqual([90, 0])
      const [entry] = await entries('deployment.set')
      expect(entry).toMatchObject({
        actor: { name: 'deployment-guard', kind: 'service' },
        reason: expect.stringContaining(why),
        after: { split: { variants: [{ weight: 90 }, { weight: 0 }] } },
      })
    },
  )

  test('says nothing of too few requests, of a version that was replaced, and of what was before', async () => {
    const { report, weights, clock, call } = await world()
    await report({ ...answered('challenger', 3, 19), requests: 19 })
    await report(answered('challenger', 2, 20))
    expect(await weights()).toEqual([90, 10])
    // Requests of before the change are not those of the split that is judged.
    clock.pass(10_000)
    await call('PUT', path, { model: 'fraud', variants, guard: { ...bounds, min_requests: 21 } })
    await report(answered('challenger', 3, 3))
    expect(await weights()).toEqual([90, 10])
    clock.pass(120_000)
    await report(answered('challenger', 3, 3))
    expect(await weights()).toEqual([90, 10])
    await report(answered('challenger', 3, 3))
    expect(await weights()).toEqual([90, 0])
  })

  test('leaves the last variant that answers, and acts once for many reports', async () => {
    const { report, weights, entries } = await world()
    const bad = [answered('challenger', 3, 9), answered('champion', 2, 9)]
    const many = await Promise.all(bad.map((counts) => report(counts)))
    expect(many.map(({ status }) => [200, 409].includes(status))).toEqual([true, true])
    await report(...bad)
    await report(...bad)
    expect((await weights()).filter((weight: number) => weight > 0)).toHaveLength(1)
    expect(await entries('deployment.set')).toHaveLength(2)
  })

  test('rolls the stage back once, and judges the version that came back by itself', async () => {
    const { report, weights, entries, getVersion } = await world({
      guard: { ...bounds, action: 'rollback' },
    })
    await Promise.all([1, 2, 3].map(() => report(answered('champion', 2, 9))))
    await report(answered('champion', 2, 9), answered('champion', 1, 0))
    expect((await getVersion('fraud', 1)).json.model_version.current_stage).toBe('Production')
    expect(await weights()).toEqual([90, 10])
    expect(await entries('model_version.rolled_back')).toMatchObject([
      {
        actor: { name: 'deployment-guard' },
        version: '1',
        reason: expect.stringContaining("Variant 'champion' (version 2) answered "),
      },
    ])
  })

  test('rolls nothing back where another version came into the stage meanwhile', async () => {
    const { platform, transition, getVersion } = await world()
    await transition('fraud', '3', 'Production', { archive_existing_versions: true })
    const because = { stage: 'Production', toVersion: undefined, reason: 'slow', from: 2 }
    await expect(rollBack(systemContext(platform), 'fraud', because)).rejects.toThrow(
      "Version 2 of 'fraud' is not what Production means any more",
    )
    expect((await getVersion('fraud', 3)).json.model_version.current_stage).toBe('Production')
  })

  test('rolls nothing back where another version came into the stage beside the one that it judged', async () => {
    const { platform, transition, getVersion } = await world()
    await transition('fraud', '3', 'Production')
    const because = { stage: 'Production', toVersion: undefined, reason: 'slow', from: 2 }
    await expect(rollBack(systemContext(platform), 'fraud', because)).rejects.toThrow(
      "Version 2 of 'fraud' is not what Production means any more",
    )
    expect((await getVersion('fraud', 3)).json.model_version.current_stage).toBe('Production')
  })

  test("says once what it cannot roll back, and is in nobody's way after", async () => {
    const { report, entries, clock, call, del } = await world({
      guard: { ...bounds, action: 'rollback' },
    })
    expect((await del('model-versions/delete', { name: 'fraud', version: '1' })).status).toBe(200)
    for (let i = 0; i < 4; i++) {
      clock.pass(20_000)
      await report(answered('champion', 2, 9))
    }
    expect(await entries('model_version.rolled_back')).toEqual([])
    expect(await entries('deployment.set')).toHaveLength(2)
    expect((await call('GET', path)).json).toMatchObject({
      ...{ revision: 2, updated_by: 'deployment-guard' },
    })
  })

  test('takes nothing out where the variant means another version by the moment of writing', async () => {
    const { platform, transition, weights } = await world()
    await transition('fraud', '3', 'Production', { archive_existing_versions: true })
    const { id, revision, model, ...split } = await getDeployment(systemContext(platform), 'ab')
    const out = split.variants.map((one) => ({ ...one, weight: one.name === 'champion' ? 0 : 10 }))
    const write = (version: number) =>
      writeDeployment(systemContext(platform), 'ab', {
        ...{ id, revision, model, shadows: [], variants: out, guard: split.guard },
        meant: { uri: 'models:/fraud/Production', version },
      })
    await expect(write(2)).rejects.toThrow("Deployment 'ab' is another's by now")
    expect(await weights()).toEqual([90, 10])
    await write(3)
    expect(await weights()).toEqual([0, 10])
  })

  test('takes out a variant that refuses far more than the others do', async () => {
    const { report, weights, entries, call } = await world({
      guard: { max_refused_excess: 0.3, min_requests: 20 },
    })
    const refused = (name: string, version: number, count: number) => ({
      ...answered(name, version, 0),
      refused: count,
    })
    // Callers who send what nobody can take are no fault of a variant; neither is what few of the others saw.
    await report(refused('challenger', 3, 20))
    expect(await weights()).toEqual([90, 10])
    await report(refused('champion', 2, 15))
    expect(await weights()).toEqual([90, 10])
    const { guard } = (await call('GET', `${path}/stats`)).json
    expect(guard.variants).toMatchObject([
      { name: 'champion', version: '2', requests: 20, error_rate: 0, refused_excess: -0.25 },
      { name: 'challenger', version: '3', requests: 20, refused_excess: 0.25 },
    ])
    await report(answered('champion', 2, 0))
    expect(await weights()).toEqual([90, 0])
    expect(await entries('deployment.set')).toMatchObject([
      { reason: expect.stringContaining('refused 20 of 20 requests within 60 s, the other') },
      {},
    ])
  })

  test.each([
    ['without a bound', { min_requests: 20 }],
    ['with a misspelt one', { max_errors: 1 }],
    ['that acts otherwise', { ...bounds, action: 'delete' }],
  ])('%s is refused', async (_, guard) => {
    expect(await world({ guard })).toMatchObject({
      saved: { error_code: 'INVALID_PARAMETER_VALUE' },
    })
  })
})

describe('of those who report counts', () => {
  /** Ann may do everything with `fraud`; a grant lets her alone move what is in Production. */
  async function people(guard: object) {
    const { admin, member, grant } = await team(
      { defaultPermission: 'NO_PERMISSIONS' },
      { now: new Clock().now },
    )
    await admin.post('registered-models/create', { name: 'fraud' })
    for (const _ of [1, 2]) {
      await admin.post('model-versions/create', { name: 'fraud', source: 's3://bucket/m' })
    }
    for (const version of ['1', '2']) {
      const move = { name: 'fraud', version, stage: 'Production', archive_existing_versions: true }
      await admin.post('model-versions/transition-stage', move)
    }
    const [ann, bob, scorer] = [
      await member('ann'),
      await member('bob'),
      await member('service:scorer'),
    ]
    for (const [name, level] of [
      ['ann', 'MANAGE'],
      ['bob', 'MANAGE'],
      ['service:scorer', 'USE'],
    ] as const) {
      await grant(name, 'registered_model', 'fraud', level)
    }
    const right = { principal: 'user:ann', action: 'promote', models: 'fraud', stage: 'Production' }
    expect((await admin.call('POST', '/api/v1/grants', right)).status).toBe(201)
    const body = { model: 'fraud', variants: variants.slice(0, 1), guard: { ...bounds, ...guard } }
    const put = (who: Member) => who.call('PUT', path, body)
    const report = async (who: Member) => {
      const { id } = (await admin.call('GET', path)).json
      const about = { deployment: id, reporter: who.principal.name.replace(':', '.'), sequence: 1 }
      const { status } = await who.call('POST', `${path}/counts`, {
        ...{ ...about, items: [answered('champion', 2, 20)] },
      })
      return status
    }
    const stageOf = async (version: string) =>
      (await admin.get(`model-versions/get?name=fraud&version=${version}`)).json.model_version
        .current_stage
    const list = async (who: Member, query = '') => {
      const { items } = (await who.call('GET', `/api/v1/deployments${query}`)).json
      return items.map(({ name }: { name: string }) => name)
    }
    return { list, admin, grant, ann, bob, scorer, put, report, stageOf }
  }

  test('nobody makes a guard roll back a stage who could not do so by hand', async () => {
    const { ann, bob, scorer, put, report, stageOf } = await people({ action: 'rollback' })
    expect((await put(bob)).status).toBe(403)
    expect((await put(ann)).status).toBe(200)
    expect([await report(scorer), await report(bob)]).toEqual([403, 403])
    expect(await stageOf('2')).toBe('Production')
    expect(await report(ann)).toBe(200)
    expect(await stageOf('1')).toBe('Production')
  })

  test('deployments of all models are listed to those who may read them', async () => {
    const { admin, ann, put, list } = await people({})
    await put(ann)
    await admin.post('registered-models/create', { name: 'churn' })
    const churn = [{ name: 'a', uri: 'models:/churn/1', weight: 1 }]
    await admin.call('PUT', '/api/v1/deployments/aa', { model: 'churn', variants: churn })
    expect([await list(admin), await list(ann)]).toEqual([['aa', 'ab'], ['ab']])
    expect(await list(ann, '?model=fraud')).toEqual(['ab'])
    expect((await ann.call('GET', '/api/v1/deployments?model=churn')).status).toBe(403)
  })

  test('those whom the guard names are believed while they have USE', async () => {
    const named = { action: 'rollback', reporters: ['service:scorer'] }
    const { admin, grant, ann, scorer, put, report, stageOf } = await people(named)
    expect((await put(ann)).status).toBe(200)
    const gone = { username: 'service:scorer', resource_type: 'registered_model' }
    await admin.post3('users/permissions/revoke', { ...gone, resource_id: 'fraud' })
    expect(await report(scorer)).toBe(403)
    expect(await stageOf('2')).toBe('Production')
    await grant('service:scorer', 'registered_model', 'fraud', 'USE')
    expect(await report(scorer)).toBe(200)
    expect(await stageOf('1')).toBe('Production')
  })
})
