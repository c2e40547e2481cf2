import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type DevAndProd, startDevAndProd } from '../support/dev-and-prod.ts'
import { runHere } from '../support/program.ts'

const mebibyte = 1024 * 1024
let dev: DevAndProd['dev']
let prod: DevAndProd['prod']
let root: DevAndProd['root']
let register: DevAndProd['register']
let tokenOf: DevAndProd['tokenOf']
let stop: DevAndProd['stop']
let token: string

vi.setConfig({ testTimeout: 180_000 })

beforeAll(async () => {
  ;({ dev, prod, root, register, tokenOf, stop } = await startDevAndProd())
  token = await tokenOf('admin')
}, 60_000)

afterAll(() => stop())

type Sent = { readonly parts: string[]; readonly ranges: (string | null)[] }

/** Promotes version 1 of a model. @param refuse whether a part, by its number of all that were sent, breaks off */
async function promote(model: string, refuse: (nth: number) => boolean = () => false) {
  const sent: Sent = { parts: [], ranges: [] }
  const done = await runHere(['promote', `models:/${model}/1`, '--to', prod.url, '--json'], {
    env: { GATEHOUSE_SERVER: dev.url, GATEHOUSE_TARGET_TOKEN: token },
    async send(req) {
      const part = /\/parts\/(\d+)\?/.exec(req.url)?.[1]
      if (req.method === 'GET' && req.url.includes('/artifacts/')) {
        sent.ranges.push(req.headers.get('range'))
      }
      if (part === undefined) return fetch(req)
      sent.parts.push(part)
      if (!refuse(sent.parts.length)) return fetch(req)
      await req.body?.getReader().read()
      throw new TypeError('fetch failed')
    },
  })
  return { ...done, ...sent }
}

test('a large file goes in parts, and one that breaks off is sent again alone', async () => {
  const weights = randomBytes(40 * mebibyte)
  await register('parted', { 'weights.bin': weights, small: Buffer.from('small') })
  const done = await promote('parted', (nth) => nth === 2)
  expect([done.code, done.err]).toEqual([0, ''])
  expect(done.parts).toEqual(['1', '2', '2', '3'])
  // The file is read on, and anew only where it broke.
  expect(done.ranges.filter((range) => range !== null)).toEqual([`bytes=${16 * mebibyte}-`])
  expect(JSON.parse(done.out)).toMatchObject({
    ...{ sent: 2, sent_bytes: weights.length + 5, version: '1' },
  })
  const verified = await root.call('POST', '/api/v1/models/parted/versions/1/verify')
  expect(verified.json).toMatchObject({ ok: true, files: 2 })
})

test('cut off in the middle of a file, the same command sends what is missing and no byte twice', async () => {
  await register('broken', { 'weights.bin': randomBytes(40 * mebibyte) })
  const cut = await promote('broken', (nth) => nth > 1)
  expect([cut.code, cut.out]).toEqual([1, ''])
  expect(new Set(cut.parts)).toEqual(new Set(['1', '2']))
  const done = await promote('broken')
  expect([done.code, done.err]).toEqual([0, ''])
  expect(done.parts).toEqual(['2', '3'])
  expect(JSON.parse(done.out)).toMatchObject({ sent: 1, sent_bytes: 24 * mebibyte, version: '1' })
  const verified = await root.call('POST', '/api/v1/models/broken/versions/1/verify')
  expect(verified.json).toMatchObject({ ok: true, files: 1 })
  const again = await promote('broken')
  expect([again.parts, JSON.parse(again.out).known]).toEqual([[], 1])
})

test('a large file that is not what was sealed is refused whole', async () => {
  const weights = randomBytes(40 * mebibyte)
  await register('altered', { 'weights.bin': weights })
  const sum = createHash('sha256').update(weights).digest('hex')
  const args = ['promote', 'models:/altered/1', '--to', prod.url, '--json']
  const changed = await runHere(args, {
    env: { GATEHOUSE_SERVER: dev.url, GATEHOUSE_TARGET_TOKEN: token },
    async send(req) {
      const isRead = req.method === 'GET' && req.url.endsWith('/weights.bin')
      return isRead ? new Response(new Uint8Array(40 * mebibyte)) : fetch(req)
    },
  })
  expect([changed.code, changed.out]).toEqual([1, ''])
  expect(changed.err).toContain(`and not ${sum} as was declared; nothing was stored`)
  const shorter = await runHere(args, {
    env: { GATEHOUSE_SERVER: dev.url, GATEHOUSE_TARGET_TOKEN: token },
    async send(req) {
      const isRead = req.method === 'GET' && req.url.endsWith('/weights.bin')
      return isRead ? new Response('short') : fetch(req)
    },
  })
  expect(shorter.err).toContain("'weights.bin' is shorter than it was when sealed")
  const right = await promote('altered')
  expect([right.code, right.err]).toEqual([0, ''])
})
