import { expect, test } from 'vitest'
import { appOf } from '../support/app.ts'
import { listenAt } from '../support/listening.ts'
import { sourceExperiment, startSource } from '../support/mlflow-source.ts'
import { programAt } from '../support/program.ts'
import { testServer } from '../support/server.ts'
import { team } from '../support/team.ts'

/** A server with a little of all, and one to export to. */
async function filledServer() {
  const here = await testServer()
  const there = await testServer()
  const listening = await listenAt(there.app)
  const ask = programAt(here.app)
  const exportAll = async () => {
    const { out, err, code } = await ask(['export', 'mlflow', listening.url, '--json'])
    return { code, err, ...(out === '' ? {} : JSON.parse(out)) }
  }
  const { post } = here
  const create = async (call: string, body: object) => (await post(call, body)).json
  const { experiment_id } = await create('experiments/create', { name: 'fraud' })
  const parent = (await create('runs/create', { experiment_id, run_name: 'parent' })).run.info
  const tags = [{ key: 'mlflow.parentRunId', value: parent.run_id }]
  const child = (await create('runs/create', { experiment_id, run_name: 'child', tags })).run.info
  const metrics = [3, 2, 1].map((value, step) => ({ key: 'loss', value, timestamp: step, step }))
  await post('runs/log-batch', { run_id: child.run_id, metrics })
  const file = `mlflow-artifacts/artifacts/${experiment_id}/${child.run_id}/artifacts/m/weights`
  await here.app.request(`/api/2.0/${file}`, { method: 'PUT', body: 'bytes' })
  await create('registered-models/create', { name: 'fraud' })
  const source = `${child.artifact_uri}/m`
  for (const version of ['1', '2', '3']) {
    await create('model-versions/create', { name: 'fraud', source, run_id: child.run_id })
    if (version !== '3')
      await here.call('DELETE', '/api/2.0/mlflow/model-versions/delete', { name: 'fraud', version })
  }
  await post('registered-models/alias', { name: 'fraud', alias: 'champion', version: '3' })
  await post('model-versions/transition-stage', {
    name: 'fraud',
    version: '3',
    stage: 'Production',
  })
  return { here, there, exportAll, parent, child, [Symbol.dispose]: listening[Symbol.dispose] }
}

test('runs, points, files and versions in their numbers are there, and name the ids of there', async () => {
  using server = await filledServer()
  const { there, exportAll, parent, child } = server
  const { code, ids, differing, counts } = await exportAll()
  expect({ code, differing }).toEqual({ code: 0, differing: 0 })
  expect(counts.points.added).toBe(3)
  const { json } = await there.get(`runs/get?run_id=${ids.runs[child.run_id]}`)
  expect(json.run.data.tags).toEqual(
    expect.arrayContaining([
      { key: 'mlflow.parentRunId', value: ids.runs[parent.run_id] },
      { key: 'gatehouse.source_id', value: child.run_id },
    ]),
  )
  const version = (await there.get('model-versions/get?name=fraud&version=3')).json.model_version
  expect(version).toMatchObject({
    current_stage: 'Production',
    aliases: ['champion'],
    run_id: ids.runs[child.run_id],
    source: `${json.run.info.artifact_uri}/m`,
  })
  const listed = await there.get('model-versions/search')
  expect(listed.json.model_versions).toHaveLength(1)
  const path = json.run.info.artifact_uri.replace('mlflow-artifacts:/', '')
  const file = await there.app.request(`/api/2.0/mlflow-artifacts/artifacts/${path}/m/weights`)
  expect(await file.text()).toBe('bytes')
})

test('a second export adds nothing, and takes what changed here', async () => {
  using server = await filledServer()
  const { here, there, exportAll, child } = server
  const first = await exportAll()
  const again = await exportAll()
  expect({ code: again.code, ids: again.ids }).toEqual({ code: 0, ids: first.ids })
  expect(again.counts).toMatchObject({
    runs: { added: 0, updated: 0, unchanged: 2 },
    versions: { added: 0, updated: 0, unchanged: 1 },
  })
  await here.post('runs/log-metric', {
    run_id: child.run_id,
    key: 'loss',
    value: 0,
    timestamp: 9,
    step: 9,
  })
  await here.post('runs/delete', { run_id: child.run_id })
  await here.post('experiments/set-experiment-tag', {
    experiment_id: '1',
    key: 'team',
    value: 'risk',
  })
  const third = await exportAll()
  expect(third).toMatchObject({ code: 0, counts: { runs: { updated: 1 }, points: { source: 4 } } })
  const { json } = await there.get(`runs/get?run_id=${first.ids.runs[child.run_id]}`)
  expect(json.run.info.lifecycle_stage).toBe('deleted')
})

test('a file that cannot be read is one difference, and the rest is there', async () => {
  using server = await filledServer()
  const { here, there, exportAll, child } = server
  const { blobs } = here.platform
  const keys: string[] = []
  for await (const { key } of blobs.list('')) keys.push(key)
  await blobs.delete(keys)
  const { code, differences, ids } = await exportAll()
  expect(code).toBe(1)
  expect(differences).toMatchObject([{ what: `run ${child.run_id}, file 'm/weights'` }])
  expect((await there.get(`runs/get?run_id=${ids.runs[child.run_id]}`)).status).toBe(200)
})

test('what is another’s there stays as it is, and is told', async () => {
  using server = await filledServer()
  const { there, exportAll } = server
  await there.post('experiments/create', { name: 'fraud' })
  await there.post('registered-models/create', { name: 'fraud' })
  const { code, differences, counts } = await exportAll()
  expect(code).toBe(1)
  expect(counts.runs.source).toBe(0)
  const problems = differences.map(({ problem }: { problem: string }) => problem)
  expect(problems).toContain('an experiment of that name is there that is not of this server')
  expect(problems).toContain('a model or prompt of that name is there that is not of this server')
  expect((await there.get('model-versions/search')).json.model_versions).toBeUndefined()
})

test('who is no administrator exports what they may read, and imports nothing', async () => {
  const { platform, admin, member, grant } = await team({
    defaultPermission: 'NO_PERMISSIONS',
  })
  await admin.post('experiments/create', { name: 'open' })
  await admin.post('experiments/create', { name: 'closed' })
  const ann = await member('ann')
  await grant('ann', 'experiment', '1', 'READ')
  const ask = programAt(appOf(() => platform, ann.principal))
  const there = await testServer()
  using listening = await listenAt(there.app)
  const { code } = await ask(['export', 'mlflow', listening.url])
  expect(code).toBe(0)
  const { json } = await there.get('experiments/search?max_results=10')
  expect(json.experiments.map(({ name }: { name: string }) => name).sort()).toEqual([
    'Default',
    'open',
  ])
  using source = await startSource({
    '/experiments/search': { experiments: [sourceExperiment('41')] },
  })
  const refused = await ask(['import', 'mlflow', source.url])
  expect(refused).toMatchObject({ code: 1, out: '' })
  expect(refused.err).toMatch(/^gatehouse: .*administrator.*\n$/)
})
