import { execFileSync } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/gatehouse-process.ts'
import { sourceExperiment, sourceRun, startSource } from '../support/mlflow-source.ts'
import { programAt } from '../support/program.ts'
import { testServer } from '../support/server.ts'

/** A server, and the report of an import into it. */
async function importingServer(settings: object = {}) {
  const fresh = await testServer()
  const server = await testServer({
    ...fresh.platform,
    settings: { ...fresh.platform.settings, ...settings },
  })
  const ask = programAt(server.app)
  const importAll = async (...args: string[]) => {
    const { out, err, code } = await ask(['import', ...args, '--json'])
    return { code, err, ...(out === '' ? {} : JSON.parse(out)) }
  }
  const artifact = async (path: string, workspace?: string) => {
    const headers = workspace === undefined ? {} : { 'X-MLFLOW-WORKSPACE': workspace }
    const url = `/api/2.0/mlflow-artifacts/artifacts/${path}`
    const res = await server.app.request(url, { headers })
    return res.status === 200 ? await res.text() : undefined
  }
  return { ...server, importAll, artifact }
}

const [a, b] = ['a'.repeat(32), 'b'.repeat(32)]

/** One run with one file, as the listings of MLflow have them. */
function withFile(run: object, text: string | undefined) {
  return {
    '/runs/search': { runs: [run] },
    '/artifacts/list': { files: [{ path: 'x.txt', is_dir: false, file_size: 5 }] },
    '/get-artifact': (_req: unknown, res: { writeHead(n: number): { end(t?: string): void } }) =>
      text === undefined ? res.writeHead(404).end() : res.writeHead(200).end(text),
  }
}

test('what cannot be read, or is not taken, is one difference, and the rest is here', async () => {
  const { importAll, get } = await importingServer()
  using source = await startSource({
    '/experiments/search': {
      experiments: [
        ...[sourceExperiment('41'), sourceExperiment('no number'), { name: 'no id' }],
        sourceExperiment('42', { name: 'of 41' }),
      ],
    },
    '/runs/search': {
      runs: [
        ...[sourceRun('a', '41'), sourceRun('c', '41', { status: 'WRONG' })],
        ...[sourceRun('d', '41', { artifact_uri: 'mlflow-artifacts:/41/../../etc' })],
        ...[
          sourceRun('e', '41', { start_time: '9999999999999999999' }),
          'none',
          sourceRun('b', '41'),
        ],
      ],
    },
    '/registered-models/search': {
      registered_models: [{ name: 'fraud' }, { name: '' }, { name: 'odd', aliases: 'none' }],
    },
    '/model-versions/search': {
      model_versions: [
        { name: 'fraud', version: '1', source: 's3://bucket/x' },
        { name: 'fraud', version: '2', source: '' },
      ],
    },
  })
  const report = await importAll('mlflow', source.url)
  expect(report).toMatchObject({ code: 1, err: '' })
  for (const id of [a, b]) expect((await get(`runs/get?run_id=${id}`)).status).toBe(200)
  expect((await get('model-versions/get?name=fraud&version=1')).status).toBe(200)
  expect((await get('experiments/get?experiment_id=42')).json.experiment.name).toContain(
    'of 41 (from',
  )
  const told = report.differences.map(({ what }: { what: string }) => what)
  for (const what of [
    ...['an experiment', 'experiment no number', 'a run of experiment 41'],
    ...[`run ${'d'.repeat(32)}`, `run ${'e'.repeat(32)}`],
    ...["registered model ''", 'a registered model', 'version fraud/2'],
  ]) {
    expect(told).toContain(what)
  }
})

test('a dry run counts, tells what cannot be read, and writes nothing', async () => {
  const { importAll, get } = await importingServer()
  using source = await startSource({
    '/experiments/search': { experiments: [sourceExperiment('41')] },
    '/runs/search': { runs: [sourceRun('a', '41'), sourceRun('c', '41', { status: 'WRONG' })] },
  })
  const { code, counts, differing } = await importAll('mlflow', source.url, '--dry-run')
  expect({ code, differing }).toEqual({ code: 1, differing: 1 })
  expect([counts.experiments.source, counts.runs.source]).toEqual([1, 1])
  expect((await get('experiments/get?experiment_id=41')).status).toBe(404)
})

test('a run that lacks a file or points is taken again by the next import, and told again', async () => {
  const { importAll, artifact } = await importingServer()
  const experiments = { experiments: [sourceExperiment('41')] }
  const run = sourceRun('a', '41')
  const answers: Record<string, unknown> = {
    '/experiments/search': experiments,
    ...withFile(run, undefined),
  }
  using source = await startSource(answers)
  for (const _ of [1, 2]) {
    const report = await importAll('mlflow', source.url)
    expect(report.code).toBe(1)
    expect(report.differences).toMatchObject([{ what: `run ${a}, file 'x.txt'` }])
  }
  Object.assign(answers, withFile(run, 'hello'))
  expect(await importAll('mlflow', source.url)).toMatchObject({ code: 0, differing: 0 })
  expect(await artifact(`41/${a}/artifacts/x.txt`)).toBe('hello')
  expect((await importAll('mlflow', source.url)).counts.runs.unchanged).toBe(1)
})

test('a source does not name the folder of somebody else', async () => {
  const { importAll, post, send, artifact, get } = await importingServer()
  const { run } = (await post('runs/create', { experiment_id: '0' })).json
  const own = run.info.artifact_uri.replace('mlflow-artifacts:/', '')
  await send('PUT', `/api/2.0/mlflow-artifacts/artifacts/${own}/x.txt`, 'ours')
  for (const [i, location] of [
    'mlflow-artifacts:/0',
    'mlflow-artifacts:/41',
    `mlflow-artifacts:/${own.split('/').slice(0, 2).join('/')}`,
  ].entries()) {
    using source = await startSource({
      '/experiments/search': {
        experiments: [sourceExperiment(`4${i}`, { artifact_location: location })],
      },
      ...withFile(
        sourceRun(String(i), `4${i}`, { artifact_uri: `mlflow-artifacts:/${own}` }),
        'theirs',
      ),
    })
    await importAll('mlflow', source.url)
    const { info } = (await get(`runs/get?run_id=${String(i).repeat(32)}`)).json.run
    expect(info.artifact_uri).toMatch(new RegExp(`^mlflow-artifacts:/4${i}/`))
    expect(await artifact(`${own}/x.txt`)).toBe('ours')
  }
})

test('into a workspace all goes to its own folders', async () => {
  const { importAll, artifact, call, app } = await importingServer({ workspaces: true })
  await call('POST', '/api/3.0/mlflow/workspaces', { name: 'team' })
  using source = await startSource({
    '/experiments/search': {
      experiments: [sourceExperiment('0', { name: 'Default' }), sourceExperiment('41')],
    },
    ...withFile(sourceRun('a', '41'), 'hello'),
    '/registered-models/search': { registered_models: [{ name: 'fraud' }] },
    '/model-versions/search': {
      model_versions: [{ name: 'fraud', version: '1', source: `runs:/${a}/x.txt`, run_id: a }],
    },
  })
  const report = await importAll('mlflow', source.url, '--workspace', 'team')
  expect(report.differences).toEqual([])
  const headers = { 'X-MLFLOW-WORKSPACE': 'team' }
  const found = await app.request(`/api/2.0/mlflow/runs/get?run_id=${a}`, { headers })
  const { info } = ((await found.json()) as { run: { info: { artifact_uri: string } } }).run
  expect(info.artifact_uri).toBe(`mlflow-artifacts:/workspaces/team/41/${a}/artifacts`)
  expect(await artifact(`41/${a}/artifacts/x.txt`, 'team')).toBe('hello')
  expect(await artifact(`41/${a}/artifacts/x.txt`)).toBeUndefined()
  const again = await importAll('mlflow', source.url, '--workspace', 'team')
  expect(again).toMatchObject({ code: 0, counts: { runs: { unchanged: 2 } } })
})

test('a file of another size than was listed, or of a name that no file may have, is left out at once', async () => {
  const { importAll, call } = await importingServer()
  const files = [
    ...[1, 3, 6, 9e15].map((file_size) => ({ path: `${file_size}`, file_size })),
    ...['../x', '/etc/x', 'a\0b', 'n'.repeat(100_000), '%2e%2e/x', 'ok'].map((path) => ({
      ...{ path, file_size: 5 },
    })),
  ]
  using source = await startSource({
    '/experiments/search': { experiments: [sourceExperiment('41')] },
    ...withFile(sourceRun('a', '41'), 'hello'),
    '/artifacts/list': { files },
  })
  const report = await importAll('mlflow', source.url)
  expect(report.differing).toBe(files.length - 1)
  for (const { what } of report.differences) expect(what.length).toBeLessThan(1100)
  const stored = await call('GET', `/api/v1/imports/files?path=41/${a}/artifacts`)
  expect(stored.json.items).toMatchObject([{ path: 'ok', size: 5 }])
})

test('an answer that is cut is asked for again', async () => {
  const { importAll } = await importingServer()
  let asked = 0
  using source = await startSource({
    '/experiments/search': (_req: unknown, res: import('node:http').ServerResponse) => {
      if (asked++ === 0) {
        res.writeHead(200, { 'content-length': 100 }).write('{"experiments":')
        setImmediate(() => res.destroy())
      } else res.writeHead(200).end(JSON.stringify({ experiments: [sourceExperiment('41')] }))
    },
  })
  expect(await importAll('mlflow', source.url)).toMatchObject({ code: 0 })
})

test('a source that sends elsewhere is not followed', async () => {
  const { importAll } = await importingServer()
  using inner = await startSource({})
  for (const status of [301, 302, 303, 307, 308]) {
    using source = await startSource({
      '/experiments/search': (_req: unknown, res: import('node:http').ServerResponse) =>
        res.writeHead(status, { location: `${inner.url}/secret` }).end(),
    })
    const { code, err } = await importAll('mlflow', source.url)
    expect(code).toBe(1)
    expect(err).toContain(`sends elsewhere, to '${inner.url}/secret'`)
  }
  expect(inner.asked).toEqual([])
})

test('nothing is read through a link of a file store', async () => {
  const { importAll, call } = await importingServer()
  const folder = await temporaryFolder()
  const secret = join(folder, 'secret')
  await mkdir(secret)
  await writeFile(join(secret, 'meta.yaml'), 'name: stolen\nkey: stolen')
  await writeFile(join(secret, 'key.pem'), 'stolen')
  const store = join(folder, 'mlruns')
  const run = (id: string) => join(store, '41', id)
  const meta = (id: string) => `run_id: "${id}"\nstatus: 3\nstart_time: 1\nrun_name: r\n`
  await mkdir(join(store, '.trash'), { recursive: true })
  for (const [i, part] of [
    'artifacts',
    'tags',
    'params',
    'metrics',
    'inputs',
    'outputs',
  ].entries()) {
    const id = String(i).repeat(32)
    await mkdir(run(id), { recursive: true })
    await writeFile(join(run(id), 'meta.yaml'), meta(id))
    await symlink(secret, join(run(id), part))
  }
  await writeFile(join(store, '41', 'meta.yaml'), "experiment_id: '41'\nname: fraud\n")
  await mkdir(run(a))
  await symlink(join(secret, 'meta.yaml'), join(run(a), 'meta.yaml'))
  await mkdir(run(b))
  execFileSync('/usr/bin/env', ['mkfifo', join(run(b), 'meta.yaml')])
  for (const place of ['models', 'datasets']) await symlink(secret, join(store, '41', place))
  await symlink(secret, join(store, 'models'))
  await symlink(secret, join(store, '77'))
  const report = await importAll('mlruns', store)
  expect(report).toMatchObject({ code: 1, err: '' })
  const told = report.differences.map(({ what }: { what: string }) => what)
  for (const i of [0, 1, 2, 3, 4, 5]) {
    expect(told.some((what: string) => what.startsWith(`run ${String(i).repeat(32)}`))).toBe(true)
  }
  for (const id of [a, b]) expect(told).toContain(`run ${id}`)
  expect(told).toEqual(
    expect.arrayContaining(['registered models', 'logged models of experiment 41']),
  )
  expect(JSON.stringify(report)).not.toContain('stolen')
  const stored = await call('GET', '/api/v1/imports/files?path=41')
  expect(stored.json.items).toEqual([])
})

test('a file that is no database, or is damaged, is one sentence', async () => {
  const { importAll } = await importingServer()
  const folder = await temporaryFolder()
  const file = join(folder, 'mlflow.db')
  for (const bytes of ['', 'no database at all', `SQLite format 3\0${'x'.repeat(5000)}`]) {
    await writeFile(file, bytes)
    const { code, err } = await importAll('mlflow-db', file, '--artifacts-from', folder)
    expect(code).toBe(1)
    expect(err).toMatch(/^gatehouse: [^\n]+\n$/)
  }
  const none = await importAll('mlflow-db', file, '--artifacts-from', join(folder, 'nowhere'))
  expect(none.err).toContain('there is no folder')
})

test('a prompt stays linked with its experiments, which may have other ids here', async () => {
  const prompt = {
    name: 'greet',
    creation_timestamp: 1,
    last_updated_timestamp: 2,
    tags: [
      { key: 'mlflow.prompt.is_prompt', value: 'true' },
      { key: '_mlflow_experiment_ids', value: ',1,41,77,' },
    ],
  }
  using source = await startSource({
    '/experiments/search': {
      experiments: ['1', '41'].map((id) => sourceExperiment(id, { lifecycle_stage: 'active' })),
    },
    '/registered-models/search': { registered_models: [prompt] },
  })
  const server = await importingServer()
  await server.post('experiments/create', { name: 'has the id 1' })
  // The source lists it twice: among the models, and among the prompts.
  for (const counts of [
    { added: 1, unchanged: 1 },
    { added: 0, unchanged: 2 },
  ]) {
    const report = await server.importAll('mlflow', source.url)
    expect(report.differing, JSON.stringify(report)).toBe(0)
    expect(report.counts['registered models']).toMatchObject(counts)
  }
  const { json } = await server.get('registered-models/get?name=greet')
  const { experiments } = (await server.get('experiments/search?max_results=9')).json
  const ownId = experiments.find(({ name }: { name: string }) => name === 'of 1').experiment_id
  expect(ownId).not.toBe('1')
  expect(json.registered_model.tags).toContainEqual({
    key: '_mlflow_experiment_ids',
    value: `,${ownId},41,77,`,
  })
})
