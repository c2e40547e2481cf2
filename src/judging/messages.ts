import { excerpt } from '../core/error.ts'
import { quotedListOf } from '../core/messages.ts'

/** As `messages`, of what judges traces. */
export const judgingMessages = {
  noScorer: (name: string, experiment: number) =>
    `Scorer with name '${excerpt(name)}' not found for experiment ${experiment}.`,
  noScorerVersion: (name: string, version: number, experiment: number) =>
    `Scorer with name '${excerpt(name)}' and version ${version} not found for experiment ${experiment}.`,
  blankScorerName: 'Scorer name cannot be empty or contain only whitespace.',
  blankScorerModel: 'Scorer model cannot be empty or contain only whitespace.',
  modelNoText: 'Scorer model must be a string.',
  scorerNotJson: 'serialized_scorer must be valid JSON',
  noCustomScorers: 'Custom scorer registration (using @scorer decorator)',
  noGatewayEndpoint: (name: string) => `GatewayEndpoint not found (name='${excerpt(name)}')`,
  noGatewayModel: (name: string) => `Scorer '${excerpt(name)}' does not use a gateway model.`,
  wrongSampleRate: (rate: number) => `sample_rate must be between 0.0 and 1.0, got ${rate}`,
  noIssue: (id: string) => `Issue with ID '${excerpt(id)}' not found`,
  unknownIssueKey: (key: string) =>
    `Invalid filter field '${excerpt(key)}'. Supported fields: status, source_run_id`,

  noLabelSchema: (id: string) => `Label schema with id '${excerpt(id)}' not found.`,
  noLabelSchemaNamed: (name: string, experiment: number) =>
    `Label schema with name '${excerpt(name)}' not found for experiment '${experiment}'.`,
  noLabelSchemas: (ids: readonly string[], experiment: number) =>
    `Label schema id(s) [${excerpt(quotedListOf(ids))}] not found for experiment '${experiment}'.`,
  labelSchemaTaken: (name: string, experiment: number) =>
    `Label schema with name '${excerpt(name)}' already exists for experiment '${experiment}'.`,
  oneLabelInput:
    'Label schema `input` must have exactly one of `pass_fail`, `categorical`, `numeric`, or `text` set',
  defaultLabelName: (name: string) =>
    `\`${name}\` is reserved for the experiment's default question`,
  labelInputFixed: "A label schema's input type cannot be changed",
  multiSelectFixed: '`InputCategorical.multi_select` cannot be changed after creation',
  equalLabels: (label: string) =>
    `\`InputPassFail.positive_label\` and \`negative_label\` must be distinct; got '${excerpt(label)}' for both.`,
  tooManyOptions: (field: string, most: number, count: number) =>
    `\`${field}\` must have at most ${most} entries; got ${count}.`,
  tooManyCharacters: (field: string, most: number, count: number) =>
    `${field} must be at most ${most} characters; got ${count}.`,
  defaultLabelFixed: (done: 'edited' | 'deleted') =>
    `The experiment's default question cannot be ${done}.`,
  noReviewQueue: (id: string) => `Review queue with id '${excerpt(id)}' not found.`,
  noReviewQueueNamed: (name: string, experiment: number) =>
    `Review queue with name '${excerpt(name)}' not found for experiment '${experiment}'.`,
  reviewQueueTaken: (name: string) =>
    `Review queue with name '${excerpt(name)}' already exists (names are case-insensitive).`,
  queueOfUser: (user: string) =>
    `'${excerpt(user)}' is a user, whose own review queue has this name; choose another name, or put that user among those of the queue`,
  tooManyReviewers: (most: number, count: number) =>
    `A review queue can have at most ${most} assigned users; got ${count}.`,
  reservedQueueName: (name: string) => `\`${excerpt(name)}\` is a reserved queue name`,
  userQueueSchemas: 'A user queue cannot have explicitly-attached schemas',
  queueQuestionsLocked: "A review queue's questions are locked once items are assigned to it",
  userQueueFixed: "A user queue's name, assigned user, schemas, and owner are fixed",
  noTracesToReview: (ids: readonly string[], queue: string, experiment: number) =>
    `Cannot attach trace(s) [${excerpt(quotedListOf(ids))}] to review queue '${excerpt(queue)}': they do not exist in experiment '${experiment}'.`,
  noReviewItem: (id: string, queue: string) =>
    `Item '${excerpt(id)}' is not attached to review queue '${excerpt(queue)}'.`,
  wrongCompletedBy: (status: string) =>
    status === 'pending'
      ? '`completed_by` must not be set when reopening an item to `pending`.'
      : `\`completed_by\` is required when setting status to \`${status}\`.`,
}
