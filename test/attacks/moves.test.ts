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
