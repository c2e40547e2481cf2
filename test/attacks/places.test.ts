import { describe, expect, test } from 'vitest'
import { guardedModel } from '../support/guarded-model.ts'
import type { Member } from '../support/team.ts'

describe('a stage and an alias of one name are one place', () => {
  test.each([
    ['Production', 'production'],
    ['Production', 'Production'],
    ['production', 'PRODUCTION'],
    ['Staging', 'staging'],
    ['Staging', 'ſtaging'],
    ['Production', 'ＰＲＯＤＵＣＴＩＯＮ'],
    ['Production', 'pro𝐝uction'],
  ])('a policy on the stage %s guards the alias %s', async (stage, alias) => {
    const { policy, point, ann, places, approve } = await guardedModel()
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
      const { policy, move, ann, places } = await guardedModel()
      await policy('p', { alias })
      expect((await move(ann, '1', 'Production')).status).toBe(403)
      expect((await move(ann, '1', 'Production', true)).status).toBe(403)
      expect(await places()).toMatchObject({ 1: ['None'] })
    },
  )

  test('a policy on an alias guards it in each spelling', async () => {
    const { policy, point, ann } = await guardedModel()
    await policy('p', { alias: 'champion' })
    expect((await point(ann, '1', 'Champion')).status).toBe(403)
  })

  test.each([
    ['ÜBER', 'über'],
    ['über', 'ÜBER'],
    ['straße', 'STRASSE'],
    ['ΠΡΟΣ', 'προσ'],
  ])('a policy on the alias %s guards the alias %s', async (guarded, alias) => {
    const { policy, point, ann } = await guardedModel()
    await policy('p', { alias: guarded })
    expect((await point(ann, '1', alias)).status).toBe(403)
  })

  test('a policy on all aliases leaves the ways out open', async () => {
    const { policy, move, ann } = await guardedModel()
    await policy('p', { alias: '*' })
    expect((await move(ann, '1', 'Archived')).status).toBe(200)
    expect((await move(ann, '1', 'None')).status).toBe(200)
  })

  test('a custom stage is guarded from the moment it is added, and its policy guards the alias', async () => {
    const { admin, policy, move, point, ann } = await guardedModel()
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
    const { admin, point, ann, rita } = await guardedModel()
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
      const { admin, move, ann, rita } = await guardedModel()
      const grant = { principal: 'rita', action: 'promote', models: 'fraud', alias }
      expect((await admin.call('POST', '/api/v1/grants', grant)).status).toBe(201)
      expect((await move(ann, '1', 'Production')).status).toBe(403)
      expect((await move(rita, '1', 'Production')).status).toBe(200)
      expect((await move(ann, '1', 'None')).status).toBe(403)
    },
  )

  test('what holds either spelling of a guarded place is neither deleted nor renamed', async () => {
    const { admin, policy, move, point, ann } = await guardedModel()
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
    await guardedModel()
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

describe('a place whose name has other letters than ASCII', () => {
  const newer = {
    approvals: {},
    gates: [
      {
        name: 'newer',
        type: 'expression',
        expression: '!has(current.version) || candidate.version > current.version',
      },
    ],
  }

  test.each([
    ['ÜBER', 'ÜBER'],
    ['über', 'ÜBER'],
    ['straße', 'STRASSE'],
  ])(
    'the alias %s, held as %s, is compared with its holder and with the last one',
    async (alias, held) => {
      const { policy, point, ann } = await guardedModel()
      expect((await point(ann, '3', held)).status).toBe(200)
      await policy('p', { alias }, newer)
      expect((await point(ann, '1', alias)).status).toBe(403)
      const gone = await ann.del('registered-models/alias', { name: 'fraud', alias: held })
      expect(gone.status).toBe(200)
      expect((await point(ann, '1', alias)).status).toBe(403)
    },
  )

  test('a custom stage is so too, and its history is told', async () => {
    const { admin, policy, move, ann } = await guardedModel()
    const { items } = (await admin.call('GET', '/api/v1/stages')).json
    await admin.call('PUT', '/api/v1/stages', { items: [...items, { name: 'Übergabe' }] })
    expect((await move(ann, '3', 'Übergabe')).status).toBe(200)
    const path = `/api/v1/models/fraud/stages/${encodeURIComponent('ÜBERGABE')}`
    for (const at of ['', `?at=${Date.now()}`]) {
      const [holder] = (await admin.call('GET', path + at)).json.items
      expect(holder).toMatchObject({ version: '3', since: { moved_by: { name: 'ann' } } })
    }
    await policy('p', { stage: 'übergabe' }, newer)
    expect((await move(ann, '1', 'Übergabe')).status).toBe(403)
    expect((await move(ann, '3', 'None')).status).toBe(200)
    expect((await move(ann, '1', 'Übergabe')).status).toBe(403)
  })
})

test('a policy on a stage that was removed is put again as it is read, and not otherwise', async () => {
  const { policy, admin } = await guardedModel()
  const { items } = (await admin.call('GET', '/api/v1/stages')).json
  await admin.call('PUT', '/api/v1/stages', { items: [...items, { name: 'Canary' }] })
  const soak = { gates: [{ name: 'soaked', type: 'soak', stage: 'Canary', hours: 1 }] }
  await policy('p', { stage: 'Canary' })
  await policy('q', { stage: 'Production' }, soak)
  expect((await admin.call('PUT', '/api/v1/stages', { items })).status).toBe(200)
  for (const name of ['p', 'q']) {
    const { json } = await admin.call('GET', `/api/v1/policies/${name}`)
    const again = await admin.call('PUT', `/api/v1/policies/${name}`, json)
    expect([again.status, again.json]).toEqual([200, json])
    const changed = await admin.call('PUT', `/api/v1/policies/${name}`, {
      ...json,
      auto_promote: true,
    })
    expect([changed.status, changed.json.message]).toEqual([
      400,
      expect.stringContaining('Invalid Model Version stage: Canary'),
    ])
    const other = await admin.call('PUT', '/api/v1/policies/other', json)
    expect(other.status).toBe(400)
  }
})
