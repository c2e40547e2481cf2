import { describe, expect, test } from 'vitest'
import { metrics, type Point, points } from '../points.ts'
import { asObject, startedRun } from '../started-run.ts'

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
