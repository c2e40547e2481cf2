import { expect, test } from 'vitest'
import { appOf } from '../../support/app.ts'
import { admin } from '../../support/auth-server.ts'
import { sageMakerClient } from '../../support/sagemaker-client.ts'
import { sageMakerServer } from './server.ts'

const list = 'ListModelPackageGroups'

test('a token with a key pair signs requests until it is revoked', async () => {
  const { signedBy, call, user } = await sageMakerServer()
  const rita = await user('rita')
  const sm = await signedBy(rita)
  expect(sm.pair.id).toMatch(/^GHK[A-Z2-7]{17}$/)
  expect((await sm.call(list)).status).toBe(200)
  const shown = await call(rita, 'GET', '/api/v1/tokens')
  expect(shown.json.items[0].aws_access_key_id).toBe(sm.pair.id)
  expect(shown.text).not.toContain(sm.pair.secret)
  await call(rita, 'DELETE', `/api/v1/tokens/${sm.id}`)
  const after = await sm.call(list)
  expect(after.status).toBe(400)
  expect(after.json.__type).toBe('UnrecognizedClientException')
})

test('a token without a key pair is asked for one, and none is shown', async () => {
  const { call } = await sageMakerServer()
  const made = await call(admin, 'POST', '/api/v1/tokens', { name: 't' })
  expect(made.status).toBe(201)
  expect(made.text).not.toContain('aws_')
})

test('a request is refused when it is late, altered or moved to another path', async () => {
  const { signedBy, clock } = await sageMakerServer()
  const sm = await signedBy(admin)
  const sent = await sm.signed('CreateModelPackageGroup', { ModelPackageGroupName: 'm' })
  const refusals = [
    await sm.send({ ...sent, body: sent.body.replace('"m"', '"n"') }),
    await sm.send({ ...sent, path: '/aws' }),
  ]
  clock.pass(300_001)
  refusals.push(await sm.send(sent))
  expect(refusals.map(({ status, json }) => [status, json.__type])).toEqual(
    Array(3).fill([400, 'InvalidSignatureException']),
  )
  expect((await sm.call(list)).json.ModelPackageGroupSummaryList).toEqual([])
})

test('another secret, an unknown key and no signature are told apart', async () => {
  const { app, signedBy, clock } = await sageMakerServer()
  const { pair } = await signedBy(admin)
  const as = (other: object) =>
    sageMakerClient(app, { pair: { ...pair, ...other }, nowMs: clock.now }).call(list)
  expect((await as({ secret: 'x' })).json.__type).toBe('InvalidSignatureException')
  expect((await as({ id: 'GHKAAAAAAAAAAAAAAAAA' })).json.__type).toBe('UnrecognizedClientException')
  const bare = async (headers: Record<string, string>) => {
    const res = await app.request('/', {
      method: 'POST',
      headers: { 'x-amz-target': `SageMaker.${list}`, ...headers },
    })
    return ((await res.json()) as { __type: string }).__type
  }
  expect(await bare({})).toBe('MissingAuthenticationTokenException')
  expect(await bare({ authorization: 'AWS4-HMAC-SHA256 x' })).toBe('IncompleteSignatureException')
})

test('a token that may only read makes no group by its key pair', async () => {
  const { signedBy } = await sageMakerServer()
  const sm = await signedBy(admin, { scopes: ['read'] })
  expect((await sm.call(list)).status).toBe(200)
  const made = await sm.call('CreateModelPackageGroup', { ModelPackageGroupName: 'm' })
  expect(made).toMatchObject({ status: 400, json: { __type: 'AccessDeniedException' } })
})

test('the endpoint may have the path /aws, and Basic is taken there too', async () => {
  const { app, signedBy } = await sageMakerServer()
  const sm = await signedBy(admin, {}, '/aws')
  expect((await sm.call(list)).status).toBe(200)
  const res = await app.request('/aws', {
    method: 'POST',
    headers: { 'x-amz-target': `SageMaker.${list}`, authorization: admin },
  })
  expect(res.status).toBe(200)
})

test('behind a proxy that removes a prefix, the address of public-url is the one that was signed', async () => {
  const { platform, signedBy } = await sageMakerServer()
  const sm = await signedBy(admin, {}, '/gate')
  const sent = await sm.signed(list, {})
  const publicUrl = 'http://localhost/gate'
  const app = appOf(() => ({ ...platform, settings: { ...platform.settings, publicUrl } }))
  const ask = async (path: string) => {
    const { headers, body } = sent
    return (await app.request(path, { method: 'POST', headers, body })).status
  }
  expect(await ask('/')).toBe(200)
  expect(await ask('/aws')).toBe(400)
})

test('a key pair reaches no workspace that its owner may not enter', async () => {
  const { platform, signedBy, user, clock } = await sageMakerServer()
  const { pair } = await signedBy(await user('rita'))
  const app = appOf(() => ({ ...platform, settings: { ...platform.settings, workspaces: true } }))
  const path = '/workspaces/team-b'
  const refused = await sageMakerClient(app, { pair, nowMs: clock.now, path }).call(list)
  expect(refused.status).toBe(400)
  expect(refused.json.__type).not.toBe('InvalidSignatureException')
  expect(refused.json.ModelPackageGroupSummaryList).toBeUndefined()
})
