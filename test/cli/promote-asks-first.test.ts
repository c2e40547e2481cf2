import { createHash } from 'node:crypto'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { client, serverAt } from '../support/client.ts'
import { type DevAndProd, password, startDevAndProd } from '../support/dev-and-prod.ts'
import { runHere } from '../support/program.ts'

let dev: DevAndProd['dev']
let prod: DevAndProd['prod']
let root: DevAndProd['root']
let register: DevAndProd['register']
let tokenOf: DevAndProd['tokenOf']
let stop: DevAndProd['stop']
/** Of the administrator of the second server. */
let token: string

vi.setConfig({ testTimeout: 120_000 })

beforeAll(async () => {
  ;({ dev, prod, root, register, tokenOf, stop } = await startDevAndProd())
  token = await tokenOf('admin')
  await register('fraud', { a: Buffer.from('weights') })
}, 60_000)

afterAll(() => stop())

/** Promotes version 1 of `fraud`; `writes` are the requests to the second server that are no questions. */
async function promote(args: readonly string[], by = token) {
  const writes: string[] = []
  const done = await runHere(['promote', 'models:/fraud/1', '--to', prod.url, '--json', ...args], {
    env: { GATEHOUSE_SERVER: dev.url, GATEHOUSE_TARGET_TOKEN: by },
    send(req) {
      const { pathname } = new URL(req.url)
      const isQuestion = req.method === 'GET' || pathname.endsWith('/transfers/check')
      if (req.url.startsWith(prod.url) && !isQuestion) writes.push(`${req.method} ${pathname}`)
      return fetch(req)
    },
  })
  return { ...done, writes }
}

/** Refused, with a message; and no request changed anything at either server. */
async function expectRefusal(message: string | RegExp, args: readonly string[], by = token) {
  const noted = async () =>
    (await dev.call('GET', '/api/v1/audit?model=fraud&max_results=1')).json.items[0].seq
  const before = await noted()
  const { code, out, err, writes } = await promote(args, by)
  expect([code, out, writes]).toEqual([1, '', []])
  expect(err).toMatch(message)
  expect(await noted()).toBe(before)
}

test('a name, a stage and an experiment that cannot be are refused before anything is sent', async () => {
  await root.call('PUT', '/api/v1/collections/shelf', {})
  await root.post('registered-models/create', {
    ...{ name: 'greeting', tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }] },
  })
  const gone = (await root.post('experiments/create', { name: 'gone' })).json.experiment_id
  await root.post('experiments/delete', { experiment_id: gone })
  const stages = ['None', 'Staging', 'Production', 'Archived']
  const items = [
    ...stages.map((name) => ({ name })),
    ...[
      { name: 'Live', from: ['Staging'] },
      { name: 'Shadow', exclusive: true },
    ],
  ]
  expect((await root.call('PUT', '/api/v1/stages', { items })).status).toBe(200)

  const refused: [RegExp, string[]][] = [
    [/refused: 'shelf' is a collection, .* link it/, ['--as', 'shelf']],
    [/refused: 'greeting' is a prompt.*choose another name/, ['--as', 'greeting']],
    [/refused: Invalid.*'a\/b'.*choose another/, ['--as', 'a/b']],
    [/refused: .*stage: Nowhere; use one of None, Staging.*Live/, ['--stage', 'Nowhere']],
    [/refused: .*can only be entered from Staging: move it there first/, ['--stage', 'Live']],
    [/refused: .*'latest'|latest.*choose another/, ['--alias', 'latest']],
    [/refused: .*alphanumerics/, ['--alias', 'a b']],
    [/refused: .*versions in None and Archived are not replaced/, ['--stage', 'None', '--archive']],
    [/refused: Experiment 'gone' was deleted.*restore it/, ['--experiment', 'gone']],
    [/--break-glass needs a --reason/, ['--stage', 'Staging', '--break-glass']],
    [/refused: .*name no workspace/, ['--to-workspace', 'nowhere']],
  ]
  for (const [message, args] of refused) await expectRefusal(message, args)
  const known = await root.get('registered-models/get?name=fraud')
  expect(known.status).toBe(404)

  // What is there by now is moved from where it is.
  expect((await promote(['--as', 'moved', '--stage', 'Shadow'])).code).toBe(0)
  await register('second', { a: Buffer.from('other weights') })
  const taken = await runHere(
    ['promote', 'models:/second/1', '--to', prod.url, '--as', 'moved', '--stage', 'Shadow'],
    { env: { GATEHOUSE_SERVER: dev.url, GATEHOUSE_TARGET_TOKEN: token } },
  )
  expect(taken.err).toMatch(/Shadow holds one version of a model at a time, and version 1/)
  expect((await promote(['--as', 'moved', '--stage', 'Staging'])).code).toBe(0)
  const live = await promote(['--as', 'moved', '--stage', 'Live'])
  expect([live.code, live.err]).toEqual([0, expect.stringContaining('is there already')])
})

test('who lacks a right for any part of it hears so before anything is sent', async () => {
  await root.call('POST', '/api/2.0/mlflow/users/create', { username: 'eve', password })
  const eve = await tokenOf('eve')
  const deny = async (resource_type: string, resource_id: string) => {
    const denied = await root.post3('users/permissions/grant', {
      ...{ username: 'eve', resource_type, resource_id, permission: 'READ' },
    })
    expect(denied.status, denied.text).toBe(200)
  }
  await root.post('registered-models/create', { name: 'readable' })
  await deny('registered_model', 'readable')
  const { experiment_id } = (await root.post('experiments/create', { name: 'theirs' })).json
  await deny('experiment', experiment_id)
  await expectRefusal(/EDIT on registered model 'readable' is needed/, ['--as', 'readable'], eve)
  await expectRefusal(/EDIT on experiment/, ['--experiment', 'theirs'], eve)

  const grant = (more: object) =>
    root.call('POST', '/api/v1/grants', { principal: 'user:admin', ...more })
  await grant({ action: 'promote', models: 'guarded*', stage: 'Production' })
  await grant({ action: 'register', models: 'closed*' })
  const stage = ['--as', 'guarded-new', '--stage', 'Production']
  await expectRefusal(/grant of 'promote' for model 'guarded-new', stage 'Production'/, stage, eve)
  await expectRefusal(/grant of 'register' for model 'closed-new'/, ['--as', 'closed-new'], eve)
  const through = await promote(['--as', 'guarded-new', '--stage', 'Staging'], eve)
  expect([through.code, through.err]).toEqual([0, expect.stringContaining('is there')])
})

test('the question tells nothing of what the caller may not read', async () => {
  const eve = client(serverAt(prod.url), { authorization: `Bearer ${await tokenOf('eve')}` })
  await root.post('registered-models/create', { name: 'secret' })
  const denied = { username: 'eve', resource_type: 'registered_model', resource_id: 'secret' }
  await root.post3('users/permissions/grant', { ...denied, permission: 'DENY' })
  await root.call('PUT', '/api/v1/collections/secret-shelf', {})
  const shelf = { username: 'eve', resource_type: 'registered_model', resource_id: 'secret-shelf' }
  await root.post3('users/permissions/grant', { ...shelf, permission: 'DENY' })
  const ask = (name: string) =>
    eve.call('POST', `/api/v1/models/${name}/transfers/check`, {
      digest: `sha256:${createHash('sha256').update('x').digest('hex')}`,
      from: { server: dev.url, model: 'fraud', version: '1' },
      experiment: 'hers',
    })
  const said = [await ask('secret'), await ask('secret-shelf')]
  expect(said.map(({ status }) => status)).toEqual([403, 403])
  expect(said.map(({ text }) => text.includes('collection'))).toEqual([false, false])
  expect((await ask('hers')).json).toEqual({})
})

test('a bundle asks first as well', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-asks-'))
  const file = join(folder, 'fraud.zip')
  const here = { env: { GATEHOUSE_SERVER: dev.url } }
  expect((await runHere(['bundle', 'create', 'models:/fraud/1', '-o', file], here)).code).toBe(0)
  const key = join(folder, 'key.pem')
  await writeFile(key, (await runHere(['bundle', 'keys', '--pem'], here)).out)
  const args = ['bundle', 'import', file, '--key', key, '--as', 'bundled', '--stage', 'Nowhere']
  const refused = await runHere(args, {
    env: { GATEHOUSE_SERVER: prod.url, MLFLOW_TRACKING_TOKEN: token },
  })
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('stage: Nowhere')])
  expect((await root.get('registered-models/get?name=bundled')).status).toBe(404)
})
