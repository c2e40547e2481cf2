import type { SQL } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { compile } from '../../src/db/compile.ts'
import { deliverDue } from '../../src/webhooks/delivery/deliver.ts'
import { client } from '../support/client.ts'
import { openStream } from '../support/event-source.ts'
import { planOf } from '../support/plans.ts'
import { Receivers } from '../support/receiver.ts'
import { testServer } from '../support/server.ts'
import { askedDatabase } from '../support/watched-database.ts'

/** Workspaces `team-a` and `team-b`, each with a webhook. */
async function twoTeams() {
  const receivers = new Receivers()
  const fresh = await testServer({ outbound: receivers })
  const settings = { ...fresh.platform.settings, workspaces: true }
  const server = await testServer({ ...fresh.platform, settings })
  const teams: Record<string, ReturnType<typeof client>> = {}
  for (const name of ['team-a', 'team-b']) {
    await server.post3('workspaces', { name })
    const team = client(server.app, { 'x-mlflow-workspace': name })
    const url = `https://receiver.example/${name}`
    await team.call('POST', '/api/v1/webhooks', { name, url, events: ['*'] })
    teams[name] = team
  }
  const { 'team-a': a, 'team-b': b } = teams
  if (!a || !b) throw new Error('nobody is there')
  return { ...server, receivers, a, b }
}

test('a webhook is told of its own workspace, and rests while another is busy', async () => {
  const { platform, receivers, a, b } = await twoTeams()
  await deliverDue(platform)
  receivers.received.length = 0
  for (const name of ['x', 'y']) await a.post('registered-models/create', { name })
  let asked = 0
  const counted = askedDatabase(platform.db, () => {
    asked++
    if (asked > 500) throw new Error('it is looked at again and again')
  })
  await deliverDue({ ...platform, db: counted })
  expect(receivers.received.map(({ url, json }) => [new URL(url).pathname, json.model])).toEqual([
    ['/team-a', 'x'],
    ['/team-a', 'y'],
  ])
  const before = asked
  await deliverDue({ ...platform, db: counted })
  expect(asked - before).toBe(1)
  await b.post('registered-models/create', { name: 'z' })
  await deliverDue(platform)
  expect(receivers.at('team-b').map(({ json }) => json.model)).toEqual(['z'])
})

test('the audit log of one workspace is read by its number, never all of it at once', async () => {
  const { platform, app, a } = await twoTeams()
  const seen: SQL[] = []
  const { db } = platform
  Object.assign(platform, { db: askedDatabase(db, (query) => seen.push(query)) })
  await a.post('registered-models/create', { name: 'm' })
  await deliverDue(platform)
  await a.call('GET', '/api/v1/events/history')
  await a.call('GET', '/api/v1/audit')
  await a.send('GET', '/api/v1/audit/export').then((res) => res.text())
  const stream = await openStream(app, '/api/v1/events', { 'x-mlflow-workspace': 'team-a' })
  await stream.close()
  Object.assign(platform, { db })
  const reads = seen.filter((query) =>
    /from audit_entries\b.*\border by (e\.)?seq/s.test(compile(query).text),
  )
  expect(reads.length).toBeGreaterThan(5)
  for (const read of reads) {
    const text = (await planOf(read)).join('\n')
    expect(text).toMatch(/SEARCH (e|audit_entries) USING INTEGER PRIMARY KEY/)
  }
})

test('a stream ends with its workspace', async () => {
  const { app, call, post3 } = await twoTeams()
  for (const path of ['/api/v1/events', '/api/v1/watch?uri=models:/m/latest']) {
    const name = `team-${path.length}`
    await post3('workspaces', { name })
    const stream = await openStream(app, path, { 'x-mlflow-workspace': name })
    expect((await call('DELETE', `/api/3.0/mlflow/workspaces/${name}`)).status).toBe(204)
    let last = await stream.block()
    if (last?.event === 'unresolved') last = await stream.block()
    expect(last).toBe(undefined)
  }
})
