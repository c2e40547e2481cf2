import { expect, test } from 'vitest'
import { defaultSettings, type Settings } from '../../src/platform/settings/settings.ts'
import { registryServer } from '../support/registry-server.ts'
import { workMs } from '../support/work.ts'

async function sourceServer(settings?: Partial<Settings>) {
  const server = await registryServer(
    settings ? { settings: { ...defaultSettings, signingKey: 'k', ...settings } } : {},
  )
  await server.createModel('m')
  const register = (source: unknown, more: object = {}) =>
    server.post('model-versions/create', { name: 'm', source, ...more })
  return { ...server, register }
}

test('sources outside of our store are kept as they are, and are the download URI', async () => {
  const { register, downloadUri } = await sourceServer()
  const sources = [
    's3://bucket/path',
    'S3://Bucket/path',
    's3:/path',
    's3://b/a//b',
    's3://b/p/',
    's3://b/p#frag',
    's3://b/...',
    's3://b/a..b',
    'gs://b/p',
    'dbfs:/x',
    'wasbs://container@account/x',
    'foo://x/y',
    `s3://b/${'x'.repeat(1900)}`,
  ]
  for (const source of sources) {
    const created = await register(source, { run_id: 'any' })
    expect([created.status, created.json.model_version?.source]).toEqual([200, source])
    const uri = await downloadUri('m', created.json.model_version.version)
    expect(uri.json).toEqual({ artifact_uri: source })
  }
})

const local = [
  '/etc/passwd',
  'file:///etc/passwd',
  'FILE:/etc',
  'File://host/x',
  'file:etc',
  '%66ile:///etc',
  'file%3A///etc',
  'relative/path',
  './x',
  '~/x',
  'x',
  ' ',
  ' file:///etc',
  '//host/x',
  '/\\host',
  '\\\\host\\share',
  'C:\\x',
  'c:/x',
  '..',
  'dummy-source',
  'prompt-template',
]
const climbing = [
  's3://b/../p',
  's3:/b/../p',
  's3://b/%2e%2e/x',
  's3://b/%2E./x',
  's3://b/..%2fx',
  's3://b/%252e%252e/x',
  's3://b/%25252e%25252e%25252fx',
  's3://b/%ff%2e%2e%2f/..%2fx',
  's3://b/..\\x',
  's3://b/a\\..\\x',
  's3://../x',
  'gs://b/..',
  'foo:/../x',
  's3://b/%00',
  's3://b/%2500',
  's3://b/a/./b',
]
const relative = [
  's3:b',
  's3://',
  's3://b',
  'foo:bar',
  'mlflow-artifacts:1/x',
  'runs:x/y',
  'runs:/',
]
const hosts = [
  'http://h/x',
  'HTTPS://h/x?y=1',
  'ftp://h/x',
  'sftp://h/x',
  'hdfs://h/x',
  'viewfs://h/x',
  'abfss://c@a/x',
  'r2://b@h/x',
  'b2://b/x',
  'mlflow-artifacts://h:1/x',
  'MLFLOW-ARTIFACTS://h/x',
  'mlflow-artifacts://user@/x',
  'runs://h/x/y',
  'models://h/m/1',
]
const unowned = [
  'mlflow-artifacts:/0/x/artifacts/model',
  'mlflow-artifacts:/',
  'runs:/abc/model',
  'models:/m-00000000000000000000000000000000',
  'models:/',
  'models:/m/1/x',
  'models:/m/Foo',
]
const odd = ['', null, 7, ['s3://b/p'], { a: 1 }, 'nul\u0000', `s3://b/${'x'.repeat(2000)}`]

test.each(Object.entries({ local, climbing, relative, hosts, unowned, odd }))(
  '%s sources are refused, prompt tag or not',
  async (_, sources: readonly unknown[]) => {
    const { register, getVersion } = await sourceServer()
    const promptTag = { key: 'mlflow.prompt.is_prompt', value: 'true' }
    const refused = [400, 'INVALID_PARAMETER_VALUE']
    for (const source of sources) {
      const plain = await register(source)
      expect([source, plain.status, plain.json.error_code]).toEqual([source, ...refused])
      if (source === 'dummy-source' || source === 'prompt-template') continue
      const prompt = await register(source, { tags: [promptTag] })
      expect([source, prompt.status, prompt.json.error_code]).toEqual([source, ...refused])
    }
    expect((await getVersion('m', 1)).status).toBe(404)
  },
)

test('a source of many nested escapes is refused within a second', async () => {
  const { register } = await sourceServer()
  const took = await workMs(async () => {
    const res = await register(`s3://b/%${'25'.repeat(990)}2e/x`)
    expect([200, 400]).toContain(res.status)
  })
  expect(took).toBeLessThan(1000)
})

test('the operator can restrict sources by a pattern and allow schemes that name hosts', async () => {
  const { register } = await sourceServer({
    sourcePattern: /bucket/,
    sourceSchemesAllowed: ['https'],
  })
  expect((await register('s3://other/x')).status).toBe(400)
  expect((await register('s3://bucket/x')).status).toBe(200)
  expect((await register('https://bucket.example/x')).status).toBe(200)
  expect((await register('ftp://bucket/x')).status).toBe(400)
})

test('a path of our store must lie in the run that the request names', async () => {
  const { register, createRun } = await sourceServer()
  const [mine, other] = [await createRun(), await createRun()]
  const good = [
    mine.root,
    `${mine.root}/`,
    `${mine.root}/model`,
    `${mine.root}//a//b`,
    `${mine.root}/a%20b`,
    `${mine.root}/ü`,
    `${mine.root}/model#f`,
    mine.root.replace('mlflow-artifacts:', 'MLFLOW-ARTIFACTS:'),
    mine.root.replace('mlflow-artifacts:/', 'mlflow-artifacts:///'),
  ]
  for (const source of good) {
    const res = await register(source, { run_id: mine.runId })
    expect([source, res.status, res.json.model_version?.run_id]).toEqual([source, 200, mine.runId])
  }
  const bad = [
    `${other.root}/model`,
    `${mine.root}X`,
    mine.root.slice(0, -'/artifacts'.length),
    `mlflow-artifacts:/${mine.experimentId}`,
    `${mine.root}/../../${other.runId}/artifacts`,
    `${mine.root}/%2e%2e/x`,
  ]
  for (const source of bad) {
    const res = await register(source, { run_id: mine.runId })
    expect([source, res.status]).toEqual([source, 400])
  }
  expect((await register(mine.root)).status).toBe(400)
  expect((await register(mine.root, { run_id: 'f'.repeat(32) })).status).toBe(400)
})

test('runs:/ must name the same run; without files there its download URI stays runs:/', async () => {
  const { register, createRun, downloadUri } = await sourceServer()
  const { runId } = await createRun()
  const source = `runs:/${runId}/model`
  expect((await register(source)).status).toBe(400)
  expect((await register(source, { run_id: 'f'.repeat(32) })).status).toBe(400)
  expect((await register(source, { run_id: runId })).json.model_version.source).toBe(source)
  expect((await downloadUri('m', 1)).json).toEqual({ artifact_uri: source })
  expect((await register(`RUNS:/${runId}`, { run_id: runId })).status).toBe(200)
})

test('models:/ resolves to a version at once and inherits its run', async () => {
  const { register, createModel, createVersion, transition, post, downloadUri } =
    await sourceServer()
  await createModel('from')
  await createVersion('from', 's3://b/1', { run_id: 'r1' })
  await createVersion('from', 's3://b/2', { run_id: 'r2' })
  await transition('from', '1', 'Production')
  await post('registered-models/alias', { name: 'from', alias: 'champ', version: '1' })
  for (const [source, version] of [
    ['models:/from/1', '1'],
    ['Models:/from/01', '1'],
    ['models:/from@champ', '1'],
    ['models:/from/production', '1'],
    ['models:/from/latest', '2'],
    ['models:/from@latest', '2'],
    ['models:/from/None', '2'],
  ] as const) {
    const copy = await register(source)
    expect(copy.json.model_version).toMatchObject({
      source: `models:/from/${version}`,
      run_id: `r${version}`,
    })
    const uri = await downloadUri('m', copy.json.model_version.version)
    expect(uri.json).toEqual({ artifact_uri: `s3://b/${version}` })
  }
  expect((await register('models:/from/1', { run_id: 'r1' })).status).toBe(200)
  expect((await register('models:/from/1', { run_id: 'r2' })).status).toBe(400)
  expect((await register('models:/from/1', { model_id: 'm-1' })).status).toBe(400)
  expect((await register('models:/from/99')).status).toBe(404)
  expect((await register('models:/from/Staging')).status).toBe(404)
  expect((await register('models:/nope/1')).status).toBe(404)
  expect((await register('models:/nope@a')).status).toBe(404)
  expect((await register('models:/from@nope')).status).toBe(400)
})

test('a logged model that is not there is 404', async () => {
  const { register } = await sourceServer()
  const res = await register('s3://b/3', { model_id: `m-${'0'.repeat(32)}` })
  expect([res.status, res.json.error_code]).toEqual([404, 'RESOURCE_DOES_NOT_EXIST'])
})
