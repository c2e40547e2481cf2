import { describe, expect, test } from 'vitest'
import { guardedModel } from '../support/guarded-model.ts'

describe('archiving the others is part of the move', () => {
  test('a request that leaves the others does not let a call archive them', async () => {
    const { policy, signedOff, move, ann, approve, places, admin } = await guardedModel()
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
    const { policy, signedOff, move, ann, places } = await guardedModel()
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
    const { admin, member, policy, signedOff, move, ann, approve, places, grant } =
      await guardedModel()
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

describe('no move puts others into a guarded Archived', () => {
  const needs =
    "Policy 'keep' guards Archived, so nothing was moved: version 1 would go to Archived"

  /** Version 1 is in Production, then a policy guards Archived. */
  async function kept(target: object = { stage: 'Archived' }) {
    const server = await guardedModel()
    const { policy, move, ann } = server
    await move(ann, '1', 'Production')
    await policy('keep', target)
    const stay = async () => expect((await server.places())['1']).toEqual(['Production'])
    return { ...server, stay }
  }

  test.each([{ stage: 'Archived' }, { alias: 'archived' }])(
    'by a transition, with a policy on %j',
    async (target) => {
      const { admin, move, ann, approve, stay, places } = await kept(target)
      const moved = await move(ann, '2', 'Production', true)
      expect([moved.status, moved.json.error_code]).toEqual([403, 'PERMISSION_DENIED'])
      expect(moved.json.message).toContain(needs)
      await stay()
      // The way that the sentence names.
      expect((await move(ann, '1', 'Archived')).status).toBe(403)
      expect((await approve('1')).status).toBe(200)
      expect((await move(ann, '1', 'Archived')).status).toBe(200)
      expect((await move(ann, '2', 'Production', true)).status).toBe(200)
      expect(await places()).toMatchObject({ 1: ['Archived'], 2: ['Production'] })
      expect((await admin.call('GET', '/api/v1/promotions/1')).json.status).toBe('merged')
    },
  )

  test('nor by the merge of a request that archives them, nor by one that merges by itself', async () => {
    const { admin, policy, ann, move, approve, stay, places } = await kept()
    await policy('p', { stage: 'Production' }, { auto_promote: true })
    expect((await move(ann, '2', 'Production', true)).json.message).toContain(needs)
    const opened = await ann.call('POST', '/api/v1/promotions', {
      model: 'fraud',
      version: '2',
      to: { stage: 'Production' },
      archive_existing: true,
    })
    expect(opened.status).toBe(201)
    expect((await approve('1')).status).toBe(200)
    const shown = (await admin.call('GET', '/api/v1/promotions/1')).json
    expect(shown).toMatchObject({ status: 'open', can_merge: false })
    expect(shown.gates).toMatchObject([
      { name: 'archiving', policy: 'keep', type: 'archiving', status: 'failed' },
    ])
    const merged = await ann.call('POST', '/api/v1/promotions/1/merge')
    expect([merged.status, merged.json.message]).toEqual([
      403,
      expect.stringContaining('version 1 would go to Archived'),
    ])
    await stay()
    // Once the other is there by a request of its own, nothing is in the way.
    expect((await move(ann, '1', 'Archived')).status).toBe(403)
    expect((await approve('2')).status).toBe(200)
    expect((await move(ann, '1', 'Archived')).status).toBe(200)
    expect((await ann.call('POST', '/api/v1/promotions/1/merge')).status).toBe(200)
    expect(await places()).toMatchObject({ 1: ['Archived'], 2: ['Production'] })
  })

  test('nor by an approval that makes a request archive them and merges it', async () => {
    const { admin, member, policy, ann, move, grant, stay, places } = await kept()
    const otto = await member('otto', ['reviewers'])
    await admin.call('PUT', '/api/v1/groups/reviewers', { members: ['rita', 'otto'] })
    await grant('otto', 'registered_model', 'fraud', 'EDIT')
    await policy('p', { stage: 'Production' }, { auto_promote: true })
    expect((await move(ann, '2', 'Production')).status).toBe(403)
    const approved = await otto.post('transition-requests/approve', {
      name: 'fraud',
      version: '2',
      stage: 'Production',
      archive_existing_versions: true,
    })
    expect(approved.text).not.toContain('APPLIED_TRANSITION')
    await stay()
    expect(await places()).toMatchObject({ 2: ['None'] })
    const shown = (await admin.call('GET', '/api/v1/promotions/1')).json
    expect(shown).toMatchObject({ status: 'open', archive_existing: true, can_merge: false })
  })

  test('nor by break-glass', async () => {
    const { admin, policy, ann, stay, places } = await kept()
    await policy('p', { stage: 'Production' }, { break_glass: { from: ['user:root'] } })
    const broken = async (id: string) =>
      admin.call('POST', `/api/v1/promotions/${id}/break-glass`, { reason: 'everything is down' })
    const open = (archive_existing: boolean) =>
      ann.call('POST', '/api/v1/promotions', {
        model: 'fraud',
        version: '2',
        to: { stage: 'Production' },
        archive_existing,
      })
    await open(true)
    const refused = await broken('1')
    expect([refused.status, refused.json.message]).toEqual([403, expect.stringContaining(needs)])
    await stay()
    await ann.call('POST', '/api/v1/promotions/1/close')
    await open(false)
    expect((await broken('2')).status).toBe(200)
    expect(await places()).toMatchObject({ 1: ['Production'], 2: ['Production'] })
  })

  test.each([true, false])('nor by a rollback, of a guarded stage %s', async (isGuarded) => {
    const { policy, move, ann, signedOff, places } = await guardedModel()
    const skip = { rollback: { skip_approvals: true } }
    if (isGuarded) {
      await policy('p', { stage: 'Production' }, skip)
      for (const version of ['2', '1']) await signedOff(version, 'Production', true)
    } else {
      for (const version of ['2', '1']) await move(ann, version, 'Production', true)
    }
    await policy('keep', { stage: 'Archived' }, skip)
    for (const to_version of [undefined, '2']) {
      const refused = await ann.call('POST', '/api/v1/models/fraud/rollback', {
        stage: 'Production',
        reason: 'incident',
        ...(to_version ? { to_version } : {}),
      })
      expect([refused.status, refused.json.message]).toEqual([403, expect.stringContaining(needs)])
    }
    expect(await places()).toMatchObject({ 1: ['Production'], 2: ['Archived'] })
  })

  test('where no other is there, archiving asks for nothing', async () => {
    const { policy, move, ann } = await guardedModel()
    await policy('keep', { stage: 'Archived' })
    expect((await move(ann, '1', 'Production', true)).status).toBe(200)
    expect((await move(ann, '1', 'Production', true)).status).toBe(200)
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
    const server = await guardedModel()
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
