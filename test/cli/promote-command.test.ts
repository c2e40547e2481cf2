import { execFile } from 'node:child_process'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { client, serverAt } from '../support/client.ts'
import { run, startServer, temporaryFolder } from '../support/gatehouse-process.ts'

const root = new URL('../..', import.meta.url).pathname
const page = await readFile(`${root}docs/ci.md`, 'utf8')

/** What a step of the page's workflow runs. */
function step(name: string): string {
  const [, body = ''] = page.split(`- name: ${name}\n`)
  const [, script = ''] = /run: (?:\|\n)?([\s\S]*?)(?=\n {6}- name|\n```)/.exec(body) ?? []
  return script.replace(/^ {10}/gm, '')
}

let server: Awaited<ReturnType<typeof startServer>>
let folder = ''
let models = 0

beforeAll(async () => {
  folder = await temporaryFolder()
  server = await startServer(join(folder, 'data'))
})
afterAll(() => server.stop())

async function api(actor: string, method: string, path: string, body: object) {
  const { call } = client(serverAt(server.url), { 'x-gatehouse-actor': actor })
  return (await call(method, `/api/v1/${path}`, body)).json
}

/** A model of its own with version 1, under a policy of that name. */
async function governed(policy: object | undefined, name = `m${++models}`): Promise<string> {
  await server.post('registered-models/create', { name })
  await server.post('model-versions/create', { name, source: 's3://bucket/model' })
  const applies_to = { models: name, stage: 'Production' }
  if (policy) await api('root', 'PUT', `policies/${name}`, { applies_to, ...policy })
  return name
}

const oneReviewer = { approvals: { required: 1, from: ['user:rita'], allow_unverified: true } }

function promote(...args: string[]) {
  return run(['promote', ...args, '--stage', 'Production', '--server', server.url, '--json'])
}

test('it ends with 0 where nothing stands in the way', async () => {
  const { code, out } = await promote(await governed(undefined), '1')
  expect([code, JSON.parse(out).status]).toEqual([0, 'merged'])
})

test('it ends with 3 while it waits, as often as it is asked, and with 0 after sign-off', async () => {
  const model = await governed(oneReviewer)
  const first = await promote(model, '1')
  const { id, blocked_by } = JSON.parse(first.out)
  expect([first.code, blocked_by]).toEqual([3, ['1 approval']])
  const waited = await promote(model, '1', '--wait', '--timeout', '1s')
  expect([waited.code, JSON.parse(waited.out).id]).toEqual([3, id])
  await api('rita', 'POST', `promotions/${id}/reviews`, { decision: 'approve' })
  const { code, out } = await promote(model, '1', '--request', id, '--wait')
  expect([code, JSON.parse(out).status]).toEqual([0, 'merged'])
  // It is that request and no new one, although it is decided.
  expect((await promote(model, '1', '--request', id)).code).toBe(0)
})

test('other commands whose move waits in a request end with 3 too, what is forbidden with 1', async () => {
  const model = await governed(oneReviewer)
  const move = (...more: string[]) =>
    run(['versions', 'move', model, '1', ...more, '--server', server.url])
  const waits = await move('--stage', 'Production')
  expect(waits.code).toBe(3)
  expect(waits.err).toMatch(/^gatehouse: Promotion request #\d+ is open/)
  expect((await move('--stage', 'Nowhere')).code).toBe(1)
  const refused = await fetch(`${server.url}/api/2.0/mlflow/model-versions/transition-stage`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: model, version: '1', stage: 'Production' }),
  })
  const waiting = JSON.parse((await promote(model, '1')).out)
  expect(refused.headers.get('X-Promotion-Request')).toBe(waiting.id)
})

test('it ends with 2 when the request is rejected while it waits', async () => {
  const model = await governed(oneReviewer)
  const { id } = JSON.parse((await promote(model, '1')).out)
  const waiting = promote(model, '1', '--request', id, '--wait', '--timeout', '30s')
  await api('rita', 'POST', `promotions/${id}/reviews`, { decision: 'reject', comment: 'no' })
  const { code, out } = await waiting
  expect([code, JSON.parse(out).status]).toEqual([2, 'rejected'])
})

test('it ends with 1 and one line when the call fails', async () => {
  const model = await governed(oneReviewer)
  const { id } = JSON.parse((await promote(model, '1')).out)
  const other = await promote(await governed(oneReviewer), '1', '--request', id)
  expect([other.code, other.err]).toEqual([1, expect.stringContaining(`is for ${model} version 1`)])
  const missing = await promote('nobody', '1')
  expect([missing.code, missing.out]).toEqual([1, ''])
  const broken = await promote(model, '1', '--break-glass')
  expect([broken.code, broken.err]).toEqual([1, expect.stringContaining('--reason')])
})

test('the steps of docs/ci.md ask, post a check, and wait for the sign-off', async () => {
  const check = { name: 'ci', type: 'check', check: 'integration-tests' }
  await governed({ ...oneReviewer, gates: [check] }, 'fraud-detector')
  const program = join(folder, 'integration-tests.sh')
  await writeFile(program, '#!/bin/sh\n')
  await chmod(program, 0o755)
  const { HOME = '', PATH = '' } = process.env
  const env: Record<string, string> = {
    ...{ HOME, PATH: `${root}bin:${PATH}`, GATEHOUSE_SERVER: server.url, VERSION: '1' },
    ...{ GITHUB_ENV: join(folder, 'env'), GITHUB_RUN_NUMBER: '7', GITHUB_RUN_ID: '1' },
    ...{ GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'o/r' },
  }
  // As GitHub runs a step.
  const ran = (name: string, more: Record<string, string> = {}) =>
    new Promise<number | null>((done) => {
      const options = { cwd: folder, env: { ...env, ...more } }
      const child = execFile('bash', ['-e', '-c', step(name)], options, () => done(child.exitCode))
    })
  expect(await ran('Ask for the promotion', { VERSION: '9' })).toBe(1)
  expect(await ran('Ask for the promotion')).toBe(0)
  const [, id = ''] = /^PROMOTION=(\d+)$/m.exec(await readFile(join(folder, 'env'), 'utf8')) ?? []
  const asked = { PROMOTION: id }
  expect(await ran('Run the integration tests and post their result', asked)).toBe(0)
  await api('rita', 'POST', `promotions/${id}/reviews`, { decision: 'approve' })
  expect(await ran('Wait for sign-off', asked)).toBe(0)
}, 60_000)
