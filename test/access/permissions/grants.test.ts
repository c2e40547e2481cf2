import { beforeEach, describe, expect, test } from 'vitest'
import { requireRight } from '../../../src/access/permissions/require.ts'
import type { Context } from '../../../src/platform/context.ts'
import { type Member, type Team, team } from '../../support/team.ts'

let on: Team
let trainer: Member
let rita: Member
let editor: Member

beforeEach(async () => {
  on = await team()
  trainer = await on.member('service:trainer')
  rita = await on.member('rita', ['release'])
  editor = await on.member('editor')
  await on.admin.post('registered-models/create', { name: 'fraud-detector' })
  for (const who of ['service:trainer', 'editor']) {
    await on.grant(who, 'registered_model', 'fraud-detector', 'EDIT')
  }
})

/** A grant, of somebody who is there. */
async function right(body: { principal: string; [field: string]: unknown }): Promise<string> {
  const [kind = '', name = kind] = body.principal.split(':')
  if (kind === 'group') await on.admin.call('PUT', `/api/v1/groups/${name}`, { members: [] })
  else await on.member(kind === 'service' ? body.principal : name)
  const res = await on.admin.call('POST', '/api/v1/grants', body)
  expect(res.status, res.text).toBe(201)
  return res.json.id
}

async function register(by: Member, name = 'fraud-detector') {
  return by.post('model-versions/create', { name, source: 's3://elsewhere/model' })
}

function move(by: Member, stage: string, more: object = {}, name = 'fraud-detector') {
  const body = { name, version: '1', stage, ...more }
  return by.post('model-versions/transition-stage', body)
}

describe('without a grant that names the place', () => {
  test('EDIT moves a version anywhere, and registers', async () => {
    expect((await register(editor)).status).toBe(200)
    expect((await move(editor, 'Production')).status).toBe(200)
    expect((await move(rita, 'Archived')).status).toBe(403)
  })
})

describe('with grants per stage', () => {
  beforeEach(async () => {
    await right({ principal: 'service:trainer', action: 'register', models: 'fraud-*' })
    await right({
      ...{ principal: 'service:trainer', action: 'promote', models: 'fraud-*' },
      stage: 'Staging',
    })
    await right({ principal: 'group:release', action: 'promote', models: '*', stage: '*' })
    expect((await register(trainer)).status).toBe(200)
  })

  test('a training account registers and moves to Staging, and gets 403 on Production', async () => {
    expect((await move(trainer, 'Staging')).status).toBe(200)
    const refused = await move(trainer, 'Production')
    expect(refused.status).toBe(403)
    expect(refused.json.error_code).toBe('PERMISSION_DENIED')
    expect(refused.text).toContain("stage 'Production'")
    expect((await move(rita, 'Production')).status).toBe(200)
    expect((await move(trainer, 'Staging')).status).toBe(403)
  })

  test('who may EDIT may neither register nor move, and who may read and holds the grants may', async () => {
    expect((await register(editor)).status).toBe(403)
    expect((await move(editor, 'Staging')).status).toBe(403)
    expect((await move(rita, 'Staging')).status).toBe(200)
    expect((await register(rita)).status).toBe(403)
  })

  test('a grant does not outweigh a DENY on the model', async () => {
    await on.grant('rita', 'registered_model', 'fraud-detector', 'DENY')
    expect((await move(rita, 'Production')).status).toBe(403)
  })

  test('grants of other models say nothing', async () => {
    await on.admin.post('registered-models/create', { name: 'churn' })
    await on.grant('editor', 'registered_model', 'churn', 'EDIT')
    expect((await register(editor, 'churn')).status).toBe(200)
    // The grant of all stages of all models names churn too.
    expect((await move(editor, 'Staging', {}, 'churn')).status).toBe(403)
  })

  test('a grant that was taken away opens the place again', async () => {
    const list = await on.admin.call('GET', '/api/v1/grants')
    for (const { id } of list.json.items) {
      expect((await on.admin.call('DELETE', `/api/v1/grants/${id}`)).status).toBe(200)
    }
    expect((await move(editor, 'Production')).status).toBe(200)
    expect((await on.entries('grant.deleted')).length).toBe(list.json.items.length)
  })
})

describe('a guarded Production', () => {
  beforeEach(async () => {
    await right({
      ...{ principal: 'group:release', action: 'promote', models: 'fraud-*' },
      stage: 'Production',
    })
    await on.admin.post('model-versions/create', {
      ...{ name: 'fraud-detector', source: 's3://elsewhere/model' },
    })
  })

  test.each<[string, (by: Member) => ReturnType<Member['post']>]>([
    ['another stage', (by) => move(by, 'Archived')],
    ['no stage', (by) => move(by, 'None')],
    [
      'deleting the version',
      (by) =>
        by.call('DELETE', '/api/2.0/mlflow/model-versions/delete', {
          ...{ name: 'fraud-detector', version: '1' },
        }),
    ],
    [
      'deleting the model',
      (by) =>
        by.call('DELETE', '/api/2.0/mlflow/registered-models/delete', { name: 'fraud-detector' }),
    ],
    [
      'renaming the model',
      (by) => by.post('registered-models/rename', { name: 'fraud-detector', new_name: 'harmless' }),
    ],
  ])('is not left by way of %s', async (_way, leave) => {
    const owner = await on.member('owner')
    await on.grant('owner', 'registered_model', 'fraud-detector', 'MANAGE')
    expect((await move(rita, 'Production')).status).toBe(200)
    const refused = await leave(owner)
    expect(refused.status).toBe(403)
    expect(refused.text).toContain("'promote'")
    const version = await on.admin.get('model-versions/get?name=fraud-detector&version=1')
    expect(version.json.model_version.current_stage).toBe('Production')
  })

  test('is not entered by renaming a model whose version is in it, nor by archiving who is there', async () => {
    const owner = await on.member('owner')
    await owner.post('registered-models/create', { name: 'harmless' })
    await register(owner, 'harmless')
    expect((await move(owner, 'Production', {}, 'harmless')).status).toBe(200)
    const renamed = await owner.post('registered-models/rename', {
      ...{ name: 'harmless', new_name: 'fraud-two' },
    })
    expect(renamed.status).toBe(403)
    await move(rita, 'Production')
    const archiving = await editor.post('model-versions/transition-stage', {
      ...{ name: 'fraud-detector', version: '1', stage: 'Production' },
      archive_existing_versions: true,
    })
    expect(archiving.status).toBe(403)
  })

  test('keeps a version that gets there while another caller moves it out', async () => {
    const results = await Promise.all([
      ...Array.from({ length: 8 }, () => move(editor, 'Staging')),
      move(rita, 'Production'),
      ...Array.from({ length: 8 }, () => move(editor, 'Archived')),
    ])
    expect(results.every(({ status }) => [200, 403].includes(status))).toBe(true)
    expect(results[8]?.status).toBe(200)
    const moves = (await on.entries('model_version.transitioned')) as {
      before: { stage: string }
      after: { stage: string }
    }[]
    const leaving = moves.filter(({ before, after }) => {
      return before.stage === 'Production' && after.stage !== 'Production'
    })
    expect(leaving).toEqual([])
  })
})

describe('a guarded alias', () => {
  const alias = (by: Member, method: string, name: string) =>
    by.call(method, '/api/2.0/mlflow/registered-models/alias', {
      ...{ name: 'fraud-detector', alias: name },
      ...(method === 'POST' && { version: '1' }),
    })

  beforeEach(async () => {
    await right({
      ...{ principal: 'user:rita', action: 'promote', models: 'fraud-detector' },
      alias: 'champ*',
    })
    await register(trainer)
  })

  test('is set, moved and deleted by its holders alone; others are as before', async () => {
    expect((await alias(editor, 'POST', 'champion')).status).toBe(403)
    expect((await alias(editor, 'POST', 'challenger')).status).toBe(200)
    expect((await alias(rita, 'POST', 'champion')).status).toBe(200)
    expect((await alias(editor, 'DELETE', 'champion')).status).toBe(403)
    expect((await alias(rita, 'POST', 'challenger')).status).toBe(403)
    const owner = await on.member('owner')
    await on.grant('owner', 'registered_model', 'fraud-detector', 'MANAGE')
    const gone = await owner.call('DELETE', '/api/2.0/mlflow/model-versions/delete', {
      ...{ name: 'fraud-detector', version: '1' },
    })
    expect(gone.status).toBe(403)
    expect((await alias(rita, 'DELETE', 'champion')).status).toBe(200)
  })

  test('does not keep its version from moving to another stage', async () => {
    expect((await alias(rita, 'POST', 'champion')).status).toBe(200)
    expect((await move(editor, 'Staging')).status).toBe(200)
  })
})

describe('the grants themselves', () => {
  test('a plain name is a user, and a grant answers what was asked', async () => {
    await on.member('ada')
    const body = { principal: 'ada', action: 'promote', models: 'a*', alias: 'champion' }
    const res = await on.admin.call('POST', '/api/v1/grants', body)
    expect(res.json).toMatchObject({ ...body, principal: 'user:ada', created_by: 'root' })
    expect(await on.entries('grant.created')).toMatchObject([{ after: { principal: 'user:ada' } }])
    expect((await on.admin.call('POST', '/api/v1/grants', body)).status).toBe(400)
  })

  test.each([
    [{ principal: 'ada', action: 'promote', models: '*' }, 'stage'],
    [{ principal: 'ada', action: 'promote', models: '*', stage: 'a', alias: 'b' }, 'stage'],
    [{ principal: 'ada', action: 'register', models: '*', stage: 'Production' }, 'stage'],
    [{ principal: 'ada', action: 'fly', models: '*' }, 'action'],
    [{ principal: 'group:', action: 'approve', models: '*' }, 'principal'],
    [{ principal: 'ada', action: 'approve' }, 'models'],
    [{ principal: 'ada', action: 'approve', models: '' }, 'models'],
    [{ principal: 'ada', action: 'approve', models: '*', extra: 1 }, 'extra'],
    [{ principal: 'a'.repeat(1000), action: 'approve', models: '*' }, 'principal'],
    [{ principal: 'ada', action: 'approve', models: 'm'.repeat(1000) }, 'models'],
    [{ principal: { a: 1 }, action: 'approve', models: '*' }, 'principal'],
  ])('%j is refused, and the message names %s', async (body, word) => {
    const res = await on.admin.call('POST', '/api/v1/grants', body)
    expect(res.status).toBe(400)
    expect(res.text).toContain(word)
  })

  test('are listed by pages', async () => {
    for (const name of ['a', 'b', 'c']) {
      await right({ principal: name, action: 'approve', models: '*' })
    }
    const first = await on.admin.call('GET', '/api/v1/grants?max_results=2')
    expect(first.json.items.map((grant: { principal: string }) => grant.principal)).toEqual([
      'user:a',
      'user:b',
    ])
    const token = first.json.next_page_token
    const second = await on.admin.call('GET', `/api/v1/grants?max_results=2&page_token=${token}`)
    expect(second.json.items).toHaveLength(1)
    expect(second.json.next_page_token).toBeUndefined()
    expect((await on.admin.call('GET', '/api/v1/grants?page_token=zzz')).status).toBe(400)
    expect((await on.admin.call('DELETE', '/api/v1/grants/999')).status).toBe(404)
  })

  test('hold for one who signed in elsewhere, by groups', async () => {
    await right({ principal: 'group:release', action: 'register', models: '*' })
    const pipeline = on.stranger('service:pipeline', ['release'])
    expect((await register(pipeline)).status).toBe(200)
    expect((await register(on.stranger('service:other'))).status).toBe(403)
  })
})

describe('a right that has nothing to do with MLflow', () => {
  const ctxOf = (by: Member): Context => ({
    ...on.platform,
    principal: by.principal,
    workspace: 'default',
    requestId: 'r',
  })

  test('is for administrators, and for holders on the models that their grants name', async () => {
    await right({ principal: 'rita', action: 'approve', models: 'fraud-*' })
    await right({ principal: 'group:release', action: 'read_audit', models: '*' })
    const rights = [
      requireRight(ctxOf(rita), 'approve', { model: 'fraud-detector' }),
      requireRight(ctxOf(rita), 'approve', { model: 'churn' }),
      requireRight(ctxOf(rita), 'approve'),
      requireRight(ctxOf(rita), 'read_audit'),
      requireRight(ctxOf(rita), 'read_audit', { model: 'churn' }),
      requireRight(ctxOf(editor), 'read_audit'),
      requireRight(ctxOf(on.admin), 'manage_webhooks'),
    ]
    const settled = await Promise.allSettled(rights)
    expect(settled.map(({ status }) => status)).toEqual([
      ...['fulfilled', 'rejected', 'rejected', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    ])
  })

  test('to register or promote is what the calls themselves ask', async () => {
    await right({ principal: 'rita', action: 'promote', models: '*', stage: 'Production' })
    const of = (by: Member, stage: string) =>
      requireRight(ctxOf(by), 'promote', { model: 'fraud-detector', stage })
    await of(rita, 'Production')
    await of(editor, 'Staging')
    await requireRight(ctxOf(editor), 'register', { model: 'fraud-detector' })
    await expect(of(editor, 'Production')).rejects.toThrow("stage 'Production'")
    await expect(of(rita, 'Staging')).rejects.toThrow('EDIT')
  })
})
