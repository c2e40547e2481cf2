import { afterEach, expect, test, vi } from 'vitest'
import { openPlatform } from '../../../src/node.ts'
import { givenBy } from '../../../src/platform/settings/setting-table.ts'
import { temporaryFolder } from '../../support/gatehouse-process.ts'
import { traceId, traceServer } from '../../support/trace-server.ts'

afterEach(() => {
  vi.useRealTimers()
})

test('a server deletes by itself, in the hour after, traces that are kept no longer', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-03-01T12:30:00Z') })
  const data = await temporaryFolder()
  const platform = await openPlatform(givenBy({ GATEHOUSE_DATA: data }))
  platform.background.start()
  try {
    const s = await traceServer(platform)
    await s.info({ request_time: '2026-01-01T00:00:00Z' }, 1)
    await s.info({ request_time: '2026-02-28T00:00:00Z' }, 2)
    await s.call('PUT', `/api/v1/experiments/${s.experiment}/trace-retention`, {
      revision: 0,
      days_max: 30,
    })
    const statuses = () =>
      Promise.all([1, 2].map(async (trace) => (await s.get(traceId(trace))).status))
    expect(await statuses()).toEqual([200, 200])
    vi.setSystemTime(Date.parse('2026-03-01T13:00:01Z'))
    await vi.waitFor(async () => expect(await statuses()).toEqual([404, 200]), 60_000)
  } finally {
    await platform.background.stop(10_000)
    await platform.close()
  }
}, 120_000)
