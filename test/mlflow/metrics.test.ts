import { describe, expect, test } from 'vitest'
import { asObject, startedRun } from './started-run.ts'

type Point = readonly [step: number, timestamp: number, value: number | string]

function metrics(key: string, points: readonly Point[]) {
  return points.map(([step, timestamp, value]) => ({ key, step, timestamp, value }))
}

/** `[step, timestamp, value]` of each point of an answer. */
function points(json: { metrics?: { step: number; timestamp: number; value: unknown }[] }) {
  return (json.metrics ?? []).map(({ step, timestamp, value }) => [step, timestamp, value])
}

const rising = Array.from({ length: 100 }, (_, i): Point => [i, 1000 + i, i])

describe('the latest point of a metric', () => {
  const order: Point[] = [
    [1, 100, 1],
    [2, 50, 2],
    [2, 60, 3],
    [2, 60, 2.5],
    [0, 999, 9],
    [2, 60, 3],
  ]

  test('has the greatest step, then time, then value, logged one by one', async () => {
    const { log, run } = await startedRun()
    for (const point of metrics('m', order)) await log('log-metric', point)
    expect((await run()).data.metrics).toEqual([{ key: 'm', step: 2, timestamp: 60, value: 3 }])
  })

  test('is the same when all points come in one batch, in any order', async () => {
    for (const given of [order, order.toReversed()]) {
      const { log, run } = await startedRun()
      await log('log-batch', { metrics: metrics('m', given) })
      expect((await run()).data.metrics).toEqual([{ key: 'm', step: 2, timestamp: 60, value: 3 }])
    }
  })

  test('counts NaN as 0 against numbers of the same step and time, as MLflow does', async () => {
    const { log, run } = await startedRun()
    await log('log-batch', {
      metrics: [
        ...metrics('above', [
          [3, 1, 'NaN'],
          [3, 1, 7],
        ]),
        ...metrics('below', [
          [3, 1, -7],
          [3, 1, 'NaN'],
        ]),
      ],
    })
    expect(asObject((await run()).data.metrics)).toEqual({ above: 7, below: 'NaN' })
  })

  test('is right after 16 writers at once', async () => {
    const { log, run, history } = await startedRun()
    await Promise.all(
      Array.from({ length: 16 }, (_, i) =>
        log('log-metric', { key: 'm', value: i, timestamp: i, step: i }),
      ),
    )
    expect((await run()).data.metrics).toEqual([{ key: 'm', step: 15, timestamp: 15, value: 15 }])
    expect((await history('m')).metrics).toHaveLength(16)
  })
})

describe('values', () => {
  test('NaN comes back as a string, infinities as the largest doubles, numeric text as a number', async () => {
    const { log, run } = await startedRun()
    const values = { a: 'NaN', b: 'Infinity', c: '-Infinity', d: '1e-3', e: true, f: -0, g: 5e-324 }
    for (const [key, value] of Object.entries(values)) {
      expect((await log('log-metric', { key, value, timestamp: 1 })).status).toBe(200)
    }
    const most = Number.MAX_VALUE
    const stored = { a: 'NaN', b: most, c: -most, d: 0.001, e: 1, f: 0, g: 5e-324 }
    expect(asObject((await run()).data.metrics)).toEqual(stored)
  })

  test.each([
    { value: 1 },
    { timestamp: 1 },
    { value: 'zz', timestamp: 1 },
    { value: null, timestamp: 1 },
    { value: 1, timestamp: -1 },
    { value: 1, timestamp: 1.5 },
    { value: 1, timestamp: 1, step: 'x' },
    { value: 1, timestamp: '9223372036854775808' },
    { value: 1, timestamp: 1, dataset_name: 5 },
  ])('%j is 400 and logs nothing, alone and in a batch', async (fields) => {
    const { log, run } = await startedRun()
    const good = { key: 'good', value: 1, timestamp: 1 }
    expect((await log('log-metric', { key: 'm', ...fields })).status).toBe(400)
    expect((await log('log-batch', { metrics: [good, { key: 'm', ...fields }] })).status).toBe(400)
    expect((await run()).data).not.toHaveProperty('metrics')
  })

  test('negative steps and the time 0 are fine', async () => {
    const { log, run } = await startedRun()
    await log('log-metric', { key: 'm', value: 0, timestamp: 0, step: -5 })
    expect((await run()).data.metrics).toEqual([{ key: 'm', value: 0, timestamp: 0, step: -5 }])
  })
})

describe('runs/log-batch', () => {
  test('logs metrics, params and tags together; the last of a repeated tag counts', async () => {
    const { log, run } = await startedRun()
    const reply = await log('log-batch', {
      metrics: [{ key: 'm', value: 1, timestamp: 1 }],
      params: [{ key: 'p', value: '1' }, { key: 'empty' }],
      tags: [
        { key: 't', value: '1' },
        { key: 't', value: '2' },
      ],
    })
    expect([reply.status, reply.json]).toEqual([200, {}])
    const { data } = await run()
    expect(data.metrics).toEqual([{ key: 'm', value: 1, timestamp: 1, step: 0 }])
    expect(asObject(data.params)).toEqual({ p: '1', empty: '' })
    expect(asObject(data.tags)).toMatchObject({ t: '2' })
    expect((await log('log-batch', {})).json).toEqual({})
    expect((await log('log-batch', { metrics: null })).json).toEqual({})
  })

  test('keeps nothing of a batch in which one param has another value already', async () => {
    const { log, run } = await startedRun()
    await log('log-batch', { params: [{ key: 'p', value: '1' }] })
    const before = await run()
    const reply = await log('log-batch', {
      metrics: [{ key: 'm', value: 1, timestamp: 1 }],
      params: [
        { key: 'new', value: '1' },
        { key: 'p', value: '2' },
      ],
      tags: [{ key: 't', value: '1' }],
    })
    expect(reply.json.error_code).toBe('INVALID_PARAMETER_VALUE')
    expect(reply.json.message).toContain("'p'")
    expect(await run()).toEqual(before)
  })

  test('of 16 batches that race for one param, one is kept whole and 15 leave nothing', async () => {
    const { log, run, history } = await startedRun()
    const replies = await Promise.all(
      Array.from({ length: 16 }, (_, i) =>
        log('log-batch', {
          metrics: [{ key: 'm', value: i, timestamp: i }],
          params: [{ key: 'p', value: `${i}` }],
          tags: [{ key: `t${i}`, value: 'x' }],
        }),
      ),
    )
    const winner = replies.findIndex(({ status }) => status === 200)
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    const { data } = await run()
    expect(data.params).toEqual([{ key: 'p', value: `${winner}` }])
    expect(points(await history('m'))).toEqual([[0, winner, winner]])
    expect(Object.keys(asObject(data.tags)).filter((key) => key.startsWith('t'))).toEqual([
      `t${winner}`,
    ])
  })

  test('refuses a param key that is given twice, even with equal values', async () => {
    const { log } = await startedRun()
    const params = [
      { key: 'p', value: '1' },
      { key: 'p', value: '1' },
    ]
    expect((await log('log-batch', { params })).status).toBe(400)
  })

  test.each([
    { metrics: 1001, params: 0, tags: 0 },
    { metrics: 0, params: 101, tags: 0 },
    { metrics: 0, params: 0, tags: 101 },
    { metrics: 900, params: 100, tags: 1 },
  ])('refuses %j entries', async (counts) => {
    const { log, run } = await startedRun({ run_name: 'a' })
    const list = <T>(length: number, entry: (i: number) => T) =>
      Array.from({ length }, (_, i) => entry(i))
    const reply = await log('log-batch', {
      metrics: list(counts.metrics, (i) => ({ key: `m${i}`, value: i, timestamp: i })),
      params: list(counts.params, (i) => ({ key: `p${i}`, value: '1' })),
      tags: list(counts.tags, (i) => ({ key: `t${i}`, value: '1' })),
    })
    expect(reply.json.error_code).toBe('INVALID_PARAMETER_VALUE')
    expect(reply.json.message).toMatch(/at most (1000|100) /)
    expect((await run()).data).toEqual({ tags: [{ key: 'mlflow.runName', value: 'a' }] })
  })

  test('names the entry that is malformed', async () => {
    const { log } = await startedRun()
    const message = async (body: object) => (await log('log-batch', body)).json.message
    expect(await message({ metrics: [{ value: 1, timestamp: 1 }] })).toContain('metrics[0].key')
    expect(await message({ params: [{ key: 'a' }, { value: 'x' }] })).toContain('params[1].key')
    expect(await message({ params: [{ key: 'a#', value: 'x' }] })).toContain('params[0].key')
    expect(await message({ tags: [{ key: 'a', value: 1 }] })).toContain('tags[0].value')
  })

  test('takes 1000 metrics with a history and a latest point each', async () => {
    const { log, run, history } = await startedRun()
    const many = Array.from({ length: 1000 }, (_, i) => ({
      key: `m${i % 10}`,
      value: i,
      timestamp: i,
      step: i,
    }))
    expect((await log('log-batch', { metrics: many })).status).toBe(200)
    expect(asObject((await run()).data.metrics).m7).toBe(997)
    expect((await history('m7')).metrics).toHaveLength(100)
  })
})

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

  test('lists the points of several runs, run after run, up to max_results in all', async () => {
    const { post, log, call, runId } = await startedRun()
    const other = (await post('runs/create', { experiment_id: '0' })).json.run.info.run_id
    await post('runs/log-batch', { run_id: other, metrics: metrics('m', rising.slice(0, 3)) })
    await log('log-batch', { metrics: metrics('m', rising.slice(0, 2)) })
    const query = `metric_key=m&run_id=${other}&run_id=${runId}&run_id=${'f'.repeat(32)}`
    const all = (await call('GET', `${path}?${query}`)).json
    expect(all.metrics.map((m: { run_id: string }) => m.run_id)).toEqual([
      other,
      other,
      other,
      runId,
      runId,
    ])
    expect(all.metrics[1]).toEqual({ key: 'm', run_id: other, step: 1, timestamp: 1001, value: 1 })
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
