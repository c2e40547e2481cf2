import { expect, test } from 'vitest'
import { registryServer, sixteen } from '../../support/registry-server.ts'

test('a version starts as MLflow has it, with empty strings for what was left out', async () => {
  const { createModel, createVersion, getVersion } = await registryServer()
  await createModel('m')
  const created = await createVersion('m')
  expect(created.status).toBe(200)
  expect(created.json.model_version).toEqual({
    name: 'm',
    version: '1',
    creation_timestamp: expect.any(Number),
    last_updated_timestamp: created.json.model_version.creation_timestamp,
    current_stage: 'None',
    description: '',
    source: 's3://bucket/model',
    run_id: '',
    status: 'READY',
    run_link: '',
  })
  expect((await getVersion('m', 1)).json).toEqual(created.json)
})

test('tags, description and link are kept; of two tags with one key the last counts', async () => {
  const { createModel, createVersion, getVersion } = await registryServer()
  await createModel('m')
  const tags = [
    { key: 'b', value: '1' },
    { key: 'a' },
    { key: 'b', value: '2' },
    { key: '__proto__', value: 'p' },
  ]
  const created = await createVersion('m', 's3://b/m', { tags, description: 'd', run_link: 'l' })
  expect(created.json.model_version).toMatchObject({
    description: 'd',
    run_link: 'l',
    tags: [
      { key: '__proto__', value: 'p' },
      { key: 'a', value: '' },
      { key: 'b', value: '2' },
    ],
  })
  expect((await getVersion('m', 1)).json).toEqual(created.json)
})

test('sixteen versions registered at once get the numbers 1 to 16', async () => {
  const { createModel, createVersion } = await registryServer()
  await createModel('m')
  const created = await sixteen(() => createVersion('m'))
  const numbers = created.map((res) => Number(res.json.model_version.version))
  expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i + 1))
})

test('a version of an unknown model is refused and leaves nothing behind', async () => {
  const { platform, createVersion } = await registryServer()
  const refused = await createVersion('nope', 's3://b/m', { tags: [{ key: 'a', value: '1' }] })
  expect(refused.status).toBe(404)
  expect(refused.json.error_code).toBe('RESOURCE_DOES_NOT_EXIST')
  const { sql } = await import('drizzle-orm')
  for (const table of ['model_versions', 'issued_versions', 'model_version_tags']) {
    expect(await platform.db.all(sql.raw(`select * from ${table}`))).toEqual([])
  }
})

test('a bad tag refuses the whole version', async () => {
  const { createModel, createVersion, getVersion } = await registryServer()
  await createModel('m')
  for (const tag of [
    { key: 'a#', value: 'v' },
    { key: '', value: 'v' },
    { value: 'v' },
    { key: 'a//b', value: 'v' },
    { key: 'k'.repeat(251), value: 'v' },
    { key: 'k', value: 'v'.repeat(100_001) },
    { key: 'k', value: 1 },
  ]) {
    const res = await createVersion('m', 's3://b/m', { tags: [{ key: 'ok', value: '1' }, tag] })
    expect([res.status, res.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
  }
  expect((await getVersion('m', 1)).status).toBe(404)
})

test('a version is an integer in text, as Python reads one; others are 404 or 400', async () => {
  const { createModel, createVersion, getVersion } = await registryServer()
  await createModel('m')
  await createVersion('m')
  for (const [status, versions] of [
    [200, ['1', '01', '%201', '%2B1']],
    [404, ['0', '-1', '99', '9'.repeat(30), '9'.repeat(400)]],
    [400, ['abc', '1.0', '1e3', '']],
  ] as const) {
    for (const version of versions) {
      expect([version, (await getVersion('m', version)).status]).toEqual([version, status])
    }
  }
})

test('a version in a body must be a string', async () => {
  const { createModel, createVersion, post } = await registryServer()
  await createModel('m')
  await createVersion('m')
  const res = await post('model-versions/transition-stage', {
    name: 'm',
    version: 1,
    stage: 'Staging',
  })
  expect([res.status, res.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
})

test('an update without description erases it, with an empty one keeps it empty', async () => {
  const { createModel, createVersion, patch, getModel } = await registryServer({ now: ticking() })
  await createModel('m')
  await createVersion('m', 's3://b/m', { description: 'd' })
  const before = await getModel('m')
  const renewed = await patch('model-versions/update', {
    name: 'm',
    version: '1',
    description: 'e',
  })
  expect(renewed.json.model_version.description).toBe('e')
  expect(renewed.json.model_version.last_updated_timestamp).toBeGreaterThan(
    renewed.json.model_version.creation_timestamp,
  )
  const empty = await patch('model-versions/update', { name: 'm', version: '1', description: '' })
  expect(empty.json.model_version.description).toBe('')
  const erased = await patch('model-versions/update', { name: 'm', version: '1' })
  expect(erased.json.model_version).not.toHaveProperty('description')
  const after = await getModel('m')
  expect(after.json.registered_model.last_updated_timestamp).toBe(
    before.json.registered_model.last_updated_timestamp,
  )
})

test('a deleted version is gone with its alias, and its number is not given out again', async () => {
  const { createModel, createVersion, getVersion, del, post, byAlias, getModel } =
    await registryServer({ now: ticking() })
  await createModel('m')
  await createVersion('m')
  await createVersion('m', 's3://b/m', { tags: [{ key: 'a', value: '1' }] })
  await post('registered-models/alias', { name: 'm', alias: 'champ', version: '2' })
  await post('model-versions/transition-stage', { name: 'm', version: '2', stage: 'Production' })
  const before = (await getModel('m')).json.registered_model.last_updated_timestamp
  expect((await del('model-versions/delete', { name: 'm', version: '2' })).json).toEqual({})
  expect((await getVersion('m', 2)).status).toBe(404)
  expect((await byAlias('m', 'champ')).json.error_code).toBe('INVALID_PARAMETER_VALUE')
  expect((await del('model-versions/delete', { name: 'm', version: '2' })).status).toBe(404)
  const model = (await getModel('m')).json.registered_model
  expect(model.last_updated_timestamp).toBeGreaterThan(before)
  expect(model).not.toHaveProperty('aliases')
  expect((await createVersion('m')).json.model_version.version).toBe('3')
})

test('version tags are set, overwritten and deleted; deleting an absent one is fine', async () => {
  const { createModel, createVersion, getVersion, post, del } = await registryServer()
  await createModel('m')
  await createVersion('m')
  const one = { name: 'm', version: '1', key: 'k' }
  const before = (await getVersion('m', 1)).json.model_version.last_updated_timestamp
  expect((await post('model-versions/set-tag', { ...one, value: '1' })).json).toEqual({})
  expect((await post('model-versions/set-tag', one)).status).toBe(200)
  const { model_version: version } = (await getVersion('m', 1)).json
  expect(version.tags).toEqual([{ key: 'k', value: '' }])
  expect(version.last_updated_timestamp).toBe(before)
  expect((await del('model-versions/delete-tag', one)).json).toEqual({})
  expect((await del('model-versions/delete-tag', one)).status).toBe(200)
  expect((await getVersion('m', 1)).json.model_version).not.toHaveProperty('tags')
  const unknown = { ...one, version: '9' }
  expect((await post('model-versions/set-tag', { ...unknown, value: '1' })).status).toBe(404)
  expect((await del('model-versions/delete-tag', unknown)).status).toBe(404)
})

function ticking(): () => number {
  let now = 1_790_000_000_000
  return () => now++
}
