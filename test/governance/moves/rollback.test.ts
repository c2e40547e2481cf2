import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { runtime } from '#platform'
import { registryServer, sixteen } from '../../support/registry-server.ts'

/** A server with a model `m` of which the versions 1 to `count` were in Production in turn. */
async function rollbackServer(count = 3) {
  const server = await registryServer()
  await server.createModel('m')
  const promote = (version: number, stage = 'Production') =>
    server.transition('m', String(version), stage, { archive_existing_versions: true })
  for (let version = 1; version <= count; version++) {
    await server.createVersion('m')
    await promote(version)
  }
  return {
    ...server,
    promote,
    rollBack: (more: object = {}, name = 'm') =>
      server.call('POST', `/api/v1/models/${name}/rollback`, {
        stage: 'Production',
        reason: 'wrong answers',
        ...more,
      }),
    /** The numbers of the versions in Production. */
    async inProduction(): Promise<string[]> {
      const filter = encodeURIComponent("name = 'm' AND stage = 'Production'")
      const { json } = await server.get(`model-versions/search?filter=${filter}`)
      return (json.model_versions ?? []).map((v: { version: string }) => v.version).sort()
    },
    entries: () =>
      server.platform.db.all(
        sql<{
          version: number
          before: string
          after: string
          reason: string
        }>`select version, before, after, reason from audit_entries
          where action = 'model_version.rolled_back' order by seq`,
      ),
  }
}

describe('a rollback', () => {
  test('brings back the version before, archives the present one, and is one entry', async () => {
    const { rollBack, inProduction, entries, getModel, getVersion } = await rollbackServer()
    const res = await rollBack()
    expect(res.json).toMatchObject({
      model_version: { name: 'm', version: '2', stage: 'Production' },
      from_stage: 'Archived',
      replaced: ['3'],
    })
    expect(await inProduction()).toEqual(['2'])
    expect((await getVersion('m', 3)).json.model_version.current_stage).toBe('Archived')
    expect((await getModel('m')).json.registered_model.last_updated_timestamp).toBe(
      res.json.model_version.updated_at,
    )
    const [entry, ...others] = await entries()
    expect(others).toEqual([])
    expect({
      ...entry,
      before: JSON.parse(entry?.before ?? ''),
      after: JSON.parse(entry?.after ?? ''),
    }).toEqual({
      version: 2,
      before: { stage: 'Archived', holders: ['3'] },
      after: { stage: 'Production', archived: ['3'] },
      reason: 'wrong answers',
    })
  })

  test('again goes further back, and not to what was rolled back, until there is none', async () => {
    const { rollBack, inProduction, promote } = await rollbackServer()
    await rollBack()
    await rollBack()
    expect(await inProduction()).toEqual(['1'])
    const none = await rollBack()
    expect([none.status, none.json.error_code, none.json.message]).toEqual([
      409,
      'RESOURCE_CONFLICT',
      "No version of 'm' that is still there was in Production before version 1",
    ])
    await promote(3)
    expect((await rollBack()).json.model_version.version).toBe('1')
  })

  test('goes to the version it is told, back or forth', async () => {
    const { rollBack, inProduction } = await rollbackServer()
    expect((await rollBack({ to_version: '1' })).json.replaced).toEqual(['3'])
    expect((await rollBack({ to_version: 3 })).json.replaced).toEqual(['1'])
    expect(await inProduction()).toEqual(['3'])
    expect((await rollBack({ to_version: '3' })).status).toBe(409)
    expect((await rollBack()).json.model_version.version).toBe('2')
  })

  test('passes over a version that was deleted', async () => {
    const { rollBack, del } = await rollbackServer()
    await del('model-versions/delete', { name: 'm', version: '2' })
    expect((await rollBack({ to_version: '2' })).status).toBe(404)
    expect((await rollBack()).json.model_version.version).toBe('1')
  })

  test('of a stage with several undoes the last move into it', async () => {
    const { rollBack, inProduction, transition, createVersion } = await rollbackServer(1)
    await createVersion('m')
    await createVersion('m')
    await transition('m', '3', 'Production')
    await transition('m', '2', 'Production')
    expect(await inProduction()).toEqual(['1', '2', '3'])
    expect((await rollBack()).json).toMatchObject({
      model_version: { version: '3', stage: 'Production' },
      from_stage: 'Production',
      replaced: ['1', '2'],
    })
    expect((await rollBack()).json.model_version.version).toBe('1')
  })

  test('of an empty stage brings back the one that held it last', async () => {
    const { rollBack, transition } = await rollbackServer()
    await transition('m', '3', 'Archived')
    expect((await rollBack()).json).toMatchObject({
      model_version: { version: '3' },
      replaced: [],
    })
  })

  test('follows the model through a rename, and knows nothing of one of the same name before', async () => {
    const { rollBack, post, del, createModel, createVersion, transition } = await rollbackServer()
    await post('registered-models/rename', { name: 'm', new_name: 'n' })
    expect((await rollBack({}, 'n')).json.model_version.version).toBe('2')
    await del('registered-models/delete', { name: 'n' })
    await createModel('n')
    await createVersion('n')
    await transition('n', '4', 'Production')
    expect((await rollBack({}, 'n')).status).toBe(409)
    expect((await rollBack({ to_version: '3' }, 'n')).status).toBe(404)
  })

  test('of a custom stage does not ask again how it is entered', async () => {
    const { rollBack, call, promote, transition } = await rollbackServer(2)
    const four = ['None', 'Staging', 'Production', 'Archived'].map((name) => ({ name }))
    const canary = { name: 'Canary', exclusive: true, from: ['Staging'] }
    await call('PUT', '/api/v1/stages', { items: [...four, canary] })
    for (const version of [1, 2]) {
      await transition('m', String(version), 'Staging')
      expect((await promote(version, 'Canary')).status).toBe(200)
    }
    const res = await rollBack({ stage: 'canary' })
    expect(res.json).toMatchObject({
      model_version: { version: '1', stage: 'Canary' },
      replaced: ['2'],
    })
  })

  test('of sixteen at once, one happens and the others are told', async () => {
    const { rollBack, inProduction, entries } = await rollbackServer(4)
    const statuses = (await sixteen(() => rollBack({ to_version: '2' }))).map((res) => res.status)
    expect(statuses.sort()).toEqual([200, ...Array(15).fill(409)])
    expect(await inProduction()).toEqual(['2'])
    expect(await entries()).toHaveLength(1)
  })

  test.each([
    [{ stage: 'Nope' }, 400],
    [{ stage: 'None' }, 400],
    [{ stage: 'Archived' }, 400],
    [{ stage: undefined }, 400],
    [{ reason: undefined }, 400],
    [{ reason: ' ' }, 400],
    [{ reason: 'x'.repeat(2001) }, 400],
    [{ reason: 7 }, 400],
    [{ to_version: 'x' }, 400],
    [{ to_version: '0' }, 400],
    [{ to_version: '9' }, 404],
    [{ stage: 'Staging', to_version: '1' }, 400],
    [{ stage: 'Staging' }, 409],
    [{ misspelt: true }, 400],
  ])('with %j changes nothing and is answered %i', async (more, status) => {
    const { rollBack, inProduction, entries } = await rollbackServer()
    const res = await rollBack(more)
    expect([res.status, res.text.includes('select')]).toEqual([status, false])
    expect(await inProduction()).toEqual(['3'])
    expect(await entries()).toEqual([])
    expect((await rollBack(more, 'nope')).status).toBeGreaterThanOrEqual(400)
  })
})

test('who polls the latest version while it is swapped and rolled back never sees none nor two', async () => {
  const { rollBack, promote, get, entries } = await rollbackServer(4)
  const polls = runtime === 'node' ? 1000 : 250
  const seen = new Set<string>()
  const polling = async () => {
    for (let i = 0; i < polls / 4; i++) {
      const { json } = await get('registered-models/get-latest-versions?name=m&stages=Production')
      const filter = encodeURIComponent("name = 'm' AND stage = 'Production'")
      const found = await get(`model-versions/search?filter=${filter}`)
      expect([json.model_versions?.length, found.json.model_versions?.length]).toEqual([1, 1])
      seen.add(json.model_versions[0].version)
    }
  }
  const changing = async () => {
    for (let i = 0; i < 25; i++) {
      expect((await promote((i % 4) + 1)).status).toBe(200)
      // Version 1 is promoted again while it is there already: then nothing is to be brought back.
      expect([200, 409]).toContain((await rollBack()).status)
    }
  }
  await Promise.all([changing(), polling(), polling(), polling(), polling()])
  expect((await entries()).length).toBeGreaterThan(10)
  expect(seen.size).toBeGreaterThan(1)
})
