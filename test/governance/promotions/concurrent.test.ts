import { expect, test } from 'vitest'
import { person } from '../../support/accounts.ts'
import { governedServer } from '../../support/governed-server.ts'
import { sixteen } from '../../support/registry-server.ts'

const ann = person('ann')
const reviewer = (name: string) => person(name, { groups: ['reviewers'] })
const approvals = { required: 1, from: ['group:reviewers'] }
const request = { model: 'fraud', version: '1', to: { stage: 'Production' } }
const rounds = 4

/** Version 1 of `fraud`, asked for Production under a policy. */
async function requested(policy: object) {
  const server = await governedServer()
  await server.policy('p', policy)
  const asAnn = server.as(ann)
  await server.version(asAnn, 'fraud')
  await asAnn('POST', '/api/v1/promotions', request)
  const entries = async (action: string) => {
    const { json } = await server.admin('GET', `/api/v1/audit?action=${action}`)
    return json.items.length
  }
  const approve = (name: string) =>
    server.as(reviewer(name))('POST', '/api/v1/promotions/1/reviews', { decision: 'approve' })
  const promotion = async () => (await asAnn('GET', '/api/v1/promotions/1')).json
  return { ...server, ...server.mlflow(asAnn), asAnn, entries, approve, promotion }
}

test('two approvers at once promote once, where it merges by itself', async () => {
  for (let round = 0; round < rounds; round++) {
    const { approve, promotion, entries } = await requested({ approvals, auto_promote: true })
    const answers = await Promise.all([approve('rita'), approve('rob')])
    const statuses = answers.map(({ status }) => status)
    // Who comes second finds it open still, or merged by then; neither call fails otherwise.
    expect(statuses).toContain(200)
    expect(statuses.filter((status) => status !== 200 && status !== 409)).toEqual([])
    expect((await promotion()).status).toBe('merged')
    expect(await entries('model_version.transitioned')).toBe(1)
  }
})

test('two approvers at once, where two are required, promote once', async () => {
  for (let round = 0; round < rounds; round++) {
    const both = { ...approvals, required: 2 }
    const { approve, promotion, entries } = await requested({ approvals: both, auto_promote: true })
    const answers = await Promise.all([approve('rita'), approve('rob')])
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(await promotion()).toMatchObject({ status: 'merged', approvals: { given: 2 } })
    expect(await entries('model_version.transitioned')).toBe(1)
  }
})

test('an approval is of the card before an edit or after it, and stands only for the latter', async () => {
  for (let round = 0; round < rounds; round++) {
    const { admin, asAnn, approve, promotion } = await requested({ approvals })
    const edit = admin('PUT', '/api/v1/models/fraud/versions/1/card', { limitations: 'minors' })
    const [approved, edited] = await Promise.all([approve('rita'), edit])
    expect([approved.status, edited.status]).toEqual([200, 200])
    const { json } = await admin('GET', '/api/v1/audit?max_results=2')
    const [last] = json.items
    const editedLast = last.action === 'model_version.card_changed'
    const { can_merge, reviews } = await promotion()
    expect([can_merge, reviews[0].dismissed]).toEqual(
      editedLast ? [false, 'the model card changed since'] : [true, undefined],
    )
    const merged = await asAnn('POST', '/api/v1/promotions/1/merge')
    expect(merged.status).toBe(editedLast ? 403 : 200)
  }
})

test('a merge against an edit of the card moves what was approved, or nothing', async () => {
  for (let round = 0; round < rounds; round++) {
    const { admin, asAnn, approve, entries, promotion } = await requested({ approvals })
    await approve('rita')
    const [merged] = await Promise.all([
      asAnn('POST', '/api/v1/promotions/1/merge'),
      admin('PUT', '/api/v1/models/fraud/versions/1/card', { limitations: 'minors' }),
    ])
    expect([200, 403]).toContain(merged.status)
    const { json } = await admin('GET', '/api/v1/audit?max_results=1')
    const wasMerged = merged.status === 200
    expect((await promotion()).status).toBe(wasMerged ? 'merged' : 'open')
    expect(await entries('model_version.transitioned')).toBe(wasMerged ? 1 : 0)
    if (wasMerged) expect(json.items[0].action).toBe('model_version.card_changed')
  }
})

test('a deletion against a merge: the version is gone and nothing moved, or it moved and stays', async () => {
  for (let round = 0; round < rounds; round++) {
    const { asAnn, approve, del, get, promotion } = await requested({ approvals })
    await approve('rita')
    const [merged, deleted] = await Promise.all([
      asAnn('POST', '/api/v1/promotions/1/merge'),
      del('model-versions/delete', { name: 'fraud', version: '1' }),
    ])
    const version = await get('model-versions/get?name=fraud&version=1')
    if (merged.status === 200) {
      expect(deleted.status).toBe(403)
      expect(version.json.model_version.current_stage).toBe('Production')
    } else {
      expect([deleted.status, version.status]).toEqual([200, 404])
      expect((await promotion()).status).not.toBe('merged')
    }
  }
})

test('sixteen who ask for one move at once get one open request', async () => {
  const { as, mlflow, version, admin, policy } = await governedServer()
  await policy('p', { approvals })
  await version(as(ann), 'fraud')
  const answers = await sixteen(async (i) =>
    mlflow(as(person(`user-${i}`))).post('model-versions/transition-stage', {
      ...{ name: 'fraud', version: '1', stage: 'Production' },
    }),
  )
  for (const { status, json } of answers) {
    expect(status).toBe(403)
    expect(json.message).toContain('Promotion request #1 is open')
  }
  const { json } = await admin('GET', '/api/v1/promotions')
  expect(json.items).toHaveLength(1)
  const opened = await admin('GET', '/api/v1/audit?action=promotion.opened')
  expect(opened.json.items).toHaveLength(1)
})
