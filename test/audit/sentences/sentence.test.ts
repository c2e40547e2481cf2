import { expect, test } from 'vitest'
import { actions } from '../../../src/audit/actions.ts'
import { type Happening, sentenceOf } from '../../../src/audit/sentences/sentence.ts'
import { eventTypes } from '../../../src/webhooks/events/event-types.ts'

const ann = { name: 'ann', verified: true }

test.each<[string, Partial<Happening>]>([
  [
    'ann moved fraud version 2 from None to Production, archiving versions 1, 3 (request #24, approved by rita, otto): better',
    {
      ...{ action: 'model_version.transitioned', promotion_id: '24', reason: 'better' },
      ...{ model: 'fraud', version: '2', approved_by: ['rita', 'otto'] },
      before: { stage: 'None' },
      after: { stage: 'Production', archived: ['1', '3'] },
    },
  ],
  [
    'ann pointed the alias champion at fraud version 2, from version 1 by break-glass',
    {
      ...{ action: 'model_version.alias_set', model: 'fraud', version: '2' },
      before: { alias: 'champion', version: '1' },
      after: { alias: 'champion', version: '2', break_glass: true },
    },
  ],
  [
    'ann approved request #24 for fraud version 2 to enter alias champion: good',
    {
      ...{ action: 'promotion.reviewed', promotion_id: '24', model: 'fraud', version: '2' },
      after: { promotion: '24', to: { alias: 'champion' }, decision: 'approve', comment: 'good' },
    },
  ],
  [
    'ann merged request #24: fraud version 2 is in Production',
    {
      ...{ action: 'promotion.merged', promotion_id: '24', model: 'fraud', version: '2' },
      after: { stage: 'Production' },
    },
  ],
  [
    'ann set the tag mood of the prompt greet to a text that is lo...',
    {
      ...{ action: 'prompt.tag_set', model: 'greet' },
      before: { key: 'mood', value: null },
      after: { key: 'mood', value: { begins: 'a text that is lo', sha256: 'x' } },
    },
  ],
  [
    'ann was refused mergePromotion on fraud version 2: not yet',
    {
      ...{ action: 'request.refused', model: 'fraud', version: '2' },
      after: { operation: 'mergePromotion', error_code: 'PERMISSION_DENIED', message: 'not yet' },
    },
  ],
  [
    'ann brewed something fraud version 2',
    { action: 'brewed.something', model: 'fraud', version: '2' },
  ],
])('%s', (sentence, happening) => {
  expect(sentenceOf({ actor: ann, action: '', ...happening })).toBe(sentence)
})

test('a name that nobody verified is told as such', () => {
  const actor = { name: 'ann', verified: false }
  expect(sentenceOf({ actor, action: 'registered_model.created', model: 'm' })).toBe(
    'ann (not verified) created the model m',
  )
})

test('every action and every event has a sentence, and none needs more than it was told', () => {
  for (const action of [...actions, ...eventTypes]) {
    const sentence = sentenceOf({ actor: ann, action, model: 'm', version: '1' })
    const words = action.replaceAll('_', ' ').replace('.', ' ')
    expect(sentence).not.toContain(words)
    expect(sentence).not.toMatch(/undefined|\[object/)
  }
})
