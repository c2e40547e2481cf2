import { expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import { anonymous, type Principal } from '../../../src/core/principal.ts'
import type { Context } from '../../../src/platform/context.ts'
import { createRun } from '../../../src/tracking/runs/create-run.ts'
import { getRun, readRuns } from '../../../src/tracking/runs/read-runs.ts'

async function contextOf(principal: Principal, workspace = 'default'): Promise<Context> {
  return { ...(await freshPlatform()), principal, workspace, requestId: 'test' }
}
const ada: Principal = { name: 'ada', kind: 'user', verified: true, groups: [], isAdmin: false }

test('the user of a run is what the client sends, else the principal', async () => {
  const ctx = await contextOf(ada)
  const byDefault = await createRun(ctx, { experimentId: 0, tags: [] })
  const sent = await createRun(ctx, { experimentId: 0, userId: 'bob', tags: [] })
  const nobody = await createRun({ ...ctx, principal: anonymous }, { experimentId: 0, tags: [] })
  expect([byDefault, sent, nobody].map(({ info }) => info.userId)).toEqual(['ada', 'bob', ''])
})

test('a run of another workspace is not there', async () => {
  const ctx = await contextOf(ada)
  const { info } = await createRun(ctx, { experimentId: 0, tags: [] })
  const elsewhere = { ...ctx, workspace: 'other' }
  await expect(getRun(elsewhere, info.runId)).rejects.toThrow(`Run with id=${info.runId} not found`)
  await expect(createRun(elsewhere, { experimentId: 0, tags: [] })).rejects.toThrow(
    'No Experiment with id=0 exists',
  )
})

test('readRuns keeps the order asked for and leaves out what is gone', async () => {
  const ctx = await contextOf(ada)
  const ids: number[] = []
  for (const name of ['a', 'b', 'c']) {
    const made = await createRun(ctx, { experimentId: 0, name, tags: [] })
    ids.push(made.info.id)
  }
  const [a = 0, b = 0, c = 0] = ids
  const read = await readRuns(ctx.db, [c, 4711, a, b])
  expect(read.count).toBe(4)
  expect(read.runs.map(({ name }) => name)).toEqual(['c', 'a', 'b'])
  expect(read.runs.map(({ tags }) => tags.length)).toEqual([1, 1, 1])
  expect(await readRuns(ctx.db, [])).toEqual({ runs: [], count: 0 })
})
