import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { signStatement } from '../../src/attestations/envelope.ts'
import { makePrivateKey, readKeyPair } from '../../src/attestations/key-pair.ts'
import { predicateTypes } from '../../src/attestations/predicate-types.ts'
import { statementAbout } from '../../src/bundles/statements/statement.ts'
import { sha256 } from '../../src/platform/node/sha256.ts'
import { client, serverAt } from '../support/client.ts'
import { type DevAndProd, password, startDevAndProd } from '../support/dev-and-prod.ts'
import { run } from '../support/gatehouse-process.ts'
import { runHere } from '../support/program.ts'

const files = '/api/2.0/mlflow-artifacts/artifacts'
let dev: DevAndProd['dev']
let prod: DevAndProd['prod']
let root: DevAndProd['root']
let register: DevAndProd['register']
let tokenOf: DevAndProd['tokenOf']
let stop: DevAndProd['stop']

// Each test starts the program several times.
vi.setConfig({ testTimeout: 120_000 })

beforeAll(async () => {
  ;({ dev, prod, root, register, tokenOf, stop } = await startDevAndProd())
}, 60_000)

afterAll(() => stop())

async function promote(token: string, args: readonly string[]) {
  const env = { GATEHOUSE_SERVER: dev.url, GATEHOUSE_TARGET_TOKEN: token }
  return run(['promote', ...args, '--to', prod.url, '--json'], env)
}

test('a version goes to another server with its facts, and the two audit logs name each other', async () => {
  const weights = randomBytes(300_000)
  await register('fraud', {
    'weights.bin': weights,
    'sub/ä b.txt': Buffer.from('x'),
    empty: Buffer.of(),
  })
  const token = await tokenOf('admin')
  const first = await promote(token, ['models:/fraud/1'])
  expect([first.code, first.err]).toEqual([0, expect.any(String)])
  const arrived = JSON.parse(first.out)
  expect(arrived).toMatchObject({ model: 'fraud', version: '1', added: true, sent: 3, known: 0 })

  const of = '/api/v1/models/fraud/versions/1'
  const [here, there] = [await dev.call('GET', of), await root.call('GET', of)]
  expect(there.json.digest).toBe(here.json.digest)
  expect(there.json).toMatchObject({ stage: 'None', description: 'tuned' })
  const facts = (await root.call('GET', `${of}/facts`)).json
  expect(facts).toMatchObject({
    ...{ metrics: { accuracy: 0.93 }, params: { depth: '7' }, run_name: 'tuned' },
    ...{ code_version: 'abc', datasets: [{ name: 'claims', digest: 'd1' }] },
  })
  expect((await root.call('GET', `${of}/card`)).json.card.intended_use).toBe('claims of cars')
  const entry = async (of: typeof root, seq: number) =>
    (await of.call('GET', '/api/v1/audit?model=fraud&max_results=100')).json.items.find(
      (one: { seq: number }) => one.seq === seq,
    )
  expect(await entry(dev, arrived.entry)).toMatchObject({
    ...{ action: 'model_version.sent', version: '1', after: { to: prod.url } },
  })
  expect((await entry(root, arrived.entry_there)).after.transferred_from).toEqual({
    ...{ server: dev.url, model: 'fraud', version: '1', entry: arrived.entry },
  })
  const log = (await dev.call('GET', '/api/v1/audit?action=model_version.arrived')).json.items
  expect(log[0].after).toEqual({
    ...{ to: prod.url, model: 'fraud', version: '1', entry: arrived.entry_there },
  })

  // Again it is the same version, and nothing travels.
  const again = await promote(token, ['fraud', '1'])
  expect(JSON.parse(again.out)).toMatchObject({
    ...{ version: '1', added: false, sent: 1, sent_bytes: 0, known: 2 },
    ...{ entry: arrived.entry, entry_there: arrived.entry_there },
  })
  const staged = await promote(token, ['models:/fraud/1', '--stage', 'Staging'])
  expect([staged.code, JSON.parse(staged.out).status]).toEqual([0, 'merged'])
})

test('a version that came from another server goes on to the next, and its run there is one', async () => {
  await register('far', { a: Buffer.from('a') })
  const token = await tokenOf('admin')
  expect((await promote(token, ['models:/far/1'])).code).toBe(0)
  const env = { GATEHOUSE_SERVER: prod.url, MLFLOW_TRACKING_TOKEN: token }
  const args = ['promote', 'models:/far/1', '--to', dev.url, '--as', 'farther', '--json']
  const [first, again] = [await run(args, env), await run(args, env)]
  expect([first.code, first.err, again.code]).toEqual([0, expect.any(String), 0])
  expect(JSON.parse(again.out)).toMatchObject({ version: '1', added: false })
  const found = await dev.get('experiments/get-by-name?experiment_name=promoted-farther')
  const experiment_ids = [found.json.experiment.experiment_id]
  expect((await dev.post('runs/search', { experiment_ids })).json.runs).toHaveLength(1)
})

test('cut off by SIGKILL, it goes on where it was and sends no byte twice', async () => {
  const contents: Record<string, Buffer> = {}
  for (let i = 0; i < 60; i++) contents[`part-${i}`] = randomBytes(200_000)
  await register('large', contents)
  const token = await tokenOf('admin')
  const env = { ...process.env, GATEHOUSE_SERVER: dev.url, GATEHOUSE_TARGET_TOKEN: token }
  const command = new URL('../../bin/gatehouse', import.meta.url).pathname
  const child = spawn(command, ['promote', 'models:/large/1', '--to', prod.url], {
    ...{ env, stdio: 'ignore', detached: true },
  })
  const ended = new Promise((done) => child.once('close', done))
  const arrivedFiles = async () => {
    const found = await root.get('experiments/get-by-name?experiment_name=promoted-large')
    if (found.status !== 200) return 0
    const experiment_ids = [found.json.experiment.experiment_id]
    const { json } = await root.post('runs/search', { experiment_ids })
    const run_id = json.runs?.[0]?.info.run_id
    if (!run_id) return 0
    const listed = await root.get(`artifacts/list?run_id=${run_id}&path=model`)
    return listed.json.files?.length ?? 0
  }
  await expect.poll(arrivedFiles, { timeout: 30_000, interval: 20 }).toBeGreaterThan(2)
  process.kill(-(child.pid ?? 0), 'SIGKILL')
  await ended
  const before = await arrivedFiles()
  expect(
    (await root.get('registered-models/get?name=large')).json.registered_model.latest_versions,
  ).toBeUndefined()
  const done = await promote(token, ['models:/large/1'])
  expect([done.code, done.err]).toEqual([0, expect.any(String)])
  const { sent, known, version } = JSON.parse(done.out)
  expect([sent + known, version]).toEqual([60, '1'])
  expect(known).toBeGreaterThanOrEqual(before)
  const found = await root.get('experiments/get-by-name?experiment_name=promoted-large')
  const { json } = await root.post('runs/search', {
    experiment_ids: [found.json.experiment.experiment_id],
  })
  expect(json.runs).toHaveLength(1)
  const verified = await root.call('POST', '/api/v1/models/large/versions/1/verify')
  expect(verified.json).toMatchObject({ ok: true, files: 60 })
}, 120_000)

test('policies of the other server hold, whatever was approved here', async () => {
  await register('guarded', { a: Buffer.from('a') })
  await root.call('PUT', '/api/v1/policies/strict', {
    applies_to: { models: 'guarded', stage: 'Production' },
    gates: [{ name: 'accurate', type: 'metric', metric: 'accuracy', min: 0.99 }],
    approvals: { required: 1, from: ['user:admin'] },
  })
  await dev.post('model-versions/transition-stage', {
    ...{ name: 'guarded', version: '1', stage: 'Production' },
  })
  const waits = await promote(await tokenOf('admin'), [
    'models:/guarded/1',
    '--stage',
    'Production',
  ])
  expect(waits.code).toBe(3)
  expect(JSON.parse(waits.out)).toMatchObject({
    status: 'open',
    gates: [{ name: 'accurate', status: 'failed' }],
  })
  expect((await root.call('GET', '/api/v1/models/guarded/versions/1')).json.stage).toBe('None')
})

test('who lacks a right there brings nothing there, and gets no bytes by their sum', async () => {
  const secret = Buffer.from('the secret weights')
  await register('theirs', { a: secret })
  expect((await promote(await tokenOf('admin'), ['models:/theirs/1'])).code).toBe(0)
  await root.call('POST', '/api/2.0/mlflow/users/create', { username: 'eve', password })
  const deny = async (resource_type: string, resource_id: string) => {
    const body = { username: 'eve', resource_type, resource_id, permission: 'DENY' }
    const denied = await root.post3('users/permissions/grant', body)
    expect(denied.status, denied.text).toBe(200)
  }
  await deny('registered_model', 'theirs')
  const found = await root.get('experiments/get-by-name?experiment_name=promoted-theirs')
  await deny('experiment', found.json.experiment.experiment_id)
  const token = await tokenOf('eve')
  const refused = await promote(token, ['models:/theirs/1'])
  expect([refused.code, refused.out]).toEqual([1, ''])
  expect(refused.err).toContain('eve')
  const eve = client(serverAt(prod.url), { authorization: `Bearer ${token}` })
  const { experiment_id } = (await eve.post('experiments/create', { name: 'hers' })).json
  const started = await eve.post('runs/create', { experiment_id, start_time: 1 })
  const at = String(started.json.run.info.artifact_uri).replace('mlflow-artifacts:/', '')
  const put = await fetch(`${prod.url}${files}/${at}/a`, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${token}`,
      'X-Checksum-Deploy': 'true',
      'X-Checksum-Sha256': createHash('sha256').update(secret).digest('hex'),
    },
  })
  expect(put.status).toBe(404)
  // Nor does she register files under a digest that is not theirs.
  await eve.post('registered-models/create', { name: 'hers' })
  const forged = await eve.call('POST', '/api/v1/models/hers/transfers', {
    ...{ run_id: started.json.run.info.run_id, path: 'model' },
    digest: `sha256:${'0'.repeat(64)}`,
    from: { server: dev.url, model: 'theirs', version: '1', entry: 1 },
  })
  expect([forged.status, forged.json.message]).toEqual([400, expect.stringContaining('no files')])
  const odd = await run(['promote', 'models:/theirs/1', '--to', 'ftp://x'], {
    GATEHOUSE_SERVER: dev.url,
  })
  expect([odd.code, odd.err]).toEqual([1, expect.stringContaining('no address of a server')])
})

/** A key of somebody else, and what it signs about a version of the first server. */
async function signer(name: string) {
  const pair = await readKeyPair({ sha256 }, await makePrivateKey())
  if (!pair) throw new Error('a key was made and cannot be read')
  await dev.call('PUT', `/api/v1/trusted-keys/${name}`, { pem: pair.pem })
  return {
    pem: pair.pem,
    async attest(model: string, result: string) {
      const of = `/api/v1/models/${model}/versions/1`
      const { digest } = (await dev.call('GET', of)).json
      const statement = statementAbout(digest, predicateTypes.gates, { result })
      const body = JSON.parse(await signStatement(statement, pair))
      expect((await dev.call('POST', `${of}/attestations`, body)).status).toBe(200)
    },
  }
}

test('what others signed comes along as far as that server trusts their keys, and its gates judge by it', async () => {
  await register('attested', { a: Buffer.from('attested') })
  const [ci, lab] = [await signer('ci'), await signer('lab')]
  await ci.attest('attested', 'FAILED')
  await ci.attest('attested', 'PASSED')
  await lab.attest('attested', 'PASSED')
  await root.call('PUT', '/api/v1/policies/tested', {
    applies_to: { models: 'attested', stage: 'Production' },
    gates: [{ name: 'ci', type: 'attestation', predicate: predicateTypes.gates, key: 'pipeline' }],
  })
  const env = { GATEHOUSE_SERVER: dev.url, GATEHOUSE_TARGET_TOKEN: await tokenOf('admin') }
  const go = ['promote', 'models:/attested/1', '--to', prod.url, '--stage', 'Production']
  const waits = await runHere(go, { env })
  expect(waits.code).toBe(3)
  expect(waits.err).toMatch(/not kept there: .* by ci, .* by ci: the key \w{64} is not trusted/)
  await root.call('PUT', '/api/v1/trusted-keys/pipeline', { pem: ci.pem })
  const merged = await runHere([...go, '--json'], { env })
  expect([merged.code, JSON.parse(merged.out).status]).toEqual([0, 'merged'])
  expect(merged.err).toContain(`came along: ${predicateTypes.gates} by ci`)
  const at = '/api/v1/models/attested/versions/1/attestations'
  // The newest is the one that was the newest where they come from.
  const kept = (await root.call('GET', at)).json.items
  expect(kept.map((one: { key: string; result: string }) => [one.key, one.result])).toEqual([
    ['pipeline', 'PASSED'],
    ['pipeline', 'FAILED'],
  ])
  const again = await runHere([...go.slice(0, 4), '--json'], { env })
  expect(JSON.parse(again.out)).toMatchObject({ added: false, attestations_left: [{}] })
  expect((await root.call('GET', at)).json.items).toHaveLength(2)
})

test('of two servers it is said which refused, and what lets one in there', async () => {
  await register('asked', { a: Buffer.from('asked') })
  const go = (env: Record<string, string>, to = prod.url) =>
    runHere(['promote', 'models:/asked/1', '--to', to], {
      env: { GATEHOUSE_SERVER: dev.url, ...env },
    })
  for (const env of [{}, { GATEHOUSE_TARGET_TOKEN: 'wrong' }]) {
    const refused = await go(env)
    expect([refused.code, refused.out]).toEqual([1, ''])
    expect(refused.err).toContain(`${prod.url} refused: `)
    expect(refused.err).toContain('; GATEHOUSE_TARGET_TOKEN says who you are there')
  }
  const sent = await dev.call('GET', '/api/v1/audit?model=asked&action=model_version.sent')
  expect(sent.json.items).toEqual([])
  const back = await go(
    { GATEHOUSE_SERVER: prod.url, MLFLOW_TRACKING_TOKEN: 'wrong' },
    `${dev.url}/`,
  )
  expect(back.err).toContain(`${prod.url} refused: `)
  expect(back.err).toContain('; MLFLOW_TRACKING_TOKEN, or')
  const none = await runHere(['promote', 'models:/none/1', '--to', prod.url], {
    env: { GATEHOUSE_SERVER: dev.url, GATEHOUSE_TARGET_TOKEN: await tokenOf('admin') },
  })
  expect(none.err).toContain(`${dev.url} refused: `)
  expect(none.err).not.toContain('TOKEN')
})

test('a connection that breaks is made again, and bytes that cannot be read are said to be', async () => {
  await register('shaky', { a: Buffer.from('shaky bytes') })
  const env = { GATEHOUSE_SERVER: dev.url, GATEHOUSE_TARGET_TOKEN: await tokenOf('admin') }
  const args = ['promote', 'models:/shaky/1', '--to', prod.url, '--json']
  const isFile = ({ method, url }: Request) => method === 'PUT' && url.endsWith('/model/a')
  const isRead = ({ method, url }: Request) => method === 'GET' && url.endsWith('/a')
  const changed = await runHere(args, {
    env,
    send: async (req) => (isRead(req) ? new Response('other bytes') : fetch(req)),
  })
  expect([changed.code, changed.out]).toEqual([1, ''])
  expect(changed.err).toContain("'a' is not what was sealed")
  expect(changed.err).not.toContain('cannot reach')
  let broken = 0
  const done = await runHere(args, {
    env,
    send: async (req) => {
      if (isFile(req) && broken++ < 2) throw new TypeError('fetch failed')
      return fetch(req)
    },
  })
  expect([done.code, done.err]).toEqual([0, ''])
  expect(JSON.parse(done.out)).toMatchObject({ sent: 1, version: '1' })
}, 60_000)

test('metrics come with their whole history and the times of the run, and late ones stay late', async () => {
  const { experiment_id } = (await dev.post('experiments/create', { name: 'long' })).json
  const started = await dev.post('runs/create', { experiment_id, start_time: 1000 })
  const { run_id, artifact_uri } = started.json.run.info
  const steps = Array.from({ length: 2500 }, (_, i) => i)
  const point = (
    key: string,
    value: number | string,
    step: number | string,
    timestamp: number,
  ) => ({
    ...{ key, value, step, timestamp },
  })
  for (let at = 0; at < steps.length; at += 500) {
    const metrics = steps.slice(at, at + 500).map((i) => point('loss', 1 / (i + 1), i, 1000 + i))
    await dev.post('runs/log-batch', { run_id, metrics })
  }
  const metrics = [
    ...[point('odd', 'NaN', 0, 1001), point('odd', 7, '9007199254740993', 1002)],
    ...[point('back', 5, 2, 1001), point('back', 9, 1, 1002), point('late', 3, 0, 9000)],
  ]
  await dev.post('runs/log-batch', { run_id, metrics })
  await dev.post('runs/update', { run_id, status: 'FINISHED', end_time: 5000 })
  const folder = String(artifact_uri).replace('mlflow-artifacts:/', '')
  await fetch(`${dev.url}${files}/${folder}/model/a`, { method: 'PUT', body: 'long' })
  await dev.post('registered-models/create', { name: 'long' })
  await dev.post('model-versions/create', { name: 'long', source: `${artifact_uri}/model`, run_id })
  const of = '/api/v1/models/long/versions/1'
  const env = { GATEHOUSE_SERVER: dev.url, GATEHOUSE_TARGET_TOKEN: await tokenOf('admin') }
  const go = (...more: string[]) =>
    runHere(['promote', 'models:/long/1', '--to', prod.url, '--json', ...more], { env })
  const first = await go()
  expect([first.code, first.err]).toEqual([0, ''])
  const facts = async (at: typeof root, path = of) => (await at.call('GET', `${path}/facts`)).json
  const [here, there] = [await facts(dev), await facts(root)]
  expect(there.metrics).toEqual(here.metrics)
  expect([here.late_metrics, there.late_metrics]).toEqual([['late'], ['late']])
  const copy = (await root.get(`runs/get?run_id=${there.run_id}`)).json.run
  expect(copy.info).toMatchObject({ start_time: 1000, end_time: 5000, status: 'FINISHED' })
  const history = async (at: typeof root, id: string, key: string) =>
    (await at.get(`metrics/get-history?run_id=${id}&metric_key=${key}`)).text
  for (const key of ['loss', 'odd', 'back', 'late']) {
    expect(await history(root, there.run_id, key)).toBe(await history(dev, run_id, key))
  }
  expect(await history(root, there.run_id, 'odd')).toContain('9007199254740993')

  // Where the run was deleted, what the version is known by comes all the same.
  await dev.post('runs/delete', { run_id })
  const deleted = await go('--as', 'long2')
  expect([deleted.code, deleted.err]).toEqual([0, ''])
  const after = await facts(root, '/api/v1/models/long2/versions/1')
  expect(after.metrics).toEqual(here.metrics)
})
