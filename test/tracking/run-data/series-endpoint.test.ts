import { expect, test } from 'vitest'
import { metrics, type Point } from '../points.ts'
import { startedRun } from '../started-run.ts'

async function loggedSeries() {
  const server = await startedRun()
  const { post, call, runId } = server
  const loss = Array.from({ length: 400 }, (_, step): Point => [step, step, step === 123 ? 50 : 1])
  await post('runs/log-batch', { run_id: runId, metrics: metrics('loss', loss) })
  const odd: Point[] = [
    [0, 1000, 'NaN'],
    [1, 1010, 'Infinity'],
    [1, 1020, 2],
    [2, 1030, 3],
  ]
  await post('runs/log-batch', { run_id: runId, metrics: metrics('odd', odd) })
  const series = (query: string) => call('GET', `/api/v1/metrics/series?run=${runId}&${query}`)
  return { ...server, series }
}

test('a series has the least and the greatest of each part of the axis, so that no spike is lost', async () => {
  const { series, runId } = await loggedSeries()
  const { status, json } = await series('key=loss&points=10')
  expect(status).toBe(200)
  expect(json).toMatchObject({ x: 'step', items: [{ run_id: runId, key: 'loss', points: 400 }] })
  const { columns } = json.items[0]
  expect(columns.x.length).toBeLessThanOrEqual(10)
  for (const column of Object.values<number[]>(columns)) {
    expect(column).toHaveLength(columns.x.length)
  }
  expect(columns.max.filter((value: number) => value === 50)).toHaveLength(1)
  const spike = columns.max.indexOf(50)
  expect(columns.x[spike]).toBeLessThanOrEqual(123)
  expect(columns.end[spike]).toBeGreaterThanOrEqual(123)
  expect(columns.min[spike]).toBe(1)
})

test('NaN and infinities are counted, and are in no least, greatest or mean', async () => {
  const { series } = await loggedSeries()
  const { json } = await series('key=odd')
  expect(json.items).toMatchObject([{ points: 4, nans: 1, infinities: 1 }])
  expect(json.items[0].columns).toEqual({
    x: [0, 1, 2],
    end: [0, 1, 2],
    min: [null, 2, 3],
    max: [null, 2, 3],
    mean: [null, 2, 3],
    nans: [1, 0, 0],
    infinities: [0, 1, 0],
  })
  const late = await series('key=odd&key=absent&x=time&from=15&to=29')
  expect(late.json).toMatchObject({ x: 'time', items: [{ points: 1, columns: { x: [20] } }] })
  expect((await series('key=absent')).json).toEqual({ x: 'step', items: [] })
})

test('who has a series is told so until something is logged', async () => {
  const { call, post, runId, app } = await loggedSeries()
  const path = `/api/v1/metrics/series?run=${runId}&key=odd`
  const tag = (await call('GET', path)).headers.get('ETag') ?? ''
  const ask = (tags = tag) => app.request(path, { headers: { 'If-None-Match': tags } })
  for (const tags of [`W/${tag}`, `"other", W/${tag}`, '*']) {
    expect([tags, (await ask(tags)).status]).toEqual([tags, 304])
  }
  const known = await ask()
  expect([known.status, await known.text(), known.headers.get('ETag')]).toEqual([304, '', tag])
  await post('runs/log-batch', { run_id: runId, metrics: metrics('odd', [[3, 1040, 4]]) })
  expect((await ask()).status).toBe(200)
})

test.each([
  ['key=loss&points=0', /points/],
  ['key=loss&points=2001', /points/],
  [
    `points=2000&${Array.from({ length: 26 }, (_, i) => `run=${i}`).join('&')}&key=loss`,
    /27 runs and 1 metrics of 2000 points are more than 50000 values/,
  ],
  ['key=loss&x=epoch', /'x'/],
  ['key=loss&from=a', /from/],
  ['key=loss&from=Infinity', /from/],
  ['key=loss&after=3', /after/],
  ['key=loss&to=', /'to': it must be a number/],
  ['x=step', /'key': it must be given/],
  [
    Array.from({ length: 21 }, (_, i) => `key=${i}`).join('&'),
    /'key': it must have at most 20 entries/,
  ],
  [
    [
      ...Array.from({ length: 20 }, (_, i) => `key=${i}`),
      ...Array.from({ length: 10 }, (_, i) => `run=${i}`),
    ].join('&'),
    /11 runs and 20 metrics are more than 100 series/,
  ],
])('refuses %s', async (query, message) => {
  const { status, json } = await (await loggedSeries()).series(query)
  expect([status, json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
  expect(json.message).toMatch(message)
})
