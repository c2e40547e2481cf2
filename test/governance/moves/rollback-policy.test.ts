import { expect, test } from 'vitest'
import { person } from '../../support/accounts.ts'
import { governedServer } from '../../support/governed-server.ts'

const ann = person('ann')
const rita = person('rita', { groups: ['reviewers'] })

const approvals = { required: 1, from: ['group:reviewers'] }

/** Versions 1 and then 2 came into Production by sign-off, or before there was a policy. */
async function twice(policy: object, { unguarded = false } = {}) {
  const server = await governedServer()
  const asAnn = server.as(ann)
  const { post, get } = server.mlflow(asAnn)
  if (!unguarded) await server.policy('p', { approvals })
  for (const version of ['1', '2']) {
    await server.version(asAnn, 'fraud')
    const move = { name: 'fraud', version, stage: 'Production', archive_existing_versions: true }
    await post('model-versions/transition-stage', move)
    if (unguarded) continue
    const path = `/api/v1/promotions/${version}/reviews`
    await server.as(rita)('POST', path, { decision: 'approve' })
    expect((await post('model-versions/transition-stage', move)).status).toBe(200)
  }
  await server.policy('p', { approvals, ...policy })
  const live = async () => {
    const latest = await get('registered-models/get-latest-versions?name=fraud&stages=Production')
    return latest.json.model_versions[0].version
  }
  const back = () =>
    asAnn('POST', '/api/v1/models/fraud/rollback', { stage: 'Production', reason: 'incident' })
  return { ...server, asAnn, live, back }
}

test('a policy may let a version come back without a new sign-off', async () => {
  const { back, live } = await twice({ rollback: { skip_approvals: true } })
  expect((await back()).status).toBe(200)
  expect(await live()).toBe('1')
})

test('its files are judged all the same', async () => {
  const { back, live } = await twice({
    rollback: { skip_approvals: true },
    gates: [{ name: 'intact', type: 'integrity' }],
  })
  const refused = await back()
  expect([refused.status, refused.json.message]).toEqual([
    403,
    "Version 1 of 'fraud' cannot come back: it is not sealed, and a policy wants its files read",
  ])
  expect(await live()).toBe('2')
})

test('without that it takes a request, as any move does', async () => {
  const { as, back, live } = await twice({}, { unguarded: true })
  const refused = await back()
  expect(refused.json.message).toContain('Promotion request #1 is open for fraud version 1')
  expect(await live()).toBe('2')
  await as(rita)('POST', '/api/v1/promotions/1/reviews', { decision: 'approve' })
  expect((await back()).status).toBe(200)
  expect(await live()).toBe('1')
})
