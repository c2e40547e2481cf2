import type { LookupAddress } from 'node:dns'
import { afterAll, expect, test } from 'vitest'
import { nodeOutbound } from '../../../src/platform/node/outbound.ts'
import { excerptBytesMax, type OutboundRequest } from '../../../src/platform/outbound.ts'
import { isPublicAddress } from '../../../src/webhooks/url.ts'
import { startReceiver } from './webhook-receiver.ts'

const closers: (() => Promise<unknown>)[] = []
afterAll(() => Promise.all(closers.map((close) => close())))

async function receiver(answer?: Parameters<typeof startReceiver>[0]) {
  const started = await startReceiver(answer)
  closers.push(started.close)
  return started
}

function ask(url: string, more: Partial<OutboundRequest> = {}): OutboundRequest {
  const headers = { 'Content-Type': 'application/json' }
  return { url: new URL(url), headers, body: '{}', timeoutMs: 5000, allows: () => true, ...more }
}

/** A resolver that says something else at each look-up. */
function resolving(...answers: string[][]) {
  let at = 0
  return nodeOutbound((_host, _options, done) => {
    const addresses = answers[Math.min(at++, answers.length - 1)] ?? []
    const found = addresses.map(
      (address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 }),
    )
    process.nextTick(done, null, found)
  })
}

test('a name that turns private between check and use is not connected to', async () => {
  const { port, got } = await receiver()
  const outbound = resolving(['93.184.216.34'], ['127.0.0.1'])
  expect(await outbound.resolve('rebind.example')).toEqual(['93.184.216.34'])
  await expect(
    outbound.post(ask(`http://rebind.example:${port}/`, { allows: isPublicAddress })),
  ).rejects.toMatchObject({ kind: 'refused' })
  expect(got).toEqual([])
})

test('of several addresses of a name one private is enough to refuse it', async () => {
  const { port, got } = await receiver()
  const outbound = resolving(['127.0.0.1', '93.184.216.34'])
  await expect(
    outbound.post(ask(`http://both.example:${port}/`, { allows: isPublicAddress })),
  ).rejects.toMatchObject({ kind: 'refused' })
  expect(got).toEqual([])
})

test.each(['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '2130706433'])(
  'the literal address %s is judged too',
  async (host) => {
    const { port, got } = await receiver()
    await expect(
      nodeOutbound().post(ask(`http://${host}:${port}/`, { allows: isPublicAddress })),
    ).rejects.toMatchObject({ kind: 'refused' })
    expect(got).toEqual([])
  },
)

test('an allowed name is asked by its own name, on the address it has', async () => {
  const { port, got } = await receiver()
  const outbound = resolving(['127.0.0.1'])
  const { status } = await outbound.post(ask(`http://hooks.example:${port}/in?x=1`))
  expect(status).toBe(200)
  expect(got[0]).toMatchObject({ path: '/in?x=1', headers: { host: `hooks.example:${port}` } })
})

test('names that do not resolve keep no more than two threads busy, and nobody waits for ever', async () => {
  const asked: string[] = []
  const outbound = nodeOutbound((host, _options, done) => {
    asked.push(host)
    if (host === 'fine.example') process.nextTick(done, null, [{ address: '127.0.0.1', family: 4 }])
    else setTimeout(done, 50, Object.assign(new Error('no answer'), { code: 'EAI_AGAIN' }), [])
  })
  const dead = Array.from({ length: 4 }, (_, i) => outbound.resolve(`dead${i}.example`))
  const fine = outbound.resolve('fine.example')
  expect(asked).toHaveLength(2)
  for (const one of dead) await expect(one).rejects.toMatchObject({ kind: 'unreachable' })
  expect(await fine).toEqual(['127.0.0.1'])
})

test('the answer is read in part', async () => {
  const { url } = await receiver()
  const { excerpt } = await nodeOutbound().post(ask(url))
  expect(excerpt.length).toBe(excerptBytesMax)
})

test('a redirect is an answer', async () => {
  const { url, got } = await receiver(() => 307)
  expect((await nodeOutbound().post(ask(url))).status).toBe(307)
  expect(got).toHaveLength(1)
})

test('a receiver that does not answer is given up', async () => {
  const { url } = await receiver(() => undefined)
  await expect(nodeOutbound().post(ask(url, { timeoutMs: 200 }))).rejects.toMatchObject({
    kind: 'timeout',
  })
})

test('nobody listening, and no such name, say so', async () => {
  const { port, close } = await startReceiver()
  await close()
  await expect(nodeOutbound().post(ask(`http://127.0.0.1:${port}/`))).rejects.toMatchObject({
    kind: 'unreachable',
    message: 'connection refused',
  })
  await expect(nodeOutbound().resolve('nope.invalid')).rejects.toMatchObject({
    kind: 'unreachable',
  })
})
