import { expect, test } from 'vitest'
import { defaultSettings } from '../../src/platform/settings/settings.ts'
import { eventTypes } from '../../src/webhooks/events/event-types.ts'
import { exampleEvent } from '../../src/webhooks/events/example-event.ts'
import { payloadOf } from '../../src/webhooks/formats/formats.ts'
import { person } from '../support/accounts.ts'
import { governedServer } from '../support/governed-server.ts'

const ann = person('ann')
const rita = person('rita', { groups: ['reviewers'] })

type Told = {
  type: string
  after: Record<string, unknown>
  promotion_id?: string
  model?: string
  version?: string
}

/** Version 1 of `fraud` under a policy on Production, and what happened since. */
async function watched(policy: object, metrics: Record<string, number> = {}) {
  const server = await governedServer()
  await server.policy('p', policy)
  const asAnn = server.as(ann)
  await server.version(asAnn, 'fraud', metrics)
  const { json } = await server.admin('GET', '/api/v1/events/history')
  const after = json.items.at(-1).id
  const told = async () => {
    const { json } = await server.admin('GET', `/api/v1/events/history?after=${after}`)
    return json.items as Told[]
  }
  const types = async () => (await told()).map(({ type }) => type)
  const request = { model: 'fraud', version: '1', to: { stage: 'Production' } }
  return {
    ...server,
    asRita: server.as(rita),
    asAnn,
    told,
    types,
    open: () => asAnn('POST', '/api/v1/promotions', request),
  }
}

const approvals = { required: 1, from: ['group:reviewers'] }

test('a request tells its opening, comments, checks, approvals and merge, each once', async () => {
  const { asRita, asAnn, open, told, types } = await watched({ approvals })
  await open()
  await asRita('POST', '/api/v1/promotions/1/reviews', { decision: 'comment', comment: 'hm' })
  await asAnn('POST', '/api/v1/promotions/1/checks', { name: 'ci', status: 'passed' })
  await asRita('POST', '/api/v1/promotions/1/reviews', { decision: 'approve' })
  await asAnn('POST', '/api/v1/promotions/1/merge')
  expect(await types()).toEqual([
    'promotion.opened',
    'promotion.commented',
    'promotion.checked',
    'promotion.approved',
    'model_version.transitioned',
    'promotion.merged',
  ])
  for (const event of await told()) {
    expect(event).toMatchObject({ model: 'fraud', version: '1', promotion_id: '1' })
  }
})

test('a rejection and a withdrawal are one event each, with the comment', async () => {
  const { asRita, asAnn, open, told, types } = await watched({ approvals })
  await open()
  await asRita('POST', '/api/v1/promotions/1/reviews', { decision: 'reject', comment: 'no' })
  await open()
  await asAnn('POST', '/api/v1/promotions/2/close', { comment: 'later' })
  expect(await types()).toEqual([
    'promotion.opened',
    'promotion.rejected',
    'promotion.opened',
    'promotion.closed',
  ])
  expect(await told()).toMatchObject([
    {},
    { reason: 'no', after: { decision: 'reject', to: { stage: 'Production' } } },
    {},
    { reason: 'later' },
  ])
})

test('a merge by break-glass is one entry, marked, and so is its event', async () => {
  const { asRita, open, told, types } = await watched({ break_glass: { from: ['user:rita'] } })
  await open()
  await asRita('POST', '/api/v1/promotions/1/break-glass', { reason: 'the model is down' })
  expect(await types()).toEqual([
    'promotion.opened',
    'model_version.transitioned',
    'promotion.merged',
  ])
  expect((await told())[1]).toMatchObject({
    reason: 'the model is down',
    promotion_id: '1',
    after: { stage: 'Production', break_glass: true },
  })
})

test('a move that a failed gate refuses is told with the gate, from either surface', async () => {
  const gates = [{ name: 'm', type: 'metric', metric: 'accuracy', min: 0.9 }]
  const { asAnn, mlflow, told } = await watched({ gates }, { accuracy: 0.5 })
  const move = { name: 'fraud', version: '1', stage: 'Production' }
  const refused = await mlflow(asAnn).post('model-versions/transition-stage', move)
  expect(refused.status).toBe(403)
  expect((await asAnn('POST', '/api/v1/promotions/1/merge')).status).toBe(403)
  const failed = {
    type: 'gate.failed',
    model: 'fraud',
    version: '1',
    promotion_id: '1',
    after: { gates: [{ name: 'm', policy: 'p', detail: 'accuracy 0.5 < 0.9' }] },
  }
  expect(await told()).toMatchObject([
    { type: 'promotion.opened' },
    { ...failed, after: { ...failed.after, operation: 'transitionModelVersionStage' } },
    { ...failed, after: { ...failed.after, operation: 'mergePromotion' } },
  ])
})

test('a move that lacks approvals alone fails no gate', async () => {
  const { asAnn, open, types } = await watched({ approvals })
  await open()
  expect((await asAnn('POST', '/api/v1/promotions/1/merge')).status).toBe(403)
  expect(await types()).toEqual(['promotion.opened'])
})

test('cards, templates and holds are events', async () => {
  const { admin, types } = await watched({})
  await admin('PUT', '/api/v1/models/fraud/card-template', { limitations: 'x' })
  await admin('PUT', '/api/v1/models/fraud/versions/1/card', { limitations: 'y' })
  await admin('PUT', '/api/v1/models/fraud/versions/1/hold', { reason: 'a lawsuit' })
  await admin('DELETE', '/api/v1/models/fraud/card-template')
  expect(await types()).toEqual([
    'registered_model.card_template_set',
    'model_version.card_changed',
    'model_version.hold_placed',
    'registered_model.card_template_deleted',
  ])
})

test('deployments that are written and deleted are events of their model', async () => {
  const { admin, types } = await watched({})
  const variants = [{ name: 'a', uri: 'models:/fraud/1', weight: 1 }]
  await admin('PUT', '/api/v1/deployments/ab', { model: 'fraud', variants })
  await admin('DELETE', '/api/v1/deployments/ab')
  expect(await types()).toEqual(['deployment.set', 'deployment.deleted'])
})

test.each([
  ['promotion.opened', 'promotion #1 to Production opened'],
  ['promotion.followed_up', 'promotion #1 to Production followed up'],
  ['gate.failed', 'gates failed: accurate (0.8 &lt; 0.9)'],
  ['serving.failed', 'cannot be served on example-host: it ended with 1'],
  ['deployment.set', 'deployment example-ab written'],
  ['deployment.deleted', 'deployment example-ab deleted'],
  ['model_version.card_changed', 'model card changed, revision 2'],
  ['model_version.hold_placed', 'legal hold placed'],
  ['model_version.damaged', 'file model.pkl is changed'],
  ['model_version.flagged', 'what may run when it is loaded was found (1)'],
  ['registered_model.card_template_set', 'registered model card template set'],
])('Slack is told of %s in words', (type, words) => {
  const { body } = payloadOf(exampleEvent(type, 0), {
    format: 'slack',
    webhookId: 'hook',
    packages: defaultSettings.packages,
  })
  expect(JSON.parse(body).text.replaceAll('\u200b', '')).toContain(`: ${words}`)
})

test('EventBridge is told what requests say of approval', () => {
  const status = (type: string) =>
    JSON.parse(
      payloadOf(exampleEvent(type, 0), {
        format: 'eventbridge',
        webhookId: 'hook',
        packages: defaultSettings.packages,
      }).body,
    ).detail.ModelApprovalStatus
  expect(status('promotion.opened')).toBe('PendingManualApproval')
  expect(status('promotion.rejected')).toBe('Rejected')
  expect(status('promotion.approved')).toBeUndefined()
})

test('every type has an example in every format', () => {
  for (const type of eventTypes) {
    for (const format of ['json', 'mlflow', 'cloudevents', 'slack', 'eventbridge'] as const) {
      expect(() =>
        JSON.parse(
          payloadOf(exampleEvent(type, 0), {
            format,
            webhookId: 'hook',
            packages: defaultSettings.packages,
          }).body,
        ),
      ).not.toThrow()
    }
  }
})
