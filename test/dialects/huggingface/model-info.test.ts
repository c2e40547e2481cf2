import { expect, test } from 'vitest'
import { hubServer } from './hub-server.ts'

const mlmodel = 'flavors:\n  python_function: {}\n  sklearn: {}\n  onnx: {}\n'

test('a model is told with the flavours and the licence of the version that was asked for', async () => {
  const { hubJson, seal, call, post } = await hubServer()
  await seal('fraud', { MLmodel: mlmodel, 'README.md': '---\nlicense: mit\n---\n# One\n' })
  await seal('fraud', { 'weights.bin': '0' })
  await post('registered-models/set-tag', { name: 'fraud', key: 'team', value: 'risk' })
  expect(await hubJson('/api/models/default/fraud/revision/1')).toMatchObject({
    library_name: 'sklearn',
    tags: ['sklearn', 'onnx', 'license:mit', 'team:risk'],
    cardData: { license: 'mit', library_name: 'sklearn' },
  })
  expect(await hubJson('/api/models/default/fraud/revision/2')).toMatchObject({
    library_name: null,
    tags: ['team:risk'],
    cardData: {},
  })
  // What people write of it since is the card, and not the file that was sealed.
  const put = await call('PUT', '/api/v1/models/fraud/versions/2/card', {
    card: { licence: 'Apache-2.0' },
  })
  expect(put.status, put.text).toBe(200)
  expect(await hubJson('/api/models/default/fraud/revision/2')).toMatchObject({
    tags: ['license:apache-2.0', 'team:risk'],
    cardData: { license: 'Apache-2.0' },
  })
})

test("a model's template, and names that are too long, say nothing of a version", async () => {
  const { hubJson, seal, call } = await hubServer()
  await seal('fraud', { MLmodel: `flavors:\n  ${'x'.repeat(300)}: {}\n  y: {}\n` })
  const template = { card: { licence: 'MIT' }, required: [] }
  const put = await call('PUT', '/api/v1/models/fraud/card-template', template)
  expect(put.status, put.text).toBe(200)
  expect(await hubJson('/api/models/default/fraud/revision/1')).toMatchObject({
    library_name: 'y',
    tags: ['y'],
    cardData: { library_name: 'y' },
  })
})

test('a card that is no card, and a file that is no description, leave the rest as it is', async () => {
  const { hubJson, seal } = await hubServer()
  await seal('fraud', { MLmodel: 'flavors: [', 'README.md': '---\nlicense: [\n---\n\u0000' })
  const info = await hubJson('/api/models/default/fraud/revision/1')
  expect(info).toMatchObject({ library_name: null, tags: [], cardData: {} })
  expect(info.siblings).toHaveLength(2)
})
