import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { registryServer, sixteen } from '../../support/registry-server.ts'

const four = [{ name: 'None' }, { name: 'Staging' }, { name: 'Production' }, { name: 'Archived' }]
const canary = { name: 'Canary', exclusive: true }
const approved = { name: 'Approved', from: ['Staging', 'Canary'] }

/** A server with `more` stages, and a model `m` of three versions. */
async function stageServer(more: readonly object[] = [canary, approved]) {
  const server = await registryServer()
  const put = (items: unknown) => server.call('PUT', '/api/v1/stages', { items })
  expect((await put([...four, ...more])).status).toBe(200)
  await server.createModel('m')
  for (let i = 0; i < 3; i++) await server.createVersion('m')
  return {
    ...server,
    put,
    stageOf: async (version: number) =>
      (await server.getVersion('m', version)).json.model_version.current_stage,
    entries: (action: string) =>
      server.platform.db.all<{ before: string; after: string; version: number }>(
        sql`select before, after, version from audit_entries where action = ${action} order by seq`,
      ),
  }
}

describe('the list of stages', () => {
  test("is MLflow's four until it is changed, and answers as it was put", async () => {
    const { call } = await registryServer()
    const list = async () => (await call('GET', '/api/v1/stages')).json.items
    const exclusive = false
    expect(await list()).toEqual(four.map((stage) => ({ ...stage, exclusive })))
    const wanted = [
      { name: 'None' },
      { name: 'Canary', exclusive: true, from: ['staging', 'STAGING'] },
      ...four.slice(1),
      { name: 'prüf-1', from: null },
    ]
    const put = await call('PUT', '/api/v1/stages', { items: wanted })
    expect(put.json.items).toEqual([
      { name: 'None', exclusive },
      { name: 'Canary', exclusive: true, from: ['Staging'] },
      ...four.slice(1).map((stage) => ({ ...stage, exclusive })),
      { name: 'prüf-1', exclusive },
    ])
    expect(await list()).toEqual(put.json.items)
    expect((await call('PUT', '/api/v1/stages', put.json)).json).toEqual(put.json)
  })

  test('every change of it is one entry, and no change is none', async () => {
    const { put, entries } = await stageServer([canary])
    await put([...four, canary])
    await put(four)
    const kept = await entries('stages.changed')
    expect(kept).toHaveLength(2)
    expect(JSON.parse(kept[1]?.before ?? '').items.at(-1)).toEqual({
      name: 'Canary',
      exclusive: true,
      from: null,
    })
    expect(JSON.parse(kept[1]?.after ?? '')).toEqual({
      items: four.map((stage) => ({ ...stage, exclusive: false, from: null })),
    })
  })

  test.each<[string, unknown]>([
    ["one of MLflow's is missing", four.slice(1)],
    ["one of MLflow's has another spelling", [{ name: 'none' }, ...four.slice(1)]],
    ["one of MLflow's is exclusive", [...four.slice(1), { name: 'None', exclusive: true }]],
    ["one of MLflow's is restricted", [...four.slice(1), { name: 'None', from: ['Staging'] }]],
    ['a name is there twice', [...four, canary, { name: 'canary' }]],
    ['a name is empty', [...four, { name: '' }]],
    ['a name has a slash', [...four, { name: 'a/b' }]],
    ['a name has a blank', [...four, { name: 'a b' }]],
    ['a name is a number', [...four, { name: '12' }]],
    ['a name reads as a version', [...four, { name: 'V3' }]],
    ['a name is `latest`', [...four, { name: 'Latest' }]],
    ['a name is too long', [...four, { name: 'x'.repeat(65) }]],
    ['a name is no text', [...four, { name: 7 }]],
    ['`from` names no stage', [...four, { name: 'X', from: ['Nope'] }]],
    ['`from` names the stage itself', [...four, { name: 'X', from: ['x'] }]],
    ['`from` names nothing', [...four, { name: 'X', from: [] }]],
    ['`from` is no list', [...four, { name: 'X', from: 'None' }]],
    ['`exclusive` is no boolean', [...four, { name: 'X', exclusive: 'yes' }]],
    ['a field is misspelt', [...four, { name: 'X', exclusiv: true }]],
    ['there are too many', [...four, ...Array.from({ length: 47 }, (_, i) => ({ name: `s${i}` }))]],
    ['it is empty', []],
    ['it is none', 'x'],
  ])('is refused where %s', async (_what, items) => {
    const { put, call } = await stageServer()
    const before = (await call('GET', '/api/v1/stages')).json
    const res = await put(items)
    expect([res.status, res.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    expect((await call('GET', '/api/v1/stages')).json).toEqual(before)
  })

  test('keeps a stage that versions are in, and gives it up when they have left', async () => {
    const { put, transition } = await stageServer()
    await transition('m', '2', 'canary')
    const refused = await put(four)
    expect([refused.status, refused.json.message]).toEqual([
      409,
      "Stage 'Canary' cannot be removed: version 2 of 'm' is in it; move the versions in it elsewhere first",
    ])
    expect((await put([...four, { name: 'canary' }])).status).toBe(409)
    await transition('m', '2', 'Archived')
    expect((await put(four)).status).toBe(200)
    expect((await transition('m', '2', 'Canary')).status).toBe(400)
  })

  test('a stage with two versions of one model cannot become exclusive', async () => {
    const { put, transition } = await stageServer([{ name: 'Canary' }])
    await transition('m', '1', 'Canary')
    await transition('m', '2', 'Canary')
    const refused = await put([...four, canary])
    expect([refused.status, refused.json.message]).toEqual([
      409,
      "Stage 'Canary' cannot be exclusive: 2 versions of 'm' are in it; leave one there first",
    ])
    await transition('m', '2', 'None')
    expect((await put([...four, canary])).status).toBe(200)
  })

  test('of a removal and a move at the same moment one wins, and no version is in a stage that is not there', async () => {
    const { put, transition, stageOf, call } = await stageServer()
    for (let round = 0; round < 8; round++) {
      await put([...four, canary])
      await transition('m', '1', 'None')
      await Promise.all([transition('m', '1', 'Canary'), put(four)])
      const names = (await call('GET', '/api/v1/stages')).json.items.map(
        (stage: { name: string }) => stage.name,
      )
      expect(names).toContain(await stageOf(1))
    }
  })
})

describe('a custom stage', () => {
  test('is entered by transition-stage in any case, and found by every read', async () => {
    const { transition, get, getModel } = await stageServer()
    const moved = await transition('m', '2', 'cAnArY')
    expect(moved.json.model_version.current_stage).toBe('Canary')
    const latest = async (query: string) =>
      (await get(`registered-models/get-latest-versions?name=m${query}`)).json.model_versions.map(
        (v: { version: string; current_stage: string }) => [v.version, v.current_stage],
      )
    expect(await latest('&stages=CANARY')).toEqual([['2', 'Canary']])
    expect(await latest('&stages=canary&stages=none')).toEqual([
      ['2', 'Canary'],
      ['3', 'None'],
    ])
    expect(await latest('')).toEqual([
      ['2', 'Canary'],
      ['3', 'None'],
    ])
    expect((await getModel('m')).json.registered_model.latest_versions).toHaveLength(2)
    const filter = encodeURIComponent("stage = 'Canary'")
    const found = await get(`model-versions/search?filter=${filter}`)
    expect(found.json.model_versions).toHaveLength(1)
    const unknown = await get('registered-models/get-latest-versions?name=m&stages=Nope')
    expect([unknown.status, unknown.json.message]).toEqual([
      400,
      'Invalid Model Version stage: Nope; use one of None, Staging, Production, Archived, Canary, Approved',
    ])
  })

  test('can be the source of a copy', async () => {
    const { transition, createVersion } = await stageServer()
    await transition('m', '2', 'Canary')
    const copy = await createVersion('m', 'models:/m/canary')
    expect(copy.json.model_version.source).toBe('models:/m/2')
    expect((await createVersion('m', 'models:/m/nope')).status).toBe(400)
  })

  test('with archive_existing_versions replaces those in it, exclusive or not', async () => {
    const { transition, stageOf, entries } = await stageServer()
    for (const stage of ['Canary', 'Approved']) {
      await transition('m', '1', 'Staging')
      await transition('m', '1', stage)
      await transition('m', '2', 'Staging')
      const moved = await transition('m', '2', stage, { archive_existing_versions: true })
      expect(moved.status).toBe(200)
      expect([await stageOf(1), await stageOf(2)]).toEqual(['Archived', stage])
    }
    expect(JSON.parse((await entries('model_version.transitioned')).at(-1)?.after ?? '')).toEqual({
      stage: 'Approved',
      archived: ['1'],
    })
  })

  test('that is exclusive and taken is refused, without an entry, and its own version may stay', async () => {
    const { transition, stageOf, entries } = await stageServer()
    await transition('m', '1', 'Canary')
    const refused = await transition('m', '2', 'Canary')
    expect([refused.status, refused.json.error_code, refused.json.message]).toEqual([
      409,
      'INVALID_STATE_TRANSITION',
      "Canary holds one version of a model at a time, and version 1 of 'm' is in it: send archive_existing_versions, or move that one first",
    ])
    expect([await stageOf(1), await stageOf(2)]).toEqual(['Canary', 'None'])
    expect(await entries('model_version.transitioned')).toHaveLength(1)
    expect((await transition('m', '1', 'Canary')).status).toBe(200)
  })

  test('is taken by one of another model at the same time', async () => {
    const { transition, createModel, createVersion } = await stageServer()
    await createModel('n')
    await createVersion('n')
    await transition('m', '1', 'Canary')
    expect((await transition('n', '1', 'Canary')).status).toBe(200)
  })

  test('of sixteen who enter an exclusive one at once, one gets in and the others are told', async () => {
    const { transition, createVersion, get } = await stageServer()
    await sixteen(() => createVersion('m'))
    const moved = await sixteen((i) => transition('m', String(i + 1), 'Canary'))
    expect(moved.map((res) => res.status).sort()).toEqual([200, ...Array(15).fill(409)])
    const replaced = await sixteen((i) =>
      transition('m', String(i + 1), 'Canary', { archive_existing_versions: true }),
    )
    expect(replaced.map((res) => res.status)).toEqual(Array(16).fill(200))
    const filter = encodeURIComponent("name = 'm' AND stage = 'Canary'")
    const found = await get(`model-versions/search?filter=${filter}`)
    expect(found.json.model_versions).toHaveLength(1)
  })

  test('is entered only from the stages that it names', async () => {
    const { transition, stageOf, entries } = await stageServer()
    for (const archive_existing_versions of [false, true]) {
      const refused = await transition('m', '1', 'Approved', { archive_existing_versions })
      expect([refused.status, refused.json.message]).toEqual([
        409,
        "Version 1 of 'm' is in None, and Approved can only be entered from Staging, Canary: move it there first",
      ])
    }
    expect(await entries('model_version.transitioned')).toEqual([])
    await transition('m', '1', 'Staging')
    expect((await transition('m', '1', 'Approved')).status).toBe(200)
    expect((await transition('m', '1', 'Approved')).status).toBe(200)
    await transition('m', '2', 'Canary')
    expect((await transition('m', '2', 'Approved')).status).toBe(200)
    expect([await stageOf(1), await stageOf(2)]).toEqual(['Approved', 'Approved'])
    expect((await transition('m', '9', 'Approved')).status).toBe(404)
    expect((await transition('x', '1', 'Approved')).status).toBe(404)
  })
})

describe('a stage read as an alias', () => {
  test('is the version that get-latest-versions names for it, in any case', async () => {
    const { transition, byAlias, getVersion } = await stageServer()
    await transition('m', '1', 'Production')
    await transition('m', '2', 'Production')
    await transition('m', '3', 'Canary')
    for (const alias of ['production', 'Production', 'PRODUCTION']) {
      expect((await byAlias('m', alias)).json).toEqual((await getVersion('m', 2)).json)
    }
    expect((await byAlias('m', 'canary')).json.model_version.version).toBe('3')
  })

  test('gives way to an alias of that name, and is no alias itself', async () => {
    const { transition, byAlias, post, getModel } = await stageServer()
    await transition('m', '1', 'Production')
    await post('registered-models/alias', { name: 'm', alias: 'production', version: '3' })
    expect((await byAlias('m', 'production')).json.model_version.version).toBe('3')
    expect((await byAlias('m', 'Production')).json.model_version.version).toBe('1')
    expect((await getModel('m')).json.registered_model.aliases).toHaveLength(1)
  })

  test('of an empty stage, and of no stage, is no alias; of no model it is 404', async () => {
    const { byAlias } = await stageServer()
    for (const alias of ['production', 'canary', 'nope']) {
      const res = await byAlias('m', alias)
      expect([res.status, res.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    }
    expect((await byAlias('x', 'production')).status).toBe(404)
  })

  test('can be the source of a copy', async () => {
    const { transition, createVersion } = await stageServer()
    await transition('m', '2', 'Production')
    const copy = await createVersion('m', 'models:/m@production')
    expect(copy.json.model_version.source).toBe('models:/m/2')
  })
})
