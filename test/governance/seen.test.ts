import { expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import type { Database } from '../../src/db/database.ts'
import { watchedDatabase } from '../support/watched-database.ts'
import { askedWorld } from '../ui/world.ts'

const path = '/api/v1/promotions/1'

/** What rita sees of the request that is open, as a decision says that it saw it. */
async function looked(db?: Database) {
  const world = await askedWorld(db && { db })
  const look = async () => {
    const { json } = await world.call(world.rita, 'GET', path)
    const { digest, card_revision, policy_revisions, facts_digest, compared_with } = json
    return { digest, card_revision, policy_revisions, facts_digest, compared_with }
  }
  const review = (seen: object, decision = 'approve') =>
    world.call(world.rita, 'POST', `${path}/reviews`, { decision, seen })
  return { ...world, look, review }
}

test('a review of what is there counts, and says of what it is', async () => {
  const { look, review } = await looked()
  const seen = await look()
  expect(seen).toMatchObject({
    digest: expect.stringMatching(/^sha256:/),
    card_revision: 1,
    compared_with: '2',
    policy_revisions: [{ name: 'production-sign-off', revision: 1 }],
  })
  const res = await review(seen)
  expect(res.json.approvals).toMatchObject({ given: 1 })
})

test('who looked before the card or a policy changed approves and rejects nothing', async () => {
  const { look, review, card, policy, call, rita } = await looked()
  const seen = await look()
  await card(3, { intended_use: 'Something else.' }, 1)
  const stale = await review(seen)
  expect(stale.status).toBe(409)
  expect(stale.json.message).toContain('the model card is at revision 2, not 1')
  await policy({ gates: [] })
  const rejected = await review(seen, 'reject')
  expect(rejected.status).toBe(409)
  expect(rejected.json.message).toContain("policy 'production-sign-off' is at revision 2, not 1")
  const { json } = await call(rita, 'GET', path)
  expect(json).toMatchObject({ status: 'open', reviews: [] })
  expect((await review(await look())).status).toBe(200)
})

test('who looked before another version was live neither approves nor merges, and hears which one it is', async () => {
  const { look, review, move, policy, call, ann, rita } = await looked()
  await policy({ gates: [] })
  const seen = await look()
  expect((await move(1, 'Production')).status).toBe(403)
  await call(rita, 'POST', '/api/v1/promotions/2/reviews', { decision: 'approve' })
  expect((await call(ann, 'POST', '/api/v1/promotions/2/merge')).status).toBe(200)
  const stale = await review(seen)
  expect(stale.status).toBe(409)
  expect(stale.json.message).toContain('it is compared with version 1, not with version 2')
  expect((await review({ ...seen, compared_with: null })).json.message).toContain(
    'not with no version',
  )
  // Who does not say what they compared it with is asked for the rest alone.
  const { compared_with: _, ...older } = seen
  expect((await review(older)).status).toBe(200)
  expect((await call(ann, 'POST', `${path}/merge`, { seen })).status).toBe(409)
  expect((await call(ann, 'POST', `${path}/merge`, { seen: await look() })).status).toBe(200)
  const merged = await call(rita, 'GET', path)
  expect(merged.json).toMatchObject({ status: 'merged', compared_with: '1' })
})

test('an approval that merges by itself does not where another version went live meanwhile', async () => {
  const { db } = await freshPlatform()
  let isBegun = false
  let overtake = async () => {}
  const watched = watchedDatabase(db, {
    tables: 'model_versions',
    before: async () => {
      if (!isBegun) return
      isBegun = false
      await overtake()
    },
  })
  const { look, review, move, policy, call, rita } = await looked(watched)
  await policy({ gates: [], auto_promote: true })
  const other = '/api/v1/promotions/2'
  expect((await move(1, 'Production')).status).toBe(403)
  overtake = async () => {
    const approved = await call(rita, 'POST', `${other}/reviews`, { decision: 'approve' })
    expect(approved.json).toMatchObject({ status: 'merged' })
  }
  const seen = await look()
  isBegun = true
  // What rita did stands; the move is another one than she saw.
  expect((await review(seen)).status).toBe(200)
  expect((await call(rita, 'GET', path)).json).toMatchObject({ status: 'open', compared_with: '1' })
})

test('neither is anything merged, nor is the glass broken', async () => {
  const { look, card, policy, call, otto, rita, ann } = await looked()
  await policy({ gates: [] })
  await call(rita, 'POST', `${path}/reviews`, { decision: 'approve' })
  const seen = { ...(await look()), card_revision: 7 }
  const reason = 'everything is on fire'
  expect((await call(ann, 'POST', `${path}/merge`, { seen })).status).toBe(409)
  expect((await call(otto, 'POST', `${path}/break-glass`, { seen, reason })).status).toBe(409)
  await card(3, { intended_use: 'Something else.' }, 1)
  const other = { ...(await look()), digest: null }
  expect((await call(ann, 'POST', `${path}/merge`, { seen: other })).json.message).toContain(
    'not unsealed',
  )
})
