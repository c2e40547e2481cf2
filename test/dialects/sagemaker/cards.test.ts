import { describe, expect, test } from 'vitest'
import { cardContentOf, parseCardContent } from '../../../src/dialects/sagemaker/card-content.ts'
import { admin } from '../../support/auth-server.ts'
import { reviewedPackages } from './server.ts'

const content = {
  model_overview: { model_owner: 'ada, risk', model_creator: 'ada' },
  intended_uses: { intended_uses: 'Scores payments.', risk_rating: 'High' },
  training_details: { training_observations: 'Two years.' },
  evaluation_details: [
    { name: 'ours', datasets: ['s3://b/test'] },
    { name: 'evaluation data', evaluation_observation: 'A month.' },
    {
      name: 'fairness',
      metric_groups: [
        {
          name: 'fairness',
          metric_data: [{ name: 'recall', type: 'number', value: 0.5, notes: 'age<25' }],
        },
      ],
    },
  ],
  additional_information: {
    ethical_considerations: 'None known.',
    caveats_and_recommendations: 'Not for loans.',
    custom_details: { licence: 'apache-2.0', contacts: 'risk@example.com', team: 'risk' },
  },
}

describe('the content of a card', () => {
  test('fills in the fields that it has a place for, and the rest stays at the end of the notes', () => {
    const { notes, ...card } = parseCardContent(JSON.stringify(content))
    expect(card).toEqual({
      ...{ intended_use: 'Scores payments.', training_data: 'Two years.' },
      ...{ evaluation_data: 'A month.', limitations: 'Not for loans.' },
      fairness: [{ slice: 'age<25', metric: 'recall', value: 0.5 }],
      ethical_considerations: 'None known.',
      ...{ owners: ['ada', 'risk'], licence: 'apache-2.0', contacts: ['risk@example.com'] },
    })
    expect(notes).toContain('"risk_rating": "High"')
    expect(notes).not.toContain('Scores')
  })

  test.each([
    content,
    {},
    { a: 1 },
    { intended_uses: 'no object', model_overview: { model_owner: ['a'] } },
    { model_overview: { model_owner: 'a,b' }, evaluation_details: [] },
    { evaluation_details: [{ name: 'fairness' }, { name: 'fairness' }, null, 1] },
    { evaluation_details: { name: 'evaluation data' }, training_details: {} },
    { intended_uses: { intended_uses: ' ' }, additional_information: { custom_details: 'x' } },
    { additional_information: { custom_details: { notes: 'See\n```json sagemaker\n{}\n```' } } },
    { additional_information: { custom_details: { notes: 'Plain ``` notes' } }, b: '```\n' },
    { a: [1e300, -1e-300, 0.1], b: 'see 1e999' },
    { constructor: { name: 'x' }, 'a\u0000': '\ud800' },
    JSON.parse('{"__proto__": {"polluted": 1}}'),
  ])('%j goes through a card and back without loss', (given) => {
    expect(JSON.parse(cardContentOf(parseCardContent(JSON.stringify(given))))).toEqual(given)
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })

  test.each([
    ['[]', 'JSON object'],
    ['null', 'JSON object'],
    ['{', 'no JSON'],
    [`{"a":${'['.repeat(50_000)}${']'.repeat(49_000)}`, 'at most 100'],
    [`{"a":"${'x'.repeat(100_000)}"}`, 'at most 100000'],
    ['{"a":12345678901234567890}', 'send it as a text'],
    ['{"a":[{"b":-1e999}]}', 'send it as a text'],
  ])('%.20s is refused', (text, message) => {
    expect(() => parseCardContent(text)).toThrow(message)
  })

  test('notes that somebody changed at their end are notes', () => {
    for (const end of ['{', '[1]', `${'['.repeat(200)}${']'.repeat(200)}`]) {
      const notes = `Mine\n\n\`\`\`json sagemaker\n${end}\n\`\`\``
      expect(JSON.parse(cardContentOf({ notes }))).toEqual({
        additional_information: { custom_details: { notes } },
      })
    }
  })
})

const cardPath = '/api/v1/models/fraud/versions/1/card'
const sent = { ModelCardContent: JSON.stringify(content) }

test('a package answers the card of its version, and writes the next revision', async () => {
  const { ci, arn, update, described, call } = await reviewedPackages()
  expect((await described()).ModelCard).toBeUndefined()
  const made = await update(ci, { ModelCard: { ...sent, ModelCardStatus: 'PendingReview' } })
  expect(made.status).toBe(200)
  const { ModelCard } = await described()
  expect(JSON.parse(ModelCard.ModelCardContent)).toEqual(content)
  expect(ModelCard.ModelCardStatus).toBe('PendingReview')
  const { json } = await call(admin, 'GET', cardPath)
  expect(json).toMatchObject({ revision: 1, card: { licence: 'apache-2.0' } })
  await call(admin, 'PUT', cardPath, { revision: 1, ...json.card, licence: 'mit' })
  const changed = JSON.parse((await described()).ModelCard.ModelCardContent)
  expect(changed.additional_information.custom_details).toEqual({
    ...content.additional_information.custom_details,
    licence: 'mit',
  })
  expect(arn).toContain('fraud')
})

test('a package is created with a card, once however often it is asked for', async () => {
  const { ci, call } = await reviewedPackages()
  const asked = {
    ...{ ModelPackageGroupName: 'fraud', SourceUri: 's3://b/2', ClientToken: 'one' },
    ModelCard: { ...sent, ModelCardStatus: 'Draft' },
  }
  for (let i = 0; i < 2; i++) {
    expect((await ci.call('CreateModelPackage', asked)).json.ModelPackageArn).toMatch(/fraud\/2$/)
  }
  const { json } = await call(admin, 'GET', '/api/v1/models/fraud/versions/2/card')
  expect(json).toMatchObject({ revision: 1, card: { intended_use: 'Scores payments.' } })
})

test('a card is approved with its package alone', async () => {
  const { ci, rita, approve, update, described } = await reviewedPackages()
  for (const ModelCardStatus of ['Approved', 'Archived', 'Draft']) {
    const refused = await update(ci, { ModelCard: { ...sent, ModelCardStatus } })
    expect([refused.status, refused.json.message]).toEqual([
      400,
      expect.stringContaining('ModelCardStatus follows the package'),
    ])
  }
  const created = await ci.call('CreateModelPackage', {
    ...{ ModelPackageGroupName: 'fraud', SourceUri: 's3://b/2' },
    ModelCard: { ...sent, ModelCardStatus: 'Approved' },
  })
  expect(created.status).toBe(400)
  expect(
    (await ci.call('ListModelPackages', { ModelPackageGroupName: 'fraud' })).json,
  ).toMatchObject({
    ModelPackageSummaryList: [{ ModelPackageVersion: 1 }],
  })
  await update(ci, { ModelCard: sent })
  await approve(rita)
  expect((await described()).ModelCard.ModelCardStatus).toBe('Approved')
})

test('what is wrong with a card changes nothing else, and a decision is not sent with one', async () => {
  const { rita, ci, update, described, stage } = await reviewedPackages()
  for (const ModelCard of [{}, { ModelCardContent: '[]' }, { ModelCardContent: '{}', Other: 1 }]) {
    const refused = await update(ci, { ModelCard, CustomerMetadataProperties: { auc: '0.1' } })
    expect(refused.status).toBe(400)
  }
  const both = await update(rita, { ModelCard: sent, ModelApprovalStatus: 'Approved' })
  expect(both.json.message).toContain('send ModelCard first')
  expect(await stage()).toBe('None')
  expect(await described()).toMatchObject({ CustomerMetadataProperties: { auc: '0.91' } })
  expect((await described()).ModelCard).toBeUndefined()
})

test('who may only read a package writes no card', async () => {
  const { user, signedBy, update, described } = await reviewedPackages()
  const eve = await signedBy(await user('eve'))
  const refused = await update(eve, { ModelCard: sent })
  expect(refused.json.__type).toContain('AccessDenied')
  expect((await described()).ModelCard).toBeUndefined()
})

test('where the client sent none, the run tells of the code and where the metrics are', async () => {
  const { ci, mlflow, people, described, user, signedBy } = await reviewedPackages()
  const experiment = await mlflow(people.ci, 'POST', 'experiments/create', { name: 'study' })
  const { experiment_id } = experiment.json
  const tags = [
    { key: 'mlflow.source.git.commit', value: 'abc123' },
    { key: 'mlflow.source.git.repoURL', value: 'https://ada:secret@git.example/fraud' },
  ]
  const run = await mlflow(people.ci, 'POST', 'runs/create', { experiment_id, start_time: 1, tags })
  const { run_id } = run.json.run.info
  const version = { name: 'fraud', source: 's3://b/m', run_id }
  const made = await mlflow(people.ci, 'POST', 'model-versions/create', version)
  expect(made.status).toBe(200)
  const read = async (sm: typeof ci) =>
    (await sm.call('DescribeModelPackage', { ModelPackageName: 'fraud/2' })).json
  const { MetadataProperties, ModelMetrics } = await read(ci)
  expect(MetadataProperties).toMatchObject({
    ...{ CommitId: 'abc123', GeneratedBy: run_id, ProjectId: 'study' },
    Repository: expect.stringMatching(/^https:\/\/(?!.*secret).*git\.example\/fraud$/),
  })
  expect(ModelMetrics.ModelQuality.Statistics.S3Uri).toMatch(/\/models\/fraud\/versions\/2\/facts$/)
  expect((await described()).MetadataProperties).toBeUndefined()
  const eve = await user('eve')
  const none = { experiment_id, username: 'eve', permission: 'NO_PERMISSIONS' }
  await mlflow(admin, 'POST', 'experiments/permissions/create', none)
  expect((await read(await signedBy(eve))).MetadataProperties).toBeUndefined()
  const own = { GeneratedBy: 'jenkins' }
  await ci.call('CreateModelPackage', {
    ...{ ModelPackageGroupName: 'fraud', SourceUri: 'models:/fraud/2', MetadataProperties: own },
  })
  const copy = await ci.call('DescribeModelPackage', { ModelPackageName: 'fraud/3' })
  expect(copy.json.MetadataProperties).toEqual(own)
})
