import { promptKey } from '../../core/names.ts'
import { eventTypes, matchesAny } from './event-types.ts'
import type { EventFields, RegistryEvent } from './events.ts'

const tags = { example_key: 'example_value' }
const tag = { key: 'example_key', value: 'example_value' }
const alias = { alias: 'example_alias', version: '1' }

const variant = { name: 'champion', uri: 'models:/example_model/Production', weight: 100 }

const link = {
  collection: 'example_collection',
  collection_workspace: 'shared',
  collection_version: '1',
}

type Change = { readonly before?: EventFields; readonly after?: EventFields }

/** What changed in an example of each kind, by its type or the part of it behind the dot. */
const changes: Readonly<Record<string, Change>> = {
  tag_set: { before: { ...tag, value: null }, after: tag },
  tag_deleted: { before: tag },
  alias_set: { before: { ...alias, version: null }, after: alias },
  alias_deleted: { before: alias },
  transitioned: { before: { stage: 'Staging' }, after: { stage: 'Production' } },
  rolled_back: { before: { stage: 'Archived' }, after: { stage: 'Production', archived: [] } },
  renamed: { before: { name: 'example_model' }, after: { name: 'renamed_model' } },
  card_changed: {
    before: { revision: 1 },
    after: { revision: 2, fields: ['limitations'], imported_from: null },
  },
  hold_placed: { after: { reason: 'an example' } },
  hold_lifted: { before: { reason: 'an example' } },
  linked: { after: link },
  unlinked: { before: link },
  damaged: { after: { path: 'model.pkl', problem: 'changed' } },
  flagged: {
    after: { count: 1, findings: [{ path: 'model.pkl', what: 'dangerous', detail: 'os.system' }] },
  },
  'serving.failed': {
    after: {
      replica: 'r1',
      host: 'example-host',
      uri: 'models:/example_model/Production',
      message: 'it ended with 1',
    },
  },
  'deployment.set': {
    before: { deployment: 'example-ab', split: { variants: [{ ...variant, weight: 90 }] } },
    after: { deployment: 'example-ab', split: { variants: [{ ...variant, weight: 100 }] } },
  },
  'deployment.deleted': { before: { deployment: 'example-ab', split: { variants: [variant] } } },
  failed: { after: { gates: [{ name: 'accurate', policy: 'production', detail: '0.8 < 0.9' }] } },
}

const promotion = { promotion: '1', to: { stage: 'Production' } }

/** What MLflow puts into its examples of created things. */
const created: Readonly<Record<string, EventFields>> = {
  registered_model: { tags, description: 'An example registered model' },
  model_version: {
    source: 'models:/123',
    run_id: 'abcd1234abcd5678',
    tags,
    description: 'An example model version',
  },
  version_comment: { comment: '1', text: 'An example comment' },
  prompt: { tags, description: 'An example prompt' },
  prompt_version: {
    tags: { ...tags, [promptKey]: 'true', 'mlflow.prompt.text': 'Hello {{name}}!' },
    description: 'An example prompt version',
  },
}

/**
 * An event of a type, about a model and a version that need not exist.
 *
 * @param pattern a type, or a pattern: then it is the first type that matches
 */
export function exampleEvent(pattern: string, atMs: number): RegistryEvent {
  const type = eventTypes.find((known) => matchesAny([pattern], known)) ?? pattern
  const [kind = '', action = ''] = type.split('.')
  const isPrompt = kind.startsWith('prompt')
  const isPromotion = kind === 'promotion'
  const change: Change | undefined = isPromotion
    ? { after: promotion }
    : (changes[type] ?? changes[action])
  const after = action === 'created' ? created[kind] : change?.after
  const ofModel = kind === 'registered_model' || kind === 'prompt'
  return {
    seq: 0,
    n: 0,
    type,
    atMs,
    actor: { name: 'example', kind: 'user', verified: false, groups: [] },
    registeredModelId: null,
    isPrompt,
    model: isPrompt ? 'example_prompt' : 'example_model',
    version: ofModel ? null : '1',
    before: change?.before ?? {},
    after: after ?? {},
    reason: null,
    promotionId: isPromotion || kind === 'gate' ? promotion.promotion : null,
    approvedBy: [],
  }
}
