import {
  createExecutionContext,
  createScheduledController,
  waitOnExecutionContext,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import { beforeEach, expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import { verifyStoredChain } from '../../src/audit/verify.ts'
import type { Platform } from '../../src/platform/context.ts'
import worker from '../../src/worker.ts'

let platform: Platform
beforeEach(async () => {
  platform = await freshPlatform()
})

const open = { ...env, GATEHOUSE_AUTH: '0' }

const verify = () => verifyStoredChain(platform, undefined)

function create(name: string): Request {
  return new Request('http://localhost/api/2.0/mlflow/registered-models/create', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  })
}

test('a Worker seals what a request recorded before the request is over for it', async () => {
  const execution = createExecutionContext()
  expect((await worker.fetch(create('m'), open, execution)).status).toBe(200)
  await waitOnExecutionContext(execution)
  expect(await verify()).toMatchObject({ ok: true, entries: 1, sealed: 1 })
})

test('sixteen requests at once, each sealing behind itself, make one chain', async () => {
  await Promise.all(
    Array.from({ length: 16 }, async (_, i) => {
      const execution = createExecutionContext()
      await worker.fetch(create(`m${i}`), open, execution)
      await waitOnExecutionContext(execution)
    }),
  )
  expect(await verify()).toMatchObject({ ok: true, entries: 16, sealed: 16 })
})

test('the cron trigger seals what was left over', async () => {
  await platform.db.batch({
    auditEntries: sql`insert into audit_entries (workspace, at_ms, actor, action, is_prompt, request_id)
      values ('default', 1, '{"name":"x"}', 'request.refused', 0, 'r')`,
  })
  const execution = createExecutionContext()
  await worker.scheduled(createScheduledController({ cron: '* * * * *' }), open, execution)
  await waitOnExecutionContext(execution)
  expect(await verify()).toMatchObject({ ok: true, entries: 1, sealed: 1 })
})

test('once an hour the other trigger removes bytes that nothing needs', async () => {
  const run = async (vars: object) => {
    const execution = createExecutionContext()
    const controller = createScheduledController({ cron: '23 * * * *' })
    await worker.scheduled(controller, { ...env, ...vars }, execution)
    await waitOnExecutionContext(execution)
  }
  const noted = () => platform.db.all(sql`select blob from unreferenced_blobs`)
  await platform.db.batch({
    // Its folder's turn is at each hour: a name in every folder.
    blobs: sql`with recursive n(i) as (select 0 union all select i + 1 from n where i < 255)
      insert into blobs (sha256, size_bytes, key, created_at_ms)
      select printf('%064x', i), 1, 'blobs/' || printf('%02x', i) || '/' || printf('%032x', i), 1 from n`,
  })
  await run({ GATEHOUSE_GC_AFTER_DAYS: '0' })
  expect(await noted()).toEqual([])
  await run({})
  expect([10, 11]).toContain((await noted()).length)
})

test('once an hour the other trigger deletes traces that are kept no longer, but for those with feedback', async () => {
  const ask = async (method: string, path: string, body?: object) => {
    const request = new Request(`http://localhost${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    const execution = createExecutionContext()
    const res = await worker.fetch(request, open, execution)
    await waitOnExecutionContext(execution)
    return res
  }
  const traces = '/api/3.0/mlflow/traces'
  const log = (trace_id: string, atMs: number, assessments: readonly object[] = []) =>
    ask('POST', traces, {
      trace: {
        trace_info: {
          ...{ trace_id, assessments, request_time: new Date(atMs).toISOString() },
          trace_location: { mlflow_experiment: { experiment_id: '0' } },
        },
      },
    })
  const good = {
    assessment_name: 'good',
    source: { source_type: 'HUMAN' },
    feedback: { value: true },
  }
  const longAgo = Date.now() - 40 * 86_400_000
  await log('tr-old', longAgo)
  await log('tr-judged', longAgo, [good])
  await log('tr-new', Date.now())
  const rule = { revision: 0, days_max: 30 }
  expect((await ask('PUT', '/api/v1/experiments/0/trace-retention', rule)).status).toBe(200)
  const statuses = () =>
    Promise.all(
      ['tr-old', 'tr-judged', 'tr-new'].map(
        async (id) => (await ask('GET', `${traces}/${id}`)).status,
      ),
    )
  expect(await statuses()).toEqual([200, 200, 200])
  const execution = createExecutionContext()
  await worker.scheduled(createScheduledController({ cron: '23 * * * *' }), open, execution)
  await waitOnExecutionContext(execution)
  expect(await statuses()).toEqual([404, 200, 200])
})
