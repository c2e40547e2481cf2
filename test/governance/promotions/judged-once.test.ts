import { type SQL, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { runList, withBatches } from '../../../src/db/batch.ts'
import { compile } from '../../../src/db/compile.ts'
import type { Database } from '../../../src/db/database.ts'
import type { BlobStore } from '../../../src/platform/ports.ts'
import { person } from '../../support/accounts.ts'
import { appOf } from '../../support/app.ts'
import { governedServer } from '../../support/governed-server.ts'

const ann = person('ann')
const ci = person('service:ci', { isAdmin: true })
const rita = person('rita', { groups: ['reviewers'] })
const approvals = { required: 1, from: ['group:reviewers'] }
const intact = { name: 'intact', type: 'integrity' }
const toProduction = { name: 'fraud', version: '1', stage: 'Production' }

/** A server with a sealed version of one file, that counts what its database and its store do. */
async function countingServer(policy: object) {
  const server = await governedServer()
  const { platform } = server
  const asAnn = server.as(ann)
  const { post } = server.mlflow(asAnn)
  await post('registered-models/create', { name: 'fraud' })
  const made = await post('runs/create', { experiment_id: '0', start_time: 1 })
  const { run_id, artifact_uri } = made.json.run.info
  await appOf(() => platform, ann).request(
    `/api/2.0/mlflow-artifacts/artifacts/${artifact_uri.replace('mlflow-artifacts:/', '')}/model/w`,
    { method: 'PUT', body: 'weights' },
  )
  await post('model-versions/create', { name: 'fraud', source: `${artifact_uri}/model`, run_id })
  await server.policy('p', policy)

  const seen = { statements: 0, judgements: 0, filesRead: 0 }
  const { db, blobs } = platform
  Object.assign(platform, {
    db: countingDatabase(db, (text) => {
      seen.statements++
      // Nothing but a snapshot reads this.
      if (text.includes('as policy_revision')) seen.judgements++
    }),
    blobs: countingStore(blobs, () => {
      seen.filesRead++
    }),
  })
  const approve = () =>
    server.as(rita)('POST', '/api/v1/promotions/1/reviews', { decision: 'approve' })
  const open = () =>
    asAnn('POST', '/api/v1/promotions', {
      model: 'fraud',
      version: '1',
      to: { stage: 'Production' },
    })
  /** What `call` answers, and what it took. */
  const counted = async <T>(call: () => Promise<T>) => {
    Object.assign(seen, { statements: 0, judgements: 0, filesRead: 0 })
    const answer = await call()
    return { answer, ...seen }
  }
  return { ...server, db, asAnn, post, approve, open, counted, runId: String(run_id) }
}

function countingDatabase(db: Database, note: (text: string) => void): Database {
  const noted = <R>(query: SQL<R>) => {
    note(compile(query).text)
    return query
  }
  return {
    ...withBatches(db, (list) => runList(db, list.map(noted))),
    all: (query) => db.all(noted(query)),
    first: (query) => db.first(noted(query)),
  }
}

function countingStore(blobs: BlobStore, note: () => void): BlobStore {
  return new Proxy(blobs, {
    get(store, name) {
      if (name === 'get') note()
      const member: unknown = Reflect.get(store, name)
      return typeof member === 'function' ? member.bind(store) : member
    },
  })
}

test('an approval is judged once, and answered with itself counted', async () => {
  const { open, approve, counted } = await countingServer({ approvals, gates: [intact] })
  expect((await counted(open)).judgements).toBe(1)
  const { answer, judgements, filesRead } = await counted(approve)
  expect([judgements, filesRead]).toEqual([1, 0])
  expect(answer.json).toMatchObject({ can_merge: true, approvals: { given: 1 } })
})

test('an approval that merges is judged once, and its files are read once', async () => {
  const policy = { approvals, gates: [intact], auto_promote: true }
  const { open, approve, counted } = await countingServer(policy)
  await open()
  const { answer, judgements, filesRead } = await counted(approve)
  expect(answer.json).toMatchObject({ status: 'merged', approvals: { given: 1 } })
  expect([judgements, filesRead]).toEqual([1, 1])
})

test('a transition that a policy guards is judged once, whether it is made or waits', async () => {
  const { post, approve, counted } = await countingServer({ approvals, gates: [intact] })
  const move = () => post('model-versions/transition-stage', toProduction)
  const refused = await counted(move)
  expect([refused.answer.status, refused.judgements, refused.filesRead]).toEqual([403, 1, 1])
  await approve()
  const moved = await counted(move)
  expect([moved.answer.status, moved.judgements, moved.filesRead]).toEqual([200, 1, 1])
})

test('an approval of Databricks’ clients, which merges, is judged once', async () => {
  const { as, open, mlflow, counted } = await countingServer({ approvals, gates: [intact] })
  await open()
  const request = { ...toProduction, archive_existing_versions: false }
  const { answer, judgements, filesRead } = await counted(() =>
    // Who approves has the right to the move, so it is made at once.
    mlflow(as(rita)).post('transition-requests/approve', request),
  )
  expect(answer.json.activity.activity_type).toBe('APPLIED_TRANSITION')
  expect([judgements, filesRead]).toEqual([1, 1])
})

test('a check for a request that does not merge by itself is judged for its answer alone', async () => {
  const gates = [{ name: 'tests', type: 'check', check: 'tests' }]
  const { as, open, counted } = await countingServer({ gates })
  await open()
  const { answer, judgements } = await counted(() =>
    as(ci)('POST', '/api/v1/promotions/1/checks', { name: 'tests', status: 'passed' }),
  )
  expect(answer.json).toMatchObject({ can_merge: true })
  expect(judgements).toBe(1)
})

/** As many open requests as that: for aliases `a1`, `a2`, ... beside the one for Production. */
async function manyOpen(db: Database, count: number): Promise<void> {
  await db.all(sql`insert into promotions (workspace, registered_model, model_version, model,
      version, from_stage, target_kind, target, archive_existing, status, requested_by, requester,
      requested_at_ms, expires_at_ms, break_glass, evidence, judged_at_ms)
    select workspace, registered_model, model_version, model, version, from_stage, 'alias',
      'a' || n.value, 0, 'open', requested_by, requester, requested_at_ms, expires_at_ms, 0,
      evidence, judged_at_ms
    from promotions p join json_each(${JSON.stringify(Array.from({ length: count }, (_, n) => n + 1))}) n
    where p.id = 1`)
}

test.for([
  ['open requests', '/api/v1/promotions?status=open'],
  ['those that await the caller', '/api/v1/promotions?awaiting=me'],
])('a page of a hundred %s takes as many statements as a page of two', async ([, path]) => {
  const { as, admin, db, open, counted } = await countingServer({ approvals })
  await admin('PUT', '/api/v1/policies/aliases', {
    applies_to: { models: '*', alias: '*' },
    approvals,
  })
  await open()
  await manyOpen(db, 100)
  await as(rita)('GET', path ?? '')
  const two = await counted(() => as(rita)('GET', `${path}&max_results=2`))
  const hundred = await counted(() => as(rita)('GET', `${path}&max_results=100`))
  expect(two.answer.json.items).toHaveLength(2)
  expect(hundred.answer.json.items).toHaveLength(100)
  expect(hundred.statements).toBe(two.statements)
  expect([two.judgements, hundred.judgements]).toEqual([0, 0])
})

test('a list shows the last judgement with its time; one request is judged anew', async () => {
  const gates = [{ name: 'accurate', type: 'metric', metric: 'accuracy', min: 0.9 }]
  const { asAnn, post, open, runId } = await countingServer({ gates })
  const opened = (await open()).json
  const listed = async () => (await asAnn('GET', '/api/v1/promotions')).json.items[0]
  await post('runs/log-metric', { run_id: runId, key: 'accuracy', value: 0.95, timestamp: 1 })
  expect(await listed()).toMatchObject({
    can_merge: false,
    blocked_by: ["gate 'accurate' failed: metric 'accuracy' is absent"],
    judged_at: opened.judged_at,
  })
  const one = (await asAnn('GET', '/api/v1/promotions/1')).json
  expect(one).toMatchObject({ can_merge: true, blocked_by: [] })
  expect(one.judged_at).toBeGreaterThan(opened.judged_at)
  expect(await listed()).toEqual(one)
})

test('a request awaits reviewers until they approved, and again once their approval is dismissed', async () => {
  const { as, admin, asAnn, open, approve } = await countingServer({ approvals })
  const awaiting = async (call: typeof asAnn) =>
    (await call('GET', '/api/v1/promotions?awaiting=me')).json.items.length
  await open()
  expect([await awaiting(as(rita)), await awaiting(asAnn)]).toEqual([1, 0])
  await approve()
  expect(await awaiting(as(rita))).toBe(0)
  await admin('PUT', '/api/v1/models/fraud/versions/1/card', { limitations: 'minors' })
  expect(await awaiting(as(rita))).toBe(1)
})
