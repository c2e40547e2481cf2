import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { served as apiServed } from '../../src/api/routes.ts'
import { served as mlflowServed } from '../../src/mlflow/routes.ts'
import { operations, readingPosts } from '../../src/mlflow/surface.ts'
import { Receivers } from '../support/receiver.ts'
import { registryServer } from '../support/registry-server.ts'
import { changes, notOnRecord } from './changes.ts'

/** Names of all operations that are served and change something. */
function changing(): string[] {
  const isServed = new Set(mlflowServed.map(({ name }) => name))
  const ofMlflow = operations
    .filter(({ routes }) => routes.some(({ method }) => method !== 'GET'))
    .map(({ name }) => name)
    .filter((name) => isServed.has(name) && !readingPosts.has(name))
  const ours = apiServed
    .filter(({ endpoint }) => endpoint.method !== 'GET' && !endpoint.readOnly)
    .map(({ endpoint }) => `v1 ${endpoint.name}`)
  return [...ofMlflow, ...ours].sort()
}

test('every operation that changes something has an example, or a reason why it is not in the audit log', () => {
  const examples = new Set(Object.keys(changes).map((name) => name.replace(/, .*/, '')))
  expect([...examples, ...notOnRecord].sort()).toEqual(changing())
})

test.each(Object.entries(changes))('%s makes exactly one entry', async (_name, prepare) => {
  const server = await registryServer({ outbound: new Receivers() })
  const { db } = server.platform
  const entries = () =>
    db.all<{ seq: number; request_id: string; actor: string }>(
      sql`select seq, request_id, actor, action from audit_entries order by seq`,
    )
  const change = await prepare(server)
  const before = await entries()
  const answer = await change()
  expect(answer.status).toBeLessThan(300)
  const after = await entries()
  expect(after.slice(before.length)).toEqual([
    {
      seq: before.length + 1,
      action: expect.not.stringMatching(/^request\.refused$/),
      actor: expect.stringMatching(/"name":"(anonymous|rita|root|sam)"/),
      request_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    },
  ])
})
