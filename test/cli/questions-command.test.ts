import { expect, test } from 'vitest'
import { startServer, temporaryFolder } from '../support/gatehouse-process.ts'
import { runHere as run } from '../support/program.ts'

test('who is live, where a version comes from and what differs are commands, in words and as JSON', async () => {
  const server = await startServer(await temporaryFolder())
  await server.post('registered-models/create', { name: 'm' })
  const dataset = { name: 'txns', digest: 'd1', source_type: 's3', source: 's3://b/txns' }
  for (const depth of ['3', '4']) {
    const made = await server.post('runs/create', { experiment_id: '0', start_time: 1 })
    const { run_id } = made.json.run.info
    await server.post('runs/log-parameter', { run_id, key: 'depth', value: depth })
    await server.post('runs/log-inputs', { run_id, datasets: [{ dataset, tags: [] }] })
    await server.post('model-versions/create', { name: 'm', source: 's3://b/m', run_id })
  }
  await server.post('registered-models/create', { name: 'signed' })
  for (const type of ['double', 'string']) {
    const { json } = await server.post('runs/create', { experiment_id: '0', start_time: 1 })
    const { run_id, artifact_uri } = json.run.info
    const folder = artifact_uri.replace('mlflow-artifacts:', 'mlflow-artifacts/artifacts')
    const inputs = JSON.stringify([{ name: 'amount', type, required: true }])
    await fetch(`${server.url}/api/2.0/${folder}/model/MLmodel`, {
      method: 'PUT',
      body: `signature:\n  inputs: '${inputs}'\n`,
    })
    const source = `${artifact_uri}/model`
    await server.post('model-versions/create', { name: 'signed', source, run_id })
  }
  const move = { name: 'm', version: '2', stage: 'Production' }
  await server.post('model-versions/transition-stage', move)
  const ask = (...args: string[]) => run([...args, '--server', server.url])
  expect((await ask('live', 'm')).out).toMatch(
    /^m version 2\n {2}since 20[\d-]+ [\d:]+, requested by anonymous\n {2}approved by nobody\n {2}run \w{32}\n {2}data txns \(digest d1\)\n$/,
  )
  expect((await ask('live', 'm', '--alias', 'champion')).out).toBe('m: no version in champion\n')
  expect((await ask('live', 'm', '--at', '2001-01-01')).err).toMatch(/^gatehouse: At that time/)
  expect((await ask('live')).err).toContain('Name a model')
  const now = new Date().toISOString()
  expect((await ask('live', '--at', now)).out).toMatch(/^m version 2\n {2}since /)
  expect((await ask('live', 'm', '--at', '-1w')).err).toMatch(/^gatehouse: At that time/)
  expect((await ask('live', '--at', '2026-02-31T12:00Z')).err).toContain('is no time')
  expect((await ask('live', '--at', '2001-01-01')).out).toBe(
    'No model had a version in Production\n',
  )
  expect((await ask('diff', 'm', '1', '2')).out).toBe('params depth: 3 -> 4\n')
  expect((await ask('diff', 'signed', '1', '2')).out).toContain(
    "breaks callers of 1: of 2, input 'amount' is string, was double\n",
  )
  expect((await ask('lineage', 'm', '2')).out).toMatch(
    /^m version 2 in Production\n {2}run \w{32} \(.*\) in experiment Default\n {2}data txns/,
  )
  expect((await ask('lineage', '--dataset-digest', 'd1')).out).toBe(
    'm version 1 in None\nm version 2 in Production\n',
  )
  expect((await ask('lineage', 'm')).err).toContain('name a model and a version')
  expect(JSON.parse((await ask('live', 'm', '--json')).out)).toMatchObject({ stage: 'Production' })
}, 90_000)
