import { expect, test } from 'vitest'
import { registryServer, sixteen } from '../../support/registry-server.ts'

test('a stage is written in any case and answered in its own', async () => {
  const { createModel, createVersion, transition } = await registryServer()
  await createModel('m')
  await createVersion('m')
  for (const [given, stage] of [
    ['staging', 'Staging'],
    ['PRODUCTION', 'Production'],
    ['archived', 'Archived'],
    ['nOnE', 'None'],
  ] as const) {
    const moved = await transition('m', '1', given)
    expect(moved.json.model_version).toMatchObject({ current_stage: stage, version: '1' })
  }
})

test('a move bumps the version and its model, also to the stage it is in', async () => {
  let now = 1_790_000_000_000
  const { createModel, createVersion, transition, getModel } = await registryServer({
    now: () => now,
  })
  await createModel('m')
  await createVersion('m')
  for (const later of [1, 2]) {
    now = 1_790_000_000_000 + later
    const moved = await transition('m', '1', 'Staging')
    expect(moved.json.model_version.last_updated_timestamp).toBe(now)
    expect((await getModel('m')).json.registered_model.last_updated_timestamp).toBe(now)
  }
})

test('with archive_existing_versions the others go to Archived and keep their aliases', async () => {
  const { createModel, createVersion, transition, getVersion, post } = await registryServer()
  await createModel('m')
  for (let i = 0; i < 3; i++) await createVersion('m')
  await transition('m', '1', 'Production')
  await transition('m', '2', 'Staging')
  await post('registered-models/alias', { name: 'm', alias: 'champ', version: '1' })
  const moved = await transition('m', '3', 'Production', { archive_existing_versions: true })
  const first = (await getVersion('m', 1)).json.model_version
  expect(first).toMatchObject({ current_stage: 'Archived', aliases: ['champ'] })
  expect(first.last_updated_timestamp).toBe(moved.json.model_version.last_updated_timestamp)
  expect((await getVersion('m', 2)).json.model_version.current_stage).toBe('Staging')
})

test('without it several versions share a stage', async () => {
  const { createModel, createVersion, transition, getVersion } = await registryServer()
  await createModel('m')
  await createVersion('m')
  await createVersion('m')
  await transition('m', '1', 'Production')
  await transition('m', '2', 'Production', { archive_existing_versions: false })
  expect((await getVersion('m', 1)).json.model_version.current_stage).toBe('Production')
})

test('sixteen simultaneous promotions leave exactly one version in Production', async () => {
  const { createModel, createVersion, transition, getVersion } = await registryServer()
  await createModel('m')
  await sixteen(() => createVersion('m'))
  const moved = await sixteen((i) =>
    transition('m', String(i + 1), 'Production', { archive_existing_versions: true }),
  )
  expect(moved.map((res) => res.status)).toEqual(Array(16).fill(200))
  const now = await sixteen((i) => getVersion('m', i + 1))
  const stages = now.map((res) => res.json.model_version.current_stage).sort()
  expect(stages).toEqual([...Array(15).fill('Archived'), 'Production'])
})

test.each([
  [{ stage: 'Foo' }, 400, 'INVALID_PARAMETER_VALUE'],
  [{ stage: '' }, 400, 'INVALID_PARAMETER_VALUE'],
  [{ stage: undefined }, 400, 'INVALID_PARAMETER_VALUE'],
  [{ stage: 'None', archive_existing_versions: true }, 400, 'INVALID_PARAMETER_VALUE'],
  [{ stage: 'Archived', archive_existing_versions: true }, 400, 'INVALID_PARAMETER_VALUE'],
  [{ archive_existing_versions: 'true' }, 400, 'INVALID_PARAMETER_VALUE'],
  [{ version: 'abc' }, 400, 'INVALID_PARAMETER_VALUE'],
  [{ version: '2' }, 404, 'RESOURCE_DOES_NOT_EXIST'],
  [{ name: 'nope' }, 404, 'RESOURCE_DOES_NOT_EXIST'],
])('with %j nothing moves and the answer is %i %s', async (change, status, code) => {
  const { createModel, createVersion, transition, getVersion, getModel, post } =
    await registryServer()
  await createModel('m')
  await createVersion('m')
  await transition('m', '1', 'Production')
  const before = [await getVersion('m', 1), await getModel('m')].map((res) => res.json)
  const res = await post('model-versions/transition-stage', {
    name: 'm',
    version: '1',
    stage: 'Production',
    archive_existing_versions: true,
    ...change,
  })
  expect([res.status, res.json.error_code]).toEqual([status, code])
  expect([await getVersion('m', 1), await getModel('m')].map((r) => r.json)).toEqual(before)
})
