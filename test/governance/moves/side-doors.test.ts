import { describe, expect, test } from 'vitest'
import { person } from '../../support/accounts.ts'
import { appOf } from '../../support/app.ts'
import { client } from '../../support/client.ts'
import { governedServer } from '../../support/governed-server.ts'

const ann = person('ann')
const rita = person('rita', { groups: ['reviewers'] })
const approvals = { required: 1, from: ['group:reviewers'] }

/** Version 1 of `fraud` is in Production and `champion`, by sign-off; version 2 is in None. */
async function guarded() {
  const server = await governedServer()
  const asAnn = server.as(ann)
  await server.version(asAnn, 'fraud')
  await server.version(asAnn, 'fraud')
  const { post } = server.mlflow(asAnn)
  await post('model-versions/transition-stage', {
    name: 'fraud',
    version: '1',
    stage: 'Production',
  })
  await post('registered-models/alias', { name: 'fraud', alias: 'champion', version: '1' })
  await server.policy('stage', { applies_to: { models: 'fraud', stage: 'production' }, approvals })
  await server.policy('alias', { applies_to: { models: '*', alias: 'champ*' }, approvals })
  const holders = async () => {
    const latest = await server
      .mlflow(asAnn)
      .get('registered-models/get-latest-versions?name=fraud&stages=Production')
    const alias = await server
      .mlflow(asAnn)
      .get('registered-models/alias?name=fraud&alias=champion')
    return [latest.json.model_versions?.[0]?.version, alias.json.model_version?.version]
  }
  return { ...server, ...server.mlflow(asAnn), asAnn, holders }
}

describe('no other call leads to a guarded stage or alias', () => {
  test.each<[string, string, string, object]>([
    [
      'a plain transition',
      'POST',
      'model-versions/transition-stage',
      { name: 'fraud', version: '2', stage: 'PRODUCTION' },
    ],
    [
      'one that archives',
      'POST',
      'model-versions/transition-stage',
      { name: 'fraud', version: '2', stage: 'Production', archive_existing_versions: true },
    ],
    [
      'the preview path',
      'POST',
      '../preview/mlflow/model-versions/transition-stage',
      { name: 'fraud', version: '2', stage: 'Production' },
    ],
    [
      'the alias',
      'POST',
      'registered-models/alias',
      { name: 'fraud', alias: 'champion', version: '2' },
    ],
    [
      'an alias that the glob covers',
      'POST',
      'registered-models/alias',
      { name: 'fraud', alias: 'champ-eu', version: '2' },
    ],
    ['deleting the holder', 'DELETE', 'model-versions/delete', { name: 'fraud', version: '1' }],
    ['deleting the model', 'DELETE', 'registered-models/delete', { name: 'fraud' }],
    ['renaming it away', 'POST', 'registered-models/rename', { name: 'fraud', new_name: 'free' }],
  ])('not %s', async (_, method, path, body) => {
    const { asAnn, holders } = await guarded()
    const url = path.startsWith('../') ? `/api/2.0/${path.slice(3)}` : `/api/2.0/mlflow/${path}`
    const res = await asAnn(method, url, body)
    expect([res.status, res.json.error_code]).toEqual([403, 'PERMISSION_DENIED'])
    expect(await holders()).toEqual(['1', '1'])
  })

  test('not renaming a model with versions there onto a guarded name', async () => {
    const { asAnn, post, version } = await guarded()
    await version(asAnn, 'free')
    await post('model-versions/transition-stage', {
      name: 'free',
      version: '1',
      stage: 'Production',
    })
    await post('registered-models/delete', { name: 'none' })
    const renamed = await post('registered-models/rename', { name: 'free', new_name: 'fraud' })
    expect(renamed.status).toBe(403)
  })

  test('not renaming a model onto a name under which a policy guards where its versions are', async () => {
    const { asAnn, post, get, version, policy } = await guarded()
    await policy('later', { applies_to: { models: 'fraud-*', stage: 'Production' } })
    await policy('named', { applies_to: { models: 'fraud-*', alias: 'challenger' } })
    const rename = (name: string, new_name: string) =>
      post('registered-models/rename', { name, new_name })
    const inStage = { name: 'staged', version: '1', stage: 'Production' }
    await version(asAnn, 'staged')
    expect((await post('model-versions/transition-stage', inStage)).status).toBe(200)
    const aliased = { name: 'aliased', alias: 'challenger', version: '1' }
    await version(asAnn, 'aliased')
    expect((await post('registered-models/alias', aliased)).status).toBe(200)
    for (const [name, what] of [
      ['staged', 'version 1 holds Production'],
      ['aliased', 'version 1 holds alias challenger'],
    ] as const) {
      const refused = await rename(name, 'fraud-2')
      expect([refused.status, refused.json.message]).toEqual([403, expect.stringContaining(what)])
      expect((await get(`registered-models/get?name=${name}`)).status).toBe(200)
      expect((await rename(name, `${name}-2`)).status).toBe(200)
    }
  })

  test('a copy starts in no stage, and has no alias', async () => {
    const { post } = await guarded()
    const copied = await post('model-versions/create', { name: 'fraud', source: 'models:/fraud/1' })
    expect(copied.json.model_version).toMatchObject({ version: '3', current_stage: 'None' })
    expect(copied.json.model_version.aliases).toBeUndefined()
  })
})

test('a protected alias is moved by those whom the policy names, and by nobody else', async () => {
  const { as, asAnn, policy, mlflow } = await guarded()
  await policy('alias', {
    applies_to: { models: 'fraud', alias: 'champion' },
    approvals: { from: ['group:reviewers'] },
  })
  const move = { name: 'fraud', alias: 'champion', version: '2' }
  const refused = await mlflow(asAnn).post('registered-models/alias', move)
  expect(refused.json.message).toContain('lets only group:reviewers make this move')
  const moved = await mlflow(as(rita)).post('registered-models/alias', move)
  expect(moved.status).toBe(200)
  const gone = await mlflow(as(rita)).del('registered-models/alias', {
    name: 'fraud',
    alias: 'champion',
  })
  expect(gone.status).toBe(200)
})

test('an approval against a deletion, and a merge against a change of the policy, come in one order', async () => {
  for (let round = 0; round < 5; round++) {
    const { as, asAnn, holders, policy, del } = await guarded()
    await asAnn('POST', '/api/v1/promotions', {
      model: 'fraud',
      version: '2',
      to: { stage: 'Production' },
    })
    await as(rita)('POST', '/api/v1/promotions/1/reviews', { decision: 'approve' })
    const [merged, changed, deleted] = await Promise.all([
      asAnn('POST', '/api/v1/promotions/1/merge'),
      policy('stage', {
        applies_to: { models: 'fraud', stage: 'Production' },
        approvals: { required: 2, from: ['group:reviewers'] },
      }),
      del('model-versions/delete', { name: 'fraud', version: '2' }),
    ])
    expect(changed.status).toBe(200)
    const inStage = (await holders())[0]
    // Either it merged and so could not be deleted, or it was deleted or held up and so is not there.
    if (merged.status === 200) expect([inStage, deleted.status]).toEqual(['2', 403])
    else expect(inStage).toBe('1')
  }
})

test('with access control off, a claimed name signs off only where the policy says so', async () => {
  const { platform } = await governedServer()
  const app = appOf(() => platform)
  const as = (name: string) => client(app, { 'x-gatehouse-actor': name }).call
  const [ada, bob] = [as('ada'), as('bob')]
  await ada('POST', '/api/2.0/mlflow/registered-models/create', { name: 'm' })
  await ada('POST', '/api/2.0/mlflow/model-versions/create', { name: 'm', source: 's3://b/m' })
  const policy = { applies_to: { models: 'm', stage: 'Production' } }
  await ada('PUT', '/api/v1/policies/p', {
    ...policy,
    approvals: { required: 1, from: ['user:ada', 'user:bob'] },
  })
  await ada('POST', '/api/v1/promotions', { model: 'm', version: '1', to: { stage: 'Production' } })
  const unverified = await bob('POST', '/api/v1/promotions/1/reviews', { decision: 'approve' })
  expect(unverified.status).toBe(403)
  await ada('PUT', '/api/v1/policies/p', {
    ...policy,
    approvals: { required: 1, from: ['user:ada', 'user:bob'], allow_unverified: true },
  })
  expect((await ada('POST', '/api/v1/promotions/1/reviews', { decision: 'approve' })).status).toBe(
    403,
  )
  const approved = await bob('POST', '/api/v1/promotions/1/reviews', { decision: 'approve' })
  expect(approved.json.can_merge).toBe(true)
})
