import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { runHourlyWork } from '../../src/background.ts'
import { seedRuns } from '../search/seed.ts'
import { testServer } from '../support/server.ts'

const day = 86_400_000

async function purgingServer() {
  const plain = await testServer()
  const settings = { ...plain.platform.settings, purgeAfterMs: 30 * day }
  const count = async (table: string) => {
    const found = await plain.platform.db.first(
      sql<{ rows: number }>`select count(*) as rows from ${sql.raw(table)}`,
    )
    return found?.rows
  }
  const made = await plain.post('experiments/create', { name: 'e' })
  return {
    ...plain,
    experimentId: String(made.json.experiment_id),
    count,
    /** The work of an hour, so many days from now. */
    workAfter: (days: number) =>
      runHourlyWork({ ...plain.platform, settings, now: () => Date.now() + days * day }),
  }
}

test('what was deleted long enough ago goes for good, a part each hour, and the rest stays', async () => {
  const s = await purgingServer()
  await seedRuns(
    s.platform.db,
    Number(s.experimentId),
    Array.from({ length: 450 }, (_, i) => ({ name: `r${i}`, metrics: { loss: i } })),
  )
  const kept = await s.post('runs/create', { experiment_id: '0', start_time: 1 })
  await s.post('experiments/delete', { experiment_id: s.experimentId })
  await s.workAfter(29)
  expect(await s.count('runs')).toBe(451)
  const left: (number | undefined)[] = []
  for (let hour = 0; hour < 4; hour++) {
    await s.workAfter(31)
    left.push(await s.count('runs'))
  }
  expect(left).toEqual([251, 51, 1, 1])
  expect(await s.count('latest_metrics')).toBe(0)
  expect(await s.get(`runs/get?run_id=${kept.json.run.info.run_id}`)).toMatchObject({ status: 200 })
  expect(await s.get(`experiments/get?experiment_id=${s.experimentId}`)).toMatchObject({
    status: 404,
  })
})

test('an experiment goes no sooner than the last of its runs', async () => {
  const s = await purgingServer()
  const runs = Array.from({ length: 201 }, (_, i) => ({ name: `r${i}` }))
  await seedRuns(s.platform.db, Number(s.experimentId), runs)
  await s.post('experiments/delete', { experiment_id: s.experimentId })
  await s.workAfter(31)
  expect([await s.count('runs'), await s.count('experiments')]).toEqual([1, 2])
  await s.workAfter(31)
  expect([await s.count('runs'), await s.count('experiments')]).toEqual([0, 1])
})

test('a server that was not told to purge does not, and what a version under a hold came from stays', async () => {
  const s = await purgingServer()
  const { json } = await s.post('runs/create', { experiment_id: s.experimentId, start_time: 1 })
  const runId = json.run.info.run_id
  await s.post('registered-models/create', { name: 'm' })
  await s.post('model-versions/create', { name: 'm', source: 's3://b/m', run_id: runId })
  await s.call('PUT', '/api/v1/models/m/versions/1/hold', { reason: 'a lawsuit' })
  await s.post('runs/delete', { run_id: runId })
  await runHourlyWork({ ...s.platform, now: () => Date.now() + 400 * day })
  await s.workAfter(400)
  expect(await s.count('runs')).toBe(1)
})
