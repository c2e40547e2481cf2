import { beforeEach, expect, test } from 'vitest'
import { type SeededRun, seedRuns } from '../../search/seed.ts'
import { testServer } from '../../support/server.ts'

let server: Awaited<ReturnType<typeof testServer>>

beforeEach(async () => {
  server = await testServer()
})

type Found = { info: { run_name: string; start_time: number } }

/** All pages of a search; `between` runs after each. */
async function allPages(body: object, between?: () => Promise<unknown>): Promise<string[]> {
  const names: string[] = []
  let page_token: string | undefined
  do {
    const { status, json } = await server.post('runs/search', {
      experiment_ids: ['0'],
      page_token,
      ...body,
    })
    expect([status, json?.message]).toEqual([200, undefined])
    names.push(...(json.runs ?? []).map((run: Found) => run.info.run_name))
    page_token = json.next_page_token
    await between?.()
  } while (page_token !== undefined && names.length < 20_000)
  return names
}

test.each([[[]], [['start_time ASC']], [['metrics.acc DESC']], [['params.lr', 'metrics.acc']]])(
  'ordered by %j, thousands come each once while others are written',
  async (order_by) => {
    const { db } = server.platform
    const run = (name: string, i: number): SeededRun => ({
      name,
      startTimeMs: i % 50,
      metrics: i % 3 === 0 ? {} : { acc: i % 3 === 1 ? Number.NaN : i % 20 },
      params: i % 2 === 0 ? { lr: String(i % 7) } : {},
    })
    const there = Array.from({ length: 3000 }, (_, i) => run(`old-${i}`, i))
    await seedRuns(db, 0, there)
    let written = 0
    const write = async () => {
      const more = Array.from({ length: 40 }, () => run(`new-${written}`, written++))
      await seedRuns(db, 0, more)
    }
    const names = await allPages({ order_by, max_results: 400 }, write)
    const old = names.filter((name) => name.startsWith('old-'))
    expect(new Set(names).size).toBe(names.length)
    expect(new Set(old)).toEqual(new Set(there.map(({ name }) => name)))
  },
)

test('a page holds as many runs as fit, and the last has no token', async () => {
  await seedRuns(
    server.platform.db,
    0,
    Array.from({ length: 4 }, (_, i) => ({ name: `r${i}` })),
  )
  const ask = (max_results: number) =>
    server.post('runs/search', { experiment_ids: ['0'], max_results })
  expect((await ask(4)).json.next_page_token).toBeUndefined()
  expect((await ask(3)).json.next_page_token).toEqual(expect.any(String))
})

test('times beyond 2^53 keep their order over pages', async () => {
  for (const [run_name, start_time] of [
    ['a', '9007199254740993'],
    ['b', '9223372036854775807'],
    ['c', '9007199254740992'],
    ['d', '9223372036854775806'],
  ]) {
    const body = { experiment_id: '0', run_name, start_time }
    expect((await server.post('runs/create', body)).status).toBe(200)
  }
  expect(await allPages({ max_results: 1 })).toEqual(['b', 'd', 'a', 'c'])
  expect(await allPages({ filter: 'start_time >= 9223372036854775806' })).toEqual(['b', 'd'])
})

test('the most clauses, orders and a page token together stay within the database', async () => {
  const runs = Array.from({ length: 3 }, (_, i) => ({ name: `r${i}`, params: { p: String(i) } }))
  await seedRuns(server.platform.db, 0, runs)
  const pairs = Array.from({ length: 50 }, (_, i) => `params.p LIKE '_%' AND params.p != 'x${i}'`)
  const filter = pairs.join(' AND ')
  const order_by = Array.from({ length: 20 }, (_, i) => `metrics.m${i} DESC`)
  expect(await allPages({ filter, order_by, max_results: 1 })).toEqual(['r0', 'r1', 'r2'])
})

test('a token that was tampered with is refused', async () => {
  await seedRuns(server.platform.db, 0, [{ name: 'a' }, { name: 'b' }])
  const ask = (page_token?: string) =>
    server.post('runs/search', { experiment_ids: ['0'], max_results: 1, page_token })
  const token = (await ask()).json.next_page_token
  const [print, ...key] = JSON.parse(atob(token))
  for (const forged of [
    [print],
    [print, ...key, 1],
    [print, 'x', 'y'],
    [print, null, null],
    [print, 1.5, 'x'],
    [print, '9'.repeat(30), 'x'],
    [print, 1, 1],
    [print + 1, ...key],
    ['x', ...key],
    {},
  ]) {
    const { status, json } = await ask(btoa(JSON.stringify(forged)).replaceAll('=', ''))
    expect([forged, status, json?.error_code]).toEqual([forged, 400, 'INVALID_PARAMETER_VALUE'])
  }
})

test('a token that names an infinity is refused', async () => {
  await seedRuns(server.platform.db, 0, [{ name: 'a' }, { name: 'b' }])
  const body = { experiment_ids: ['0'], max_results: 1, order_by: ['metrics.acc'] }
  const token = (await server.post('runs/search', body)).json.next_page_token
  const forged = atob(token).replace(/,2,0,/, ',2,1e999,')
  expect(forged).toContain('1e999')
  const page_token = btoa(forged).replaceAll('=', '')
  expect((await server.post('runs/search', { ...body, page_token })).status).toBe(400)
})
