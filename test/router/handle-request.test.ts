import { describe, expect, test } from 'vitest'
import { handlerOf } from '../../src/router/handle-request.ts'
import { bucketOf } from '../../src/router/latencies.ts'
import { Router } from '../../src/router/router.ts'

type Scorer = (request: Request) => Response | Promise<Response>

const champion = { name: 'champion', url: 'https://a.test/m/', weight: 1 }
const split = { id: 12, revision: 4, variants: [champion] }
const predicts = (...predictions: unknown[]) => Response.json({ predictions })

/** A router in front of scorers by host; `settle` waits for what goes on after the answers. */
function routerTo(scorers: Readonly<Record<string, Scorer>>, more: object = {}) {
  let nowMs = Date.UTC(2026, 10, 27)
  const router = new Router({ now: () => nowMs, random: Math.random })
  router.apply({ ...split, ...more })
  const handle = handlerOf(router, {
    silenceMsMax: 200,
    shadowMsMax: 200,
    fetch: async (url, init) => {
      const request = new Request(url, init)
      const scorer = scorers[new URL(url).hostname]
      if (!scorer) throw new Error('no such host')
      const { signal } = init
      const aborted = new Promise<never>((_, failed) =>
        signal?.addEventListener('abort', () => failed(new Error('aborted'))),
      )
      return await Promise.race([scorer(request), aborted])
    },
  })
  const after: Promise<unknown>[] = []
  const ask = (init: RequestInit = {}, path = '/invocations?x=1') =>
    handle(
      new Request(`https://router.test${path}`, { method: 'POST', body: '[1]', ...init }),
      (work) => after.push(work),
    )
  return {
    router,
    ask,
    pass: (ms: number) => {
      nowMs += ms
    },
    settle: () => Promise.all(after),
    counts: () => router.tally.take(),
  }
}

const never = () => new Promise<never>(() => {})

describe('the router', () => {
  test('passes a request on to a variant, and says which, with an id that leads to it', async () => {
    const seen: Request[] = []
    const { ask, counts } = routerTo({
      'a.test': async (request) => {
        seen.push(request.clone())
        return new Response(await request.text(), { status: 201, headers: { 'X-Own': '1' } })
      },
    })
    const res = await ask({ headers: { 'X-User': 'ann', 'X-Gatehouse-Request-Id': 'forged' } })
    expect([res.status, await res.text(), res.headers.get('x-own')]).toEqual([201, '[1]', '1'])
    expect(res.headers.get('x-gatehouse-variant')).toBe('champion')
    expect(res.headers.get('x-gatehouse-model-version')).toBeNull()
    const id = res.headers.get('x-gatehouse-request-id') ?? ''
    expect(id).toMatch(/^[0-9a-z]+-[0-9a-f]{16}-12-4-0-champion$/)
    const [request] = seen
    expect([request?.url, request?.headers.get('x-user')]).toEqual([
      'https://a.test/m/invocations?x=1',
      'ann',
    ])
    expect(request?.headers.get('x-gatehouse-request-id')).toBe(id)
    expect(counts()).toMatchObject([{ kind: 'variant', name: 'champion', requests: 1, errors: 0 }])
  })

  test('counts errors, refusals and latencies of predictions alone, each once', async () => {
    const statuses = [200, 500, 400, 200]
    const world = routerTo({
      'a.test': () => {
        world.pass(100)
        return new Response('', { status: statuses.shift() ?? 200 })
      },
    })
    for (let i = 0; i < 4; i++) await world.ask()
    await world.ask({ method: 'GET', body: null }, '/ping')
    const [counted] = world.counts()
    expect(counted).toMatchObject({ requests: 4, errors: 1, refused: 1 })
    expect(counted?.latencies).toEqual({ [bucketOf(100)]: 4 })
    expect(world.counts()).toEqual([])
  })

  test.each<[string, Scorer, number]>([
    ['breaks', () => Promise.reject(new Error('reset')), 502],
    ['says nothing', never, 504],
    ['switches protocols', () => ({ status: 101, headers: new Headers() }) as Response, 502],
  ])('answers for a scorer that %s, and counts an error', async (_, scorer, status) => {
    const { ask, counts } = routerTo({ 'a.test': scorer })
    const res = await ask()
    expect([res.status, await res.json()]).toMatchObject([status, { error_code: 'INTERNAL_ERROR' }])
    expect(counts()).toMatchObject([{ requests: 1, errors: 1 }])
  })

  test('answers 503 where no variant has a URL', async () => {
    const variants = [{ name: 'a', uri: 'models:/fraud/1', weight: 1 }]
    const { ask } = routerTo({}, { variants })
    expect((await ask()).status).toBe(503)
  })

  test('a caller who goes away is no error of the scorer', async () => {
    const { ask, counts } = routerTo({ 'a.test': never })
    const gone = new AbortController()
    const asked = ask({ signal: gone.signal })
    gone.abort()
    await asked
    expect(counts()).toMatchObject([{ requests: 1, errors: 0, refused: 1 }])
  })
})

describe('a shadow', () => {
  const shadows = [{ name: 'next', url: 'https://b.test', sample: 1 }]

  test('gets what the scorer got, answers nobody, and is compared', async () => {
    const seen: string[] = []
    const { ask, settle, counts } = routerTo(
      {
        'a.test': () => predicts(1, { x: [2, 'a'] }),
        'b.test': async (request) => {
          const { method, url, headers } = request
          seen.push(
            `${method} ${url} ${headers.get('content-type')} ${headers.get('x-gatehouse-request-id')} ${await request.text()}`,
          )
          return predicts(1.5, { x: [2, 'a'] })
        },
      },
      { shadows },
    )
    const res = await ask({ headers: { 'Content-Type': 'application/json' } })
    expect(await res.json()).toEqual({ predictions: [1, { x: [2, 'a'] }] })
    await settle()
    const id = res.headers.get('x-gatehouse-request-id')
    expect(seen).toEqual([`POST https://b.test/invocations?x=1 application/json ${id} [1]`])
    expect(counts()).toMatchObject([
      { kind: 'variant', name: 'champion', requests: 1 },
      { kind: 'shadow', name: 'next', requests: 1, compared: 1, agreed: 0, differenceMax: 0.5 },
    ])
  })

  test.each<[string, Scorer, object]>([
    ['hangs', never, { requests: 1, errors: 1, compared: 0 }],
    ['is gone', () => Promise.reject(new Error('gone')), { requests: 1, errors: 1 }],
    ['fails', () => new Response('', { status: 500 }), { requests: 1, errors: 1, compared: 0 }],
    ['says garbage', () => new Response('\0{'), { errors: 0, compared: 1, agreed: 0 }],
    ['says too much', () => new Response('x'.repeat(9e6)), { compared: 1, agreed: 0 }],
  ])(
    'that %s changes no answer',
    async (_, scorer, counted) => {
      const { ask, settle, counts } = routerTo(
        { 'a.test': () => predicts(1), 'b.test': scorer },
        { shadows },
      )
      const res = await ask()
      expect([res.status, await res.json()]).toEqual([200, { predictions: [1] }])
      await settle()
      expect(counts()[1]).toMatchObject({ kind: 'shadow', ...counted })
    },
    20_000,
  )

  test('gets no body above the bound, nor more copies at a time than it may have; both are counted', async () => {
    let running = 0
    let most = 0
    const ends: (() => void)[] = []
    const { ask, settle, counts } = routerTo(
      {
        'a.test': async (request) => Response.json({ predictions: (await request.bytes()).length }),
        'b.test': async () => {
          most = Math.max(most, ++running)
          await new Promise<void>((done) => ends.push(done))
          running--
          return predicts(1)
        },
      },
      { shadows },
    )
    const big = await ask({ body: new Uint8Array(50 * 1024 * 1024) })
    expect(await big.json()).toEqual({ predictions: 50 * 1024 * 1024 })
    await settle()
    expect(counts()[0]).toMatchObject({ kind: 'shadow', requests: 0, skipped: 1 })
    for (let i = 0; i < 40; i++) expect(await (await ask()).json()).toEqual({ predictions: 3 })
    await expect.poll(() => ends.length).toBe(16)
    for (const end of ends) end()
    await settle()
    expect(most).toBe(16)
    expect(counts()).toMatchObject([{ requests: 40 }, { requests: 16, skipped: 24 }])
  })

  test('gets its sample of the requests, and no pings', async () => {
    const { ask, settle, counts } = routerTo(
      { 'a.test': () => predicts(1), 'b.test': () => predicts(1) },
      { shadows: [{ ...shadows[0], sample: 0 }] },
    )
    await ask()
    await ask({ method: 'GET', body: null }, '/ping')
    await settle()
    expect(counts()).toMatchObject([{ kind: 'variant', requests: 1 }])
  })
})
