import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { anonymous } from '../../../src/core/principal.ts'
import { getLoggedModel } from '../../../src/tracking/logged-models/read-logged-models.ts'
import { registrationStatement } from '../../../src/tracking/logged-models/write-logged-models.ts'
import { testServer } from '../../support/server.ts'

async function loggedModel(tags: object[] = []) {
  const server = await testServer()
  const res = await server.post('logged-models', { experiment_id: '0', tags })
  const ctx = {
    ...server.platform,
    principal: anonymous,
    workspace: 'default',
    requestId: 'test',
  }
  return { ctx, modelId: res.json.model.info.model_id as string }
}

async function registrations(ctx: Parameters<typeof getLoggedModel>[0], modelId: string) {
  const { tags } = await getLoggedModel(ctx, modelId)
  return JSON.parse(written(tags) ?? 'null')
}

function written(tags: readonly { readonly key: string; readonly value: string }[]) {
  return tags.find(({ key }) => key === 'mlflow.modelVersions')?.value
}

test('each registration is added to the list in mlflow.modelVersions', async () => {
  const { ctx, modelId } = await loggedModel()
  await ctx.db.batch({
    statements: [registrationStatement(ctx, modelId, { name: 'a "quoted" näme', version: sql`1` })],
  })
  await ctx.db.batch({
    statements: [
      registrationStatement(ctx, modelId, { name: 'other', version: sql`(select ${7})` }),
    ],
  })
  expect(await registrations(ctx, modelId)).toEqual([
    { name: 'a "quoted" näme', version: 1 },
    { name: 'other', version: 7 },
  ])
  expect(written((await getLoggedModel(ctx, modelId)).tags)).toBe(
    '[{"name": "a \\"quoted\\" n\\u00e4me", "version": 1}, {"name": "other", "version": 7}]',
  )
})

test.each(['[]', ' [ ] ', '[{"name":"old","version":1}] \n'])(
  'a list of %j stays a list that can be read',
  async (value) => {
    const { ctx, modelId } = await loggedModel([{ key: 'mlflow.modelVersions', value }])
    await ctx.db.batch({
      statements: [registrationStatement(ctx, modelId, { name: 'm', version: sql`2` })],
    })
    expect(await registrations(ctx, modelId)).toEqual([
      ...JSON.parse(value),
      { name: 'm', version: 2 },
    ])
  },
)

test.each(['not json', '{"name": 1}', ''])('a tag of %j is begun anew', async (value) => {
  const { ctx, modelId } = await loggedModel([{ key: 'mlflow.modelVersions', value }])
  await ctx.db.batch({
    statements: [registrationStatement(ctx, modelId, { name: 'm', version: sql`1` })],
  })
  expect(await registrations(ctx, modelId)).toEqual([{ name: 'm', version: 1 }])
})

test('a registration of an unknown model is recorded nowhere and breaks nothing', async () => {
  const { ctx } = await loggedModel()
  await ctx.db.batch({
    statements: [registrationStatement(ctx, 'm-zz', { name: 'm', version: sql`1` })],
  })
  expect(await ctx.db.all(sql`select * from logged_model_tags`)).toEqual([])
})
