import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { spanMs } from '../../src/serving/counts/report-counts.ts'
import { person } from '../support/accounts.ts'
import { appOf } from '../support/app.ts'
import { client } from '../support/client.ts'
import { Clock } from '../support/clock.ts'
import { registryServer } from '../support/registry-server.ts'

const path = '/api/v1/deployments/ab'
const split = { model: 'fraud', variants: [{ name: 'a', uri: 'models:/fraud/1', weight: 1 }] }

/** A deployment that somebody filled with rows of 350 buckets, which the bounds of reports allow. */
async function filled({ rows, buckets }: { rows: number; buckets: number }) {
  const clock = new Clock()
  const server = await registryServer({ now: clock.now })
  await server.createModel('fraud')
  await server.createVersion('fraud')
  const { call } = client(appOf(() => server.platform, person('ann', { isAdmin: true })))
  const { json } = await call('PUT', path, split)
  const latencies = JSON.stringify(
    Object.fromEntries(Array.from({ length: buckets }, (_, i) => [i, 1])),
  )
  const span = clock.now() - (clock.now() % spanMs)
  await server.platform.db.all(sql`insert into deployment_counts
    with recursive n (i) as (select 1 union all select i + 1 from n where i < ${rows})
    select ${json.id}, ${spanMs}, ${span} - ${spanMs} * (1 + i % 300), 'variant', 'a', i,
      1, 0, 0, 0, 0, 0, 0, ${latencies} from n`)
  let sequence = 0
  const report = (version: number) =>
    call('POST', `${path}/counts`, {
      ...{ deployment: json.id, reporter: 'r', sequence: ++sequence },
      items: [
        { kind: 'variant', name: 'a', version, requests: 1, errors: 0, refused: 0, latencies: {} },
      ],
    })
  const requests = async () => (await call('GET', `${path}/stats`)).json.variants[0].requests
  return { call, clock, report, requests }
}

test('counts of many versions and durations hold nobody up who asks for all of them', async () => {
  const { requests } = await filled({ rows: 6000, buckets: 350 })
  expect(await requests()).toBe(6000)
})

test('a deployment takes no more rows than others can wait for, and a guard sees what comes after it', async () => {
  const { call, clock, report, requests } = await filled({ rows: 10_000, buckets: 1 })
  expect((await report(1)).status).toBe(200)
  expect(await requests()).toBe(10_000)
  clock.pass(spanMs)
  await call('PUT', path, { ...split, guard: { max_error_rate: 0.5 } })
  clock.pass(spanMs)
  expect((await report(1)).status).toBe(200)
  expect(await requests()).toBe(10_001)
})
