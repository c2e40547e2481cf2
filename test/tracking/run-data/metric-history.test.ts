import { describe, expect, test } from 'vitest'
import { metrics, type Point, points } from '../points.ts'
import { startedRun } from '../started-run.ts'

const rising = Array.from({ length: 100 }, (_, i): Point => [i, 1000 + i, i])

describe('metrics/get-history', () => {
  test('is ordered by time, then step, then value; an identical point is stored once', async () => {
    const { log, history } = await startedRun()
    const given: Point[] = [
      [0, 999, 9],
      [1, 100, 1],
      [2, 60, 3],
      [2, 60, 2.5],
      [1, 60, 8],
      [2, 60, 3],
      [2, 50, 2],
    ]
    await log('log-batch', { metrics: metrics('m', given) })
    expect(points(await history('m'))).toEqual([
      [2, 50, 2],
      [1, 60, 8],
      [2, 60, 2.5],
      [2, 60, 3],
      [1, 100, 1],
      [0, 999, 9],
    ])
  })

  test('is whole and in order however long it is, and its pages may be long too', async () => {
    const { log, history } = await startedRun()
    const count = 10_000
    for (let from = 0; from < count; from += 1000) {
      const batch = Array.from({ length: 1000 }, (_, i): Point => [from + i, 5 + from + i, i / 7])
      await log('log-batch', { metrics: metrics('m', batch.reverse()) })
    }
    const steps = (json: Parameters<typeof points>[0]) => points(json).map(([step]) => step)
    const rising = Array.from({ length: count }, (_, i) => i)
    expect(steps(await history('m'))).toEqual(rising)
    const first = await history('m', '&max_results=7500')
    const second = await history('m', `&max_results=7500&page_token=${first.next_page_token}`)
    expect([...steps(first), ...steps(second)]).toEqual(rising)
    expect(second).not.toHaveProperty('next_page_token')
  })

  test('comes in pages, which together are the whole', async () => {
    const { log, history } = await startedRun()
    const given: Point[] = [...rising, [7, 1007, 'NaN'], [7, 1007, 0], [7, 1007, -1]]
    await log('log-batch', { metrics: metrics('m', given) })
    const whole = await history('m')
    expect(whole.metrics).toHaveLength(103)
    expect(whole).not.toHaveProperty('next_page_token')
    const paged = []
    let token = ''
    for (let page = 0; page < 20; page += 1) {
      const json = await history('m', `&max_results=9&page_token=${token}`)
      paged.push(...json.metrics)
      token = json.next_page_token ?? ''
      if (token === '') break
    }
    expect(paged).toEqual(whole.metrics)
    const first = await history('m', '&max_results=100')
    const rest = await history('m', `&page_token=${first.next_page_token}`)
    expect(rest.metrics).toHaveLength(3)
  })

  test('of a run or key that is not there is empty', async () => {
    const { get, history } = await startedRun()
    expect(await history('none')).toEqual({})
    const other = await get(`metrics/get-history?run_id=${'f'.repeat(32)}&metric_key=m`)
    expect([other.status, other.json]).toEqual([200, {}])
  })

  test('refuses a page size that is none, and a token of another list', async () => {
    const { log, get, runId, history } = await startedRun()
    await log('log-batch', { metrics: metrics('m', rising) })
    const { next_page_token: token } = await history('m', '&max_results=1')
    for (const query of [
      'metric_key=m&max_results=0',
      'metric_key=m&max_results=-1',
      'metric_key=m&max_results=x',
      'metric_key=m&max_results=2147483648',
      'metric_key=m&page_token=zzz',
      'metric_key=m&page_token=%21',
      `metric_key=n&page_token=${token}`,
      '',
    ]) {
      expect((await get(`metrics/get-history?run_id=${runId}&${query}`)).status, query).toBe(400)
    }
  })
})

describe('metrics/get-history-bulk', () => {
  const path = '/ajax-api/2.0/mlflow/metrics/get-history-bulk'

  test('lists the points of several runs, run after run by id, up to max_results in all', async () => {
    const { post, log, call, runId } = await startedRun()
    const other = (await post('runs/create', { experiment_id: '0' })).json.run.info.run_id
    await post('runs/log-batch', { run_id: other, metrics: metrics('m', rising.slice(0, 3)) })
    await log('log-batch', { metrics: metrics('m', rising.slice(0, 2)) })
    const points = new Map([
      [other, 3],
      [runId, 2],
    ])
    const query = `metric_key=m&run_id=${other}&run_id=${runId}&run_id=${'f'.repeat(32)}`
    const all = (await call('GET', `${path}?${query}`)).json
    expect(all.metrics.map((m: { run_id: string }) => m.run_id)).toEqual(
      [other, runId].sort().flatMap((id) => Array(points.get(id)).fill(id)),
    )
    expect(all.metrics).toContainEqual({
      key: 'm',
      run_id: other,
      step: 1,
      timestamp: 1001,
      value: 1,
    })
    expect((await call('GET', `${path}?${query}&max_results=4`)).json.metrics).toHaveLength(4)
    const none = await call('GET', `${path}?metric_key=none&run_id=${runId}`)
    expect(none.json).toEqual({ metrics: [] })
  })

  test('refuses no run, no key, more than 100 runs and a page size that is none', async () => {
    const { call, runId } = await startedRun()
    const runs = Array.from({ length: 101 }, (_, i) => `&run_id=${i}`).join('')
    for (const query of [
      'metric_key=m',
      `run_id=${runId}`,
      `metric_key=m${runs}`,
      `metric_key=m&run_id=${runId}&max_results=x`,
    ]) {
      expect((await call('GET', `${path}?${query}`)).status, query.slice(0, 50)).toBe(400)
    }
  })
})

describe('metrics/get-history-bulk-interval', () => {
  async function sampled(logged: readonly Point[]) {
    const { log, get, runId } = await startedRun()
    await log('log-batch', { metrics: metrics('m', logged) })
    return async (query: string) =>
      get(`metrics/get-history-bulk-interval?metric_key=m&run_ids=${runId}&${query}`)
  }
  const sevenths = rising.filter(([step]) => step % 7 === 0)
  const triples = Array.from({ length: 30 }, (_, i): Point => {
    const step = Math.floor(i / 3)
    return [step, step * 3 + (i % 3), i % 3]
  })

  // Expected steps are what mlflow 3.17.2 answered to the same points.
  test.each([
    [rising, 'max_results=5', [0, 20, 40, 60, 99]],
    [rising, 'max_results=7', [0, 15, 30, 44, 58, 72, 99]],
    [rising, 'max_results=3', [0, 34, 99]],
    [rising, 'max_results=2', [0, 99]],
    [rising, 'max_results=1', [99]],
    [rising, 'max_results=5&start_step=10&end_step=20', [10, 13, 15, 17, 20]],
    [sevenths, 'max_results=10', [0, 14, 28, 42, 56, 70, 77, 84, 91, 98]],
    [sevenths, 'max_results=5&start_step=10&end_step=20', [14]],
    [sevenths, 'max_results=5&start_step=1000&end_step=2000', []],
    [triples, 'max_results=4', [0, 2, 5, 9]],
    [triples, 'max_results=15', [0, 0, 1, 2, 2, 3, 4, 4, 5, 6, 6, 7, 8, 8, 9]],
  ])('of %j, %s', async (logged, query, steps) => {
    const { json } = await (await sampled(logged as readonly Point[]))(query as string)
    expect(points(json).map(([step]) => step)).toEqual(steps)
  })

  test('without max_results has all of up to 2500 points, by step', async () => {
    const answer = await sampled([
      [0, 9, 5],
      [1, 1, 'NaN'],
      [0, 2, 7],
    ])
    expect(points((await answer('')).json)).toEqual([
      [0, 2, 7],
      [0, 9, 5],
      [1, 1, 'NaN'],
    ])
  })

  test('refuses half an interval, a reversed one and sizes outside 1 to 2500', async () => {
    const answer = await sampled(rising)
    for (const query of [
      'start_step=1',
      'end_step=1',
      'start_step=2&end_step=1',
      'max_results=0',
      'max_results=2501',
      'max_results=x',
    ]) {
      expect((await answer(query)).status, query).toBe(400)
    }
  })
})
