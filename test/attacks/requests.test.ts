import { expect, test } from 'vitest'
import { type Court, court, fromReviewers } from '../support/court.ts'

const production = { stage: 'Production' }

const stageOf = async ({ mlflow, root }: Court) => {
  const found = await mlflow(root, 'GET', 'model-versions/get?name=fraud&version=1')
  return found.json.model_version.current_stage
}

test.for([true, false])(
  'what one approved with archiving %s, another approval does not change',
  async (archive_existing) => {
    const c = await court()
    await c.user('dave')
    await c.ours(c.root, 'PUT', 'groups/reviewers', { members: ['carol', 'dave'] })
    await c.policy({ approvals: { required: 2, from: ['group:reviewers'] } })
    const body = { model: 'fraud', version: '1', to: production, archive_existing }
    const { id } = (await c.ours(c.ann, 'POST', 'promotions', body)).json
    expect((await c.review(c.carol, id)).status).toBe(200)
    const grant = { name: 'fraud', username: 'dave', permission: 'EDIT' }
    await c.mlflow(c.root, 'POST', 'registered-models/permissions/create', grant)
    const dave = await c.token(c.root, { for: 'dave' })
    const approve = (archive: boolean) =>
      c.mlflow(dave.bearer, 'POST', 'transition-requests/approve', {
        name: 'fraud',
        version: '1',
        stage: 'Production',
        archive_existing_versions: archive,
      })
    const refused = await approve(!archive_existing)
    expect(refused.status, refused.text).toBe(409)
    expect((await c.request(id)).archive_existing).toBe(archive_existing)
    expect((await approve(archive_existing)).status).toBe(200)
  },
)

test.for([
  [
    'lost the right to it',
    ({ ours, root }: Court) =>
      ours(root, 'POST', 'grants', {
        principal: 'user:carol',
        action: 'promote',
        models: 'fraud',
        stage: 'Production',
      }),
  ],
  ['is deleted', ({ remove }: Court) => remove('mallory')],
] as const)('no request merges by itself whose requester %s', async ([, change]) => {
  const c = await court()
  await c.policy({
    auto_promote: true,
    gates: [{ name: 'g', type: 'check', check: 'tests' }],
  })
  const id = await c.open(c.mallory)
  await change(c)
  const posted = await c.check(c.root, id)
  expect([posted.status, posted.json.status], posted.text).toEqual([200, 'open'])
  expect(await stageOf(c)).toBe('None')
  // Who has the right may still make the move.
  expect((await c.merge(c.root, id)).status).toBe(200)
})

test('a request that is past its time makes room for another, which starts without approvals', async () => {
  const c = await court()
  await c.policy({ approvals: { ...fromReviewers, expire_after_hours: 1 } })
  const id = await c.open(c.ann)
  await c.review(c.carol, id)
  c.clock.pass(3_600_001)
  expect((await c.merge(c.ann, id)).status).toBe(409)
  const body = { name: 'fraud', version: '1', stage: 'Production' }
  const moved = await c.mlflow(c.ann, 'POST', 'model-versions/transition-stage', body)
  expect([moved.status, moved.json.message], moved.text).toEqual([
    403,
    expect.stringContaining('#2 is open for fraud version 1 -> Production: needs 1 approval'),
  ])
  expect((await c.request(id)).status).toBe('expired')
})

test.for(['None', 'Archived'])('no request archives what is in %s', async (stage) => {
  const { ours, ann } = await court()
  const body = { model: 'fraud', version: '1', to: { stage }, archive_existing: true }
  const made = await ours(ann, 'POST', 'promotions', body)
  expect([made.status, made.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
})
