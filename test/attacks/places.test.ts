import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { readGroups } from '../../src/access/sign-in/claims.ts'
import { type Member, team } from '../support/team.ts'

const approvals = { required: 1, from: ['group:reviewers'] }

/** ann's model `fraud` has three versions, of which none is anywhere; rita reviews. */
async function fraud() {
  const server = await team()
  const { admin } = server
  await admin.call('PUT', '/api/v1/groups/reviewers', { members: [] })
  const ann = await server.member('ann')
  const rita = await server.member('rita', ['reviewers'])
  await admin.call('PUT', '/api/v1/groups/reviewers', { members: ['rita'] })
  await ann.post('registered-models/create', { name: 'fraud' })
  await server.grant('rita', 'registered_model', 'fraud', 'READ')
  const register = () => ann.post('model-versions/create', { name: 'fraud', source: 's3://b/m' })
  for (let i = 0; i < 3; i++) await register()
  const policy = (name: string, applies: object, more: object = {}) =>
    admin.call('PUT', `/api/v1/policies/${name}`, {
      applies_to: { models: 'fraud', ...applies },
      approvals,
      ...more,
    })
  const move = (who: Member, version: string, stage: string, archive = false) =>
    who.post('model-versions/transition-stage', {
      name: 'fraud',
      version,
      stage,
      archive_existing_versions: archive,
    })
  const point = (who: Member, version: string, alias: string) =>
    who.post('registered-models/alias', { name: 'fraud', version, alias })
  const approve = (id: string) =>
    rita.call('POST', `/api/v1/promotions/${id}/reviews`, { decision: 'approve' })
  /** Move a version with the sign-off that its stage takes. */
  const signedOff = async (version: string, stage: string, archive = false) => {
    const refused = await move(ann, version, stage, archive)
    const [, id = ''] = /#(\d+)/.exec(refused.text) ?? []
    expect((await approve(id)).status).toBe(200)
    expect((await move(ann, version, stage, archive)).status).toBe(200)
    return id
  }
  /** Stage and aliases of each version. */
  const places = async () => {
    const found = await ann.get("model-versions/search?filter=name%3D'fraud'")
    return Object.fromEntries(
      found.json.model_versions.map((v: Record<string, unknown>) => [
        v.version,
        [v.current_stage, ...((v.aliases as string[]) ?? [])],
      ]),
    )
  }
  return { ...server, ann, rita, register, policy, move, point, approve, signedOff, places }
}

describe('a stage and an alias of one name are one place', () => {
  test.each([
    ['Production', 'production'],
    ['Production', 'Production'],
    ['production', 'PRODUCTION'],
    ['Staging', 'staging'],
  ])('a policy on the stage %s guards the alias %s', async (stage, alias) => {
    const { policy, point, ann, places, approve } = await fraud()
    await policy('p', { stage })
    const refused = await point(ann, '1', alias)
    expect([refused.status, refused.json.error_code]).toEqual([403, 'PERMISSION_DENIED'])
    expect(await places()).toMatchObject({ 1: ['None'] })
    // The alias stays usable: it is guarded like the stage.
    expect((await approve('1')).status).toBe(200)
    expect((await point(ann, '1', alias)).status).toBe(200)
    expect(await places()).toMatchObject({ 1: ['None', alias] })
  })

  test.each(['production', 'PRODUCTION', 'prod*', '*'])(
    'a policy on the alias %s guards the stage Production',
    async (alias) => {
      const { policy, move, ann, places } = await fraud()
      await policy('p', { alias })
      expect((await move(ann, '1', 'Production')).status).toBe(403)
      expect((await move(ann, '1', 'Production', true)).status).toBe(403)
      expect(await places()).toMatchObject({ 1: ['None'] })
    },
  )

  test('a policy on an alias guards it in each spelling', async () => {
    const { policy, point, ann } = await fraud()
    await policy('p', { alias: 'champion' })
    expect((await point(ann, '1', 'Champion')).status).toBe(403)
  })

  test('a policy on all aliases leaves the ways out open', async () => {
    const { policy, move, ann } = await fraud()
    await policy('p', { alias: '*' })
    expect((await move(ann, '1', 'Archived')).status).toBe(200)
    expect((await move(ann, '1', 'None')).status).toBe(200)
  })

  test('a custom stage is guarded from the moment it is added, and its policy guards the alias', async () => {
    const { admin, policy, move, point, ann } = await fraud()
    await policy('p', { alias: 'champ*' })
    const { items } = (await admin.call('GET', '/api/v1/stages')).json
    const stages = { items: [...items, { name: 'Champion' }, { name: 'Canary' }] }
    expect((await admin.call('PUT', '/api/v1/stages', stages)).status).toBe(200)
    await policy('q', { stage: 'canary' })
    expect((await move(ann, '1', 'Champion')).status).toBe(403)
    expect((await point(ann, '1', 'CANARY')).status).toBe(403)
  })

  test.each([
    [{ stage: 'Production' }, 'production'],
    [{ stage: 'Prod*' }, 'production'],
    [{ stage: '*' }, 'staging'],
  ])('a grant on the stage %j is needed for the alias %s too', async (where, alias) => {
    const { admin, point, ann, rita } = await fraud()
    const grant = { principal: 'rita', action: 'promote', models: 'fraud', ...where }
    expect((await admin.call('POST', '/api/v1/grants', grant)).status).toBe(201)
    expect((await point(ann, '1', alias)).status).toBe(403)
    expect((await point(ann, '1', 'prod-eu')).status).toBe(200)
    expect((await point(rita, '1', alias)).status).toBe(200)
    const gone = await ann.del('registered-models/alias', { name: 'fraud', alias })
    expect(gone.status).toBe(403)
  })

  test.each(['production', 'prod*'])(
    'a grant on the alias %s is needed for the stage Production too',
    async (alias) => {
      const { admin, move, ann, rita } = await fraud()
      const grant = { principal: 'rita', action: 'promote', models: 'fraud', alias }
      expect((await admin.call('POST', '/api/v1/grants', grant)).status).toBe(201)
      expect((await move(ann, '1', 'Production')).status).toBe(403)
      expect((await move(rita, '1', 'Production')).status).toBe(200)
      expect((await move(ann, '1', 'None')).status).toBe(403)
    },
  )

  test('what holds either spelling of a guarded place is neither deleted nor renamed', async () => {
    const { admin, policy, move, point, ann } = await fraud()
    await move(ann, '1', 'Production')
    await point(ann, '2', 'staging')
    await policy('p', { alias: 'production' })
    await policy('q', { stage: 'Staging' })
    for (const version of ['1', '2']) {
      const gone = await ann.del('model-versions/delete', { name: 'fraud', version })
      expect(gone.status).toBe(403)
    }
    await admin.post('registered-models/create', { name: 'other' })
    const renamed = await ann.post('registered-models/rename', { name: 'fraud', new_name: 'b' })
    expect(renamed.status).toBe(403)
  })
})

test('a guarded place is left by who may promote there, without sign-off, and the audit log tells', async () => {
  const { admin, policy, signedOff, move, point, ann, rita, entries, approve, places } =
    await fraud()
  await policy('p', { stage: 'Production' })
  await policy('q', { alias: 'champion' })
  await signedOff('1', 'Production')
  await point(ann, '2', 'champion')
  await approve('2')
  expect((await point(ann, '2', 'champion')).status).toBe(200)
  const drop = (who: Member) =>
    who.del('registered-models/alias', { name: 'fraud', alias: 'champion' })
  expect((await drop(rita)).status).toBe(403)
  expect((await move(rita, '1', 'Archived')).status).toBe(403)
  expect((await drop(ann)).status).toBe(200)
  expect((await move(ann, '1', 'Archived')).status).toBe(200)
  expect(await places()).toMatchObject({ 1: ['Archived'], 2: ['None'] })
  expect((await entries('model_version.alias_deleted')).map(({ before }) => before)).toEqual([
    { alias: 'champion', version: '2' },
  ])
  const left = (await entries('model_version.transitioned')).at(-1)
  expect(left).toMatchObject({ before: { stage: 'Production' }, after: { stage: 'Archived' } })
  // Whoever took it out needs the sign-off to put it back.
  expect((await point(ann, '2', 'champion')).status).toBe(403)
  expect((await admin.call('GET', '/api/v1/promotions?status=open')).json.items).toHaveLength(1)
})

describe('no list that decides is cut', () => {
  test('policies beyond the 500th hold, and who manages some models fills the list for nobody else', async () => {
    const { admin, member, move, ann, policy, platform } = await fraud()
    const grant = { principal: 'mallory', action: 'manage_policies', models: 'mallory-*' }
    await admin.call('POST', '/api/v1/grants', grant)
    const mallory = await member('mallory')
    const put = (name: string) =>
      mallory.call('PUT', `/api/v1/policies/${name}`, {
        applies_to: { models: 'mallory-*', stage: 'Production' },
      })
    expect((await put('a')).status).toBe(200)
    // As if by 499 more calls.
    const numbers = sql`(with recursive n (i) as (select 1 union all select i + 1 from n where i < 499)
      select i from n)`
    await platform.db.all(sql`insert into policies (workspace, name, revision, document, updated_at_ms)
      select workspace, 'a' || i, 1, document, 1 from policies, ${numbers} where name = 'a'`)
    await platform.db.all(sql`insert into policy_revisions (policy, revision, document, author, at_ms)
      select p.id, 1, p.document, r.author, 1 from policies p, policy_revisions r
      where p.name like 'a_%' and r.revision = 1`)
    const refused = await put('b')
    expect([refused.status, refused.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    expect(refused.json.message).toContain('500 policies')
    expect((await put('a')).status).toBe(200)
    expect((await policy('production-sign-off', { stage: 'Production' })).status).toBe(200)
    expect((await move(ann, '1', 'Production')).status).toBe(403)
    const listed = await admin.call('GET', '/api/v1/policies')
    expect(listed.json.items).toHaveLength(501)
  })

  test('an expression sees the tag that comes after a thousand others', async () => {
    const { policy, move, ann, platform } = await fraud()
    await policy(
      'p',
      { stage: 'Production' },
      {
        approvals: {},
        gates: [{ name: 'g', type: 'expression', expression: '!("zz" in candidate.tags)' }],
      },
    )
    const numbers = (count: number) =>
      sql`(with recursive n (i) as (select 1 union all select i + 1 from n where i < ${count})
        select i from n)`
    await platform.db.all(sql`insert into model_version_tags (model_version, key, value)
      select v.id, 'a' || i, '' from model_versions v, ${numbers(1200)} where v.version = 1`)
    await ann.post('model-versions/set-tag', { name: 'fraud', version: '1', key: 'zz', value: '' })
    const refused = await move(ann, '1', 'Production')
    expect([refused.status, refused.json.message]).toEqual([
      403,
      expect.stringContaining('does not hold'),
    ])
    // A list too long to go through is not cut: the gate that needs it fails.
    await platform.db.all(sql`insert into model_version_tags (model_version, key, value)
      select v.id, 'a' || i, '' from model_versions v, ${numbers(10_001)} where v.version = 2`)
    expect((await move(ann, '2', 'Production')).json.message).toContain('more than 10000 tags')
    expect((await move(ann, '3', 'Production')).status).toBe(200)
  })

  test('every group that a token claims counts', () => {
    const groups = Array.from({ length: 300 }, (_, i) => `g${i}`)
    expect(readGroups({ claim: 'groups', map: undefined }, { groups })).toEqual(groups)
  })
})

describe('archiving the others is part of the move', () => {
  test('a request that leaves the others does not let a call archive them', async () => {
    const { policy, signedOff, move, ann, approve, places, admin } = await fraud()
    await policy('p', { stage: 'Production' })
    await signedOff('1', 'Production')
    expect((await move(ann, '2', 'Production')).status).toBe(403)
    expect((await approve('2')).status).toBe(200)
    const refused = await move(ann, '2', 'Production', true)
    expect([refused.status, refused.json.error_code]).toEqual([403, 'PERMISSION_DENIED'])
    expect(refused.json.message).toContain('leaves the other versions')
    expect(await places()).toMatchObject({ 1: ['Production'], 2: ['None'] })
    const open = await admin.call('GET', '/api/v1/promotions/2')
    expect(open.json).toMatchObject({ status: 'open', archive_existing: false })
    expect((await move(ann, '2', 'Production')).status).toBe(200)
    expect(await places()).toMatchObject({ 1: ['Production'], 2: ['Production'] })
  })

  test('a version in the stage throws the others out by a sign-off alone', async () => {
    const { policy, signedOff, move, ann, places } = await fraud()
    await policy('p', { stage: 'Production' })
    await signedOff('1', 'Production')
    await signedOff('2', 'Production')
    expect((await move(ann, '1', 'Production', true)).status).toBe(403)
    expect(await places()).toMatchObject({ 1: ['Production'], 2: ['Production'] })
    // Moving it to where it is changes nothing, and takes none.
    expect((await move(ann, '1', 'Production')).status).toBe(200)
    await signedOff('1', 'Production', true)
    expect(await places()).toMatchObject({ 1: ['Production'], 2: ['Archived'] })
    expect((await move(ann, '1', 'Production', true)).status).toBe(200)
  })

  test('an approval makes a request archive only where nobody else approved that the others stay', async () => {
    const { admin, member, policy, signedOff, move, ann, approve, places, grant } = await fraud()
    const two = { required: 2, from: ['group:reviewers'] }
    const otto = await member('otto', ['reviewers'])
    await admin.call('PUT', '/api/v1/groups/reviewers', { members: ['rita', 'otto'] })
    await grant('otto', 'registered_model', 'fraud', 'EDIT')
    await policy('p', { stage: 'Production' })
    await signedOff('1', 'Production')
    await policy('p', { stage: 'Production' }, { approvals: two })
    expect((await move(ann, '2', 'Production')).status).toBe(403)
    expect((await approve('2')).status).toBe(200)
    const refused = await otto.post('transition-requests/approve', {
      name: 'fraud',
      version: '2',
      stage: 'Production',
      archive_existing_versions: true,
    })
    expect(refused.status).toBe(409)
    expect(await places()).toMatchObject({ 1: ['Production'], 2: ['None'] })
  })
})

describe('an emptied place makes no gate easier', () => {
  const noRegression = {
    approvals: {},
    gates: [
      {
        name: 'no regression',
        type: 'expression',
        expression: '!has(current.metrics) || candidate.metrics.f1 >= current.metrics.f1',
      },
    ],
  }
  /** Versions of these metrics; the first is in the guarded Production. */
  async function measured(...values: number[]) {
    const server = await fraud()
    const { ann, admin, policy, move } = server
    const experiment = await ann.post('experiments/create', { name: 'e' })
    const { experiment_id } = experiment.json
    for (const value of values) {
      const made = await ann.post('runs/create', { experiment_id, start_time: 1 })
      const { run_id } = made.json.run.info
      await ann.post('runs/log-metric', { run_id, key: 'f1', value, timestamp: 1, step: 0 })
      const version = { name: 'fraud', source: 's3://b/m', run_id }
      expect((await ann.post('model-versions/create', version)).status).toBe(200)
    }
    await policy('p', { stage: 'Production' }, noRegression)
    expect((await move(ann, '4', 'Production')).status).toBe(200)
    return { ...server, admin }
  }

  test('the version that held it last is compared with', async () => {
    const { move, point, ann } = await measured(0.9, 0.5, 0.95)
    expect((await move(ann, '5', 'Production')).status).toBe(403)
    expect((await move(ann, '4', 'Archived')).status).toBe(200)
    const refused = await move(ann, '5', 'Production')
    expect([refused.status, refused.json.message]).toEqual([
      403,
      expect.stringContaining('current.metrics.f1 = 0.9'),
    ])
    // The alias of the same name is the same place.
    expect((await point(ann, '5', 'production')).status).toBe(403)
    expect((await move(ann, '6', 'Production')).status).toBe(200)
    // A version that comes back is compared with the others that were there.
    expect((await move(ann, '6', 'None')).status).toBe(200)
    expect((await move(ann, '4', 'Production')).status).toBe(403)
  })

  test('an alias that was taken away too', async () => {
    const { move, point, ann, policy } = await measured(0.9, 0.5)
    await policy('q', { alias: 'champion' }, noRegression)
    expect((await point(ann, '4', 'champion')).status).toBe(200)
    await ann.del('registered-models/alias', { name: 'fraud', alias: 'champion' })
    expect((await point(ann, '5', 'champion')).status).toBe(403)
    expect((await point(ann, '5', 'CHAMPION')).status).toBe(403)
    expect((await move(ann, '4', 'Archived')).status).toBe(200)
  })

  test('where that version was deleted the gate fails and says so', async () => {
    const { move, ann } = await measured(0.9, 0.5)
    await move(ann, '4', 'Archived')
    const gone = await ann.del('model-versions/delete', { name: 'fraud', version: '4' })
    expect(gone.status).toBe(200)
    const refused = await move(ann, '5', 'Production')
    expect([refused.status, refused.json.message]).toEqual([
      403,
      expect.stringContaining('version 4, which held the target last, was deleted'),
    ])
  })
})
