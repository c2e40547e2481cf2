import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { served as apiServed } from '../../src/api/routes.ts'
import { served as mlflowServed } from '../../src/mlflow/routes.ts'
import { operations, readingPosts } from '../../src/mlflow/surface.ts'
import { registryServer } from '../registry/registry.ts'
import { changes, changesOfAccess, notOnRecord, prepare } from './changes.ts'

/** Names of all operations that are served and change something. */
function changing(): string[] {
  const isServed = new Set(mlflowServed.map(({ name }) => name))
  const ofMlflow = operations
    .filter(({ routes }) => routes.some(({ method }) => method !== 'GET'))
    .map(({ name }) => name)
    .filter((name) => isServed.has(name) && !readingPosts.has(name))
  const ours = apiServed
    .filter(({ endpoint }) => endpoint.method !== 'GET' && !endpoint.readOnly)
    .map(({ endpoint }) => endpoint.name)
  return [...ofMlflow, ...ours].sort()
}

test('every operation that changes something has an example, or a reason why it is not on the record', () => {
  expect([...Object.keys(changes), ...changesOfAccess, ...notOnRecord].sort()).toEqual(changing())
})

test.each(Object.entries(changes))('%s makes exactly one entry', async (_name, change) => {
  const server = await registryServer()
  const { db } = server.platform
  const entries = () =>
    db.all<{ seq: number; request_id: string; actor: string }>(
      sql`select seq, request_id, actor, action from audit_entries order by seq`,
    )
  await prepare(server)
  const before = await entries()
  const answer = await change(server)
  expect(answer.status).toBeLessThan(300)
  const after = await entries()
  expect(after.slice(before.length)).toEqual([
    {
      seq: before.length + 1,
      action: expect.not.stringMatching(/^request\.refused$/),
      actor: expect.stringContaining('"name":"anonymous"'),
      request_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    },
  ])
})
