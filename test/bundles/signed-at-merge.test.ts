import { expect, test, vi } from 'vitest'
import { makePrivateKey } from '../../src/attestations/key-pair.ts'
import { signMerged } from '../../src/bundles/releases/sign-merged.ts'
import { listDueVersions } from '../../src/governance/signing/signatures-due.ts'
import { givenBundleKey } from '../../src/platform/bundle-key.ts'
import { person } from '../support/accounts.ts'
import { filesOfZip, statementIn } from '../support/bundle-files.ts'
import { bundleKeyInMemory } from '../support/bundle-key.ts'
import { cardServer } from '../support/card-server.ts'
import { governedServer } from '../support/governed-server.ts'
import { sixteen } from '../support/registry-server.ts'
import { pagesOf, textOf } from '../ui/page.ts'

const minuteMs = 60_000

/** Versions 1 and 2 of `fraud`, and a policy that has signed what gets into Production. */
async function signingServer(overrides: Parameters<typeof cardServer>[0] = {}) {
  const clock = { now: 1_764_000_000_000 }
  const server = await cardServer({ now: () => clock.now, ...overrides })
  const { call, createModel, seal } = server
  await createModel('fraud')
  await seal('fraud', { MLmodel: 'flavors: {}\n' })
  await seal('fraud', { MLmodel: 'flavors: {a: {}}\n' })
  const policy = (more: object = {}) =>
    call('PUT', '/api/v1/policies/signed', {
      applies_to: { models: '*', stage: 'Production' },
      sign: true,
      ...more,
    })
  expect((await policy()).json).toMatchObject({ sign: true, revision: 1 })
  const of = (version: number) => `/api/v1/models/fraud/versions/${version}`
  return {
    ...{ ...server, clock, policy, of },
    bundles: async (version = 1) => (await call('GET', `${of(version)}/bundles`)).json.items,
    move: async (version: number, stage = 'Production') => {
      const { status, text } = await server.transition('fraud', String(version), stage)
      expect([status, text]).toEqual([200, expect.anything()])
    },
    proof: async (version = 1) =>
      textOf((await pagesOf(server.app).get(`/models/fraud/${version}/proof`)).html),
  }
}

test('what is merged under a policy that says so is signed by the server, once', async () => {
  const { platform, move, bundles, send, of, proof, call } = await signingServer()
  await move(1)
  expect(await bundles()).toEqual([])
  expect(await proof()).toContain('What #1 let in is to be signed, which happens in the background')
  await signMerged(platform)
  await signMerged(platform)
  expect(await bundles()).toMatchObject([{ version: '1', created_by: { name: 'gatehouse' } }])
  expect(await proof()).not.toContain('is to be signed')
  const zip = await filesOfZip(await (await send('GET', `${of(1)}/bundle.zip`)).arrayBuffer())
  const { predicate } = statementIn(zip, 'attestations/release.sigstore.json')
  expect(predicate).toMatchObject({
    stage: 'Production',
    promotions: [{ id: '1', to: { stage: 'Production' }, status: 'merged' }],
  })
  const { json } = await call('GET', '/api/v1/audit?action=model_version.signed')
  expect(json.items).toMatchObject([{ version: '1', actor: { name: 'gatehouse' } }])
})

test('sixteen processes that sign at once make one bundle', async () => {
  const { platform, move, bundles } = await signingServer()
  await move(1)
  await sixteen(() => signMerged(platform))
  expect(await bundles()).toHaveLength(1)
})

test('a bundle that somebody makes meanwhile is the one that was due', async () => {
  const { platform, move, bundles, call, of } = await signingServer()
  await move(1)
  expect((await call('POST', `${of(1)}/bundles`)).status).toBe(201)
  await signMerged(platform)
  expect(await bundles()).toHaveLength(1)
})

test('what moves elsewhere, or while no policy says so, is not signed', async () => {
  const { platform, move, bundles, policy } = await signingServer()
  await move(1, 'Staging')
  expect((await policy({ sign: false })).json).toMatchObject({ sign: false, revision: 2 })
  await move(2)
  await signMerged(platform)
  expect([await bundles(1), await bundles(2)]).toEqual([[], []])
})

test('a version that is not sealed is not let in', async () => {
  const { createVersion, transition, call } = await signingServer()
  await createVersion('fraud', 's3://elsewhere/model')
  const { status, text } = await transition('fraud', '3', 'Production')
  expect([status, text]).toEqual([
    403,
    expect.stringContaining("gate 'signing' failed: it is not sealed"),
  ])
  const { json } = await call('GET', '/api/v1/promotions/1')
  expect(json.gates).toMatchObject([{ name: 'signing', policy: 'signed', status: 'failed' }])
})

test('for want of a key it waits, says why, and is signed once there is one', async () => {
  const key: { place: ReturnType<typeof givenBundleKey> } = { place: givenBundleKey(undefined) }
  const { platform, move, bundles, proof, clock } = await signingServer({
    bundleKey: { read: () => key.place.read() },
  })
  const logged = vi.spyOn(console, 'error').mockReturnValue()
  await move(1)
  await signMerged(platform)
  // It is not tried again at once.
  await signMerged(platform)
  expect(
    logged.mock.calls
      .flat()
      .join('\n')
      .match(/version not signed/g),
  ).toHaveLength(1)
  logged.mockRestore()
  expect(await proof()).toMatch(/could not be yet: This server has no key to sign bundles with/)
  const made = bundleKeyInMemory()
  await made.keep?.(await makePrivateKey())
  key.place = made
  clock.now += 5 * minuteMs
  await signMerged(platform)
  expect(await bundles()).toHaveLength(1)
})

test('one that cannot be signed keeps none back', async () => {
  const kept = bundleKeyInMemory()
  let reads = 0
  const bundleKey = {
    ...kept,
    read: async () => {
      if (reads++ === 0) throw new Error('the disk is away')
      return kept.read()
    },
  }
  const { platform, move, bundles, clock, proof } = await signingServer({ bundleKey })
  const logged = vi.spyOn(console, 'error').mockReturnValue()
  await move(1)
  clock.now += 1
  await move(2)
  await signMerged(platform)
  expect(await proof()).toContain('could not be yet: the server log says why')
  logged.mockRestore()
  expect([await bundles(1), await bundles(2)].map(({ length }) => length)).toEqual([0, 1])
  clock.now += 5 * minuteMs
  await signMerged(platform)
  expect(await bundles(1)).toHaveLength(1)
})

test('one that changed while it was signed waits, and others have their turn', async () => {
  const { platform, call, move, bundles, clock } = await signingServer()
  await call('POST', '/api/v1/keys/renew')
  const { bundleKey } = platform
  let reads = 0
  const read = async () => {
    const text = await bundleKey.read()
    // The first read finds that there is a key, the second takes it.
    if (++reads === 2) expect((await call('POST', '/api/v1/keys/renew')).status).toBe(201)
    return text
  }
  await move(1)
  clock.now += 1
  await move(2)
  Object.assign(platform, { bundleKey: { ...bundleKey, read } })
  await signMerged(platform)
  expect([await bundles(1), await bundles(2)].map(({ length }) => length)).toEqual([0, 1])
  expect(await listDueVersions(platform, 10)).toEqual([])
  clock.now += 1000
  expect(await listDueVersions(platform, 10)).toMatchObject([{ name: 'fraud', version: 1 }])
  await signMerged(platform)
  expect(await bundles(1)).toHaveLength(1)
})

test('what is not sealed and was let in by break-glass is never due, and the request says why', async () => {
  const { platform, as, admin, policy, version } = await governedServer()
  await policy('signed', {
    ...{ sign: true, break_glass: { from: ['group:on-call'] } },
    approvals: { required: 1, from: ['group:reviewers'] },
  })
  const ann = as(person('ann'))
  await version(ann, 'fraud')
  const to = { stage: 'production' }
  await ann('POST', '/api/v1/promotions', { model: 'fraud', version: '1', to, reason: 'now' })
  const otto = as(person('otto', { groups: ['on-call'] }))
  const reason = { reason: 'production is down' }
  const merged = await otto('POST', '/api/v1/promotions/1/break-glass', reason)
  expect(merged.json).toMatchObject({
    ...{ status: 'merged', break_glass: true, digest: null },
    gates: [{ type: 'signing', status: 'failed' }],
    blocked_by: ['1 approval', expect.stringContaining('it is not sealed')],
  })
  expect(await listDueVersions(platform, 10)).toEqual([])
  const logged = vi.spyOn(console, 'error').mockReturnValue()
  await signMerged(platform)
  expect(logged).not.toHaveBeenCalled()
  logged.mockRestore()
  expect((await admin('GET', '/api/v1/models/fraud/versions/1/bundles')).json.items).toEqual([])
})

test('a policy on deployments signs nothing', async () => {
  const { call } = await signingServer()
  const { status, json } = await call('PUT', '/api/v1/policies/traffic', {
    applies_to: { models: '*', deployment: '*' },
    approvals: { required: 0, from: ['group:operators'] },
    sign: true,
  })
  expect([status, json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
})
