import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { collectGarbage } from '../../../src/registry/collect-garbage.ts'
import { client } from '../../support/client.ts'
import { registryServer, sixteen } from '../../support/registry-server.ts'

const day = 86_400_000

/** A server with a model `m m` of two versions, and who asks by the header that claims a name. */
async function holdServer() {
  const server = await registryServer()
  await server.createModel('m m')
  const run = await server.createRun()
  const created = await server.createVersion('m m', `runs:/${run.runId}/model`, {
    run_id: run.runId,
  })
  expect(created.status).toBe(200)
  await server.createVersion('m m')
  const as = async (actor: string | undefined, method: string, body?: object, path?: string) => {
    const { call } = client(server.app, actor ? { 'x-gatehouse-actor': actor } : {})
    const hold = path ?? '/api/v1/models/m%20m/versions/1/hold'
    const { status, json } = await call(method, hold, body)
    return { status, json }
  }
  return {
    ...server,
    run,
    place: (actor?: string, reason = 'Case 7') => as(actor, 'PUT', { reason }),
    lift: (actor?: string) => as(actor, 'DELETE'),
    as,
    deleteVersion: (version = '1') => server.del('model-versions/delete', { name: 'm m', version }),
    deleteModel: () => server.del('registered-models/delete', { name: 'm m' }),
    actions: async () => {
      const rows = await server.platform.db.all<{ action: string; actor: string }>(sql`
        select action, actor ->> 'name' as actor from audit_entries
        where action like 'model_version.hold%' or action like '%deleted' order by seq`)
      return rows.map(({ action, actor }) => `${actor}: ${action}`)
    },
  }
}

describe('a legal hold', () => {
  test('is placed, read, shown by the version, and lifted by somebody else', async () => {
    const { place, lift, call, actions } = await holdServer()
    const path = '/api/v1/models/m%20m/versions/1'
    expect((await call('GET', `${path}/hold`)).status).toBe(404)
    const placed = await place('ada')
    expect(placed).toEqual({
      status: 200,
      json: {
        reason: 'Case 7',
        placed_by: { name: 'ada', kind: 'anonymous', verified: false, groups: [] },
        placed_at: expect.any(Number),
      },
    })
    expect((await call('GET', `${path}/hold`)).json).toEqual(placed.json)
    expect((await call('GET', path)).json.hold).toEqual(placed.json)
    expect((await lift('bob')).json).toEqual({})
    expect((await call('GET', `${path}/hold`)).status).toBe(404)
    expect((await call('GET', path)).json).not.toHaveProperty('hold')
    expect((await lift('bob')).status).toBe(404)
    expect(await actions()).toEqual([
      'ada: model_version.hold_placed',
      'bob: model_version.hold_lifted',
    ])
  })

  test('keeps its version and model from being deleted, and says what to do', async () => {
    const { place, lift, deleteVersion, deleteModel, getVersion, actions } = await holdServer()
    await place('ada')
    for (const refused of [await deleteVersion(), await deleteModel()]) {
      expect([refused.status, refused.json.error_code, refused.json.message]).toEqual([
        403,
        'PERMISSION_DENIED',
        "Version 1 of 'm m' is under a legal hold that 'ada' placed (Case 7) and cannot be deleted: somebody else must lift it first, by DELETE /api/v1/models/m%20m/versions/1/hold",
      ])
    }
    expect((await getVersion('m m', 1)).status).toBe(200)
    expect((await deleteVersion('2')).status).toBe(200)
    expect((await deleteVersion('9')).status).toBe(404)
    await lift('bob')
    expect((await deleteVersion()).status).toBe(200)
    expect((await deleteModel()).status).toBe(200)
    expect(await actions()).toEqual([
      'ada: model_version.hold_placed',
      'anonymous: model_version.deleted',
      'bob: model_version.hold_lifted',
      'anonymous: model_version.deleted',
      'anonymous: registered_model.deleted',
    ])
  })

  test('is not lifted by who placed it, nor by who gives no name', async () => {
    const { place, lift, call } = await holdServer()
    await place('ada')
    for (const actor of ['ada', undefined, 'anonymous']) {
      expect((await lift(actor)).json.error_code).toBe('PERMISSION_DENIED')
    }
    expect((await call('GET', '/api/v1/models/m%20m/versions/1/hold')).status).toBe(200)
  })

  test('may be placed without a name, and is then lifted by anybody with one', async () => {
    const { place, lift, deleteVersion } = await holdServer()
    expect((await place()).json.placed_by.name).toBe('anonymous')
    expect((await lift()).status).toBe(403)
    expect((await deleteVersion()).status).toBe(403)
    expect((await lift('bob')).status).toBe(200)
  })

  test('cannot be placed over another, so that nobody can lift their own; the same again is no change', async () => {
    const { place, actions } = await holdServer()
    const first = await place('ada')
    expect(await place('ada')).toEqual(first)
    for (const again of [await place('bob'), await place('ada', 'Case 8')]) {
      expect([again.status, again.json.error_code]).toEqual([409, 'RESOURCE_CONFLICT'])
    }
    expect(await actions()).toEqual(['ada: model_version.hold_placed'])
  })

  test('of sixteen who place one at once, one does', async () => {
    const { place, actions } = await holdServer()
    const placed = await sixteen((i) => place(`actor-${i}`))
    expect(placed.map((res) => res.status).sort()).toEqual([200, ...Array(15).fill(409)])
    expect(await actions()).toHaveLength(1)
  })

  test('placed while the version is deleted either keeps it or finds none', async () => {
    const { place, deleteVersion, createVersion, as, getVersion } = await holdServer()
    for (let version = 3; version < 11; version++) {
      await createVersion('m m')
      const path = `/api/v1/models/m%20m/versions/${version}/hold`
      const [held, deleted] = await Promise.all([
        as('ada', 'PUT', { reason: 'Case 9' }, path),
        deleteVersion(String(version)),
      ])
      const there = (await getVersion('m m', version)).status
      expect([
        [200, 403, 200],
        [404, 200, 404],
      ]).toContainEqual([held.status, deleted.status, there])
    }
    await place('ada')
  })

  test('goes with the version through a rename', async () => {
    const { place, post, del, call } = await holdServer()
    await place('ada')
    await post('registered-models/rename', { name: 'm m', new_name: 'n' })
    expect((await del('registered-models/delete', { name: 'n' })).status).toBe(403)
    expect((await call('GET', '/api/v1/models/n/versions/1/hold')).status).toBe(200)
  })

  test('keeps the run that the version came from, and its experiment, from being purged', async () => {
    const { place, lift, post, run, platform } = await holdServer()
    await place('ada')
    await post('runs/delete', { run_id: run.runId })
    await post('experiments/delete', { experiment_id: run.experimentId })
    const collector = { ...platform, dryRun: false, graceMs: day }
    const purge = async () => (await collectGarbage(collector, Date.now() + day)).purged
    expect(await purge()).toEqual({ runs: 0, loggedModels: 0, experiments: 0 })
    await lift('bob')
    expect(await purge()).toEqual({ runs: 1, loggedModels: 0, experiments: 1 })
  })

  test('the database itself refuses to delete what is held', async () => {
    const { place, platform } = await holdServer()
    await place('ada')
    for (const table of ['model_versions', 'registered_models']) {
      await expect(
        platform.db.batch({ deleted: sql.raw(`delete from ${table}`) }),
      ).rejects.toMatchObject({
        kind: 'foreign key',
      })
    }
  })

  test.each<[unknown, string, number]>([
    [{ reason: '' }, '1', 400],
    [{ reason: ' \n' }, '1', 400],
    [{ reason: 'x'.repeat(2001) }, '1', 400],
    [{}, '1', 400],
    [{ reason: 7 }, '1', 400],
    [{ reason: 'x', until: 7 }, '1', 400],
    ['no json', '1', 400],
    [{ reason: 'x' }, '9', 404],
    [{ reason: 'x' }, 'x', 400],
    [{ reason: 'x' }, '9007199254740993', 400],
  ])('placed with %j on version %s is answered %i', async (body, version, status) => {
    const { call } = await holdServer()
    const res = await call('PUT', `/api/v1/models/m%20m/versions/${version}/hold`, body)
    expect([res.status, typeof res.json.message]).toEqual([status, 'string'])
  })
})
