import { expect, test } from 'vitest'
import { registryServer } from '../../support/registry-server.ts'

const isPrompt = { key: 'mlflow.prompt.is_prompt', value: 'true' }

test('a prompt is a registered model, and its versions have a placeholder for a source', async () => {
  const { createModel, createVersion, byAlias, post, downloadUri } = await registryServer()
  await createModel('greet', { tags: [isPrompt], description: 'first' })
  const tags = [isPrompt, { key: 'mlflow.prompt.text', value: 'Hi {{name}}' }]
  const first = await createVersion('greet', 'dummy-source', { tags, description: 'c1' })
  expect(first.json.model_version).toMatchObject({ version: '1', source: 'dummy-source' })
  expect((await createVersion('greet', 'prompt-template', { tags })).status).toBe(200)
  await post('registered-models/alias', { name: 'greet', alias: 'production', version: '1' })
  const byName = await byAlias('greet', 'production')
  expect(byName.json.model_version.tags).toContainEqual(tags[1])
  expect((await byAlias('greet', 'latest')).json.model_version.version).toBe('2')
  expect((await downloadUri('greet', 1)).json).toEqual({ artifact_uri: 'dummy-source' })
})

test('a prompt with any other source, or too long a text, is refused', async () => {
  const { createModel, createVersion } = await registryServer()
  await createModel('greet', { tags: [isPrompt] })
  for (const source of ['s3://b/x', '/etc/passwd', 'Dummy-Source', 'models:/greet/1']) {
    expect((await createVersion('greet', source, { tags: [isPrompt] })).status).toBe(400)
  }
  const long = [isPrompt, { key: 'mlflow.prompt.text', value: 'x'.repeat(100_001) }]
  expect((await createVersion('greet', 'dummy-source', { tags: long })).status).toBe(400)
})

test('prompts and models share one set of names, and the refusal says which has it', async () => {
  const { createModel } = await registryServer()
  await createModel('greet', { tags: [isPrompt] })
  await createModel('model')
  for (const [name, tags, message] of [
    ['greet', [isPrompt], 'Registered Model (name=greet) already exists'],
    ['greet', [], "Tried to create a registered model with name 'greet', but a prompt has it"],
    ['model', [isPrompt], "Tried to create a prompt with name 'model', but a registered model has"],
    ['model', [], 'Registered Model (name=model) already exists'],
  ] as const) {
    const refused = await createModel(name, { tags })
    expect([refused.status, refused.json.error_code]).toEqual([400, 'RESOURCE_ALREADY_EXISTS'])
    expect(refused.json.message).toContain(message)
  }
})

test('a version of a prompt cannot be copied into a model', async () => {
  const { createModel, createVersion } = await registryServer()
  await createModel('greet', { tags: [isPrompt] })
  await createVersion('greet', 'dummy-source', { tags: [isPrompt] })
  await createModel('m')
  const refused = await createVersion('m', 'models:/greet/1')
  expect([refused.status, refused.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
})
