import { expect, test } from 'vitest'
import { countedPlatform } from '#platform'
import { testServer } from '../support/server.ts'

async function countedRun() {
  const { platform, counter } = await countedPlatform()
  const { post } = await testServer(platform)
  const created = await post('runs/create', { experiment_id: '0' })
  const run_id = created.json.run.info.run_id
  const point = (key: string, i: number) => ({ key, step: i, timestamp: 1000 + i, value: i / 3 })
  const log = async (metrics: object[]) => {
    expect((await post('runs/log-batch', { run_id, metrics })).json).toEqual({})
  }
  return { counter, point, log, post, run_id }
}

test.each([
  { what: 'a batch of 1,000 of one metric', keys: 1, most: 4 },
  { what: 'a batch of 1,000 of 10 metrics', keys: 10, most: 31 },
  { what: 'a batch of 1,000 of 100 metrics', keys: 100, most: 301 },
])('$what writes at most $most rows', async ({ keys, most }) => {
  const { counter, point, log } = await countedRun()
  // The first point makes the names known.
  await log(Array.from({ length: keys }, (_, i) => point(`m${i}`, -1)))
  counter.take()
  await log(Array.from({ length: 1000 }, (_, i) => point(`m${i % keys}`, i)))
  expect(counter.take().rowsWritten).toBeLessThanOrEqual(most)
})

test('a point that comes alone writes two rows, itself and the latest of its metric', async () => {
  const { counter, point, post, run_id } = await countedRun()
  await post('runs/log-metric', { run_id, ...point('m', -1) })
  counter.take()
  for (let i = 0; i < 10; i += 1) await post('runs/log-metric', { run_id, ...point('m', i) })
  expect(counter.take().rowsWritten).toBe(20)
})
