import { describe, expect, test } from 'vitest'
import { filesOfZip, statementIn } from '../support/bundle-files.ts'
import type { Client } from '../support/client.ts'
import { team } from '../support/team.ts'

const bundles = '/api/v1/models/fraud/versions/1/bundles'
const zip = '/api/v1/models/fraud/versions/1/bundle.zip'

/** `fraud` version 1, sealed, of a run in a closed experiment; ada edits the model and may not read the run. */
async function closedTeam() {
  const world = await team({ defaultPermission: 'NO_PERMISSIONS' })
  const { admin, member, grant } = world
  const post = (path: string, body: object) => admin.call('POST', `/api/2.0/mlflow/${path}`, body)
  const { experiment_id: experiment } = (await post('experiments/create', { name: 'closed' })).json
  const made = await post('runs/create', { experiment_id: experiment, start_time: 1 })
  const { run_id: runId, artifact_uri: root } = made.json.run.info
  await post('runs/log-metric', {
    run_id: runId,
    key: 'secret_auc',
    value: 0.123456,
    timestamp: 1,
    step: 0,
  })
  await post('runs/log-parameter', { run_id: runId, key: 'depth', value: 'secret_depth' })
  const path = String(root).replace('mlflow-artifacts:/', '/api/2.0/mlflow-artifacts/artifacts/')
  await admin.send('PUT', `${path}/model/weights.bin`, 'w')
  await post('registered-models/create', { name: 'fraud' })
  await post('model-versions/create', { name: 'fraud', source: `${root}/model`, run_id: runId })
  const [ada, eve, out] = [await member('ada'), await member('eve'), await member('out')]
  await grant('ada', 'registered_model', 'fraud', 'EDIT')
  await grant('eve', 'registered_model', 'fraud', 'READ')
  return { ...world, ada, eve, out, experiment: String(experiment), runId: String(runId) }
}

async function filesOf(who: Client, path = zip) {
  const res = await who.send('GET', path)
  expect(res.status).toBe(200)
  return filesOfZip(await res.arrayBuffer())
}

describe('bundles with access control', () => {
  test('who may read makes none, and who may not read finds none', async () => {
    const { eve, out, admin } = await closedTeam()
    expect((await eve.call('POST', bundles)).status).toBe(403)
    expect((await admin.call('POST', bundles)).status).toBe(201)
    for (const path of [bundles, zip]) expect((await out.call('GET', path)).status).toBe(403)
    expect((await out.call('POST', bundles)).status).toBe(403)
    const { json } = await eve.call('GET', bundles)
    expect(json.items).toHaveLength(1)
  })

  test('what the maker may not read of the run is nowhere in it', async () => {
    const { ada, eve } = await closedTeam()
    const made = await ada.call('POST', bundles)
    expect(made.json).toMatchObject({ has_runs: false, has_audit: false })
    const files = await filesOf(eve)
    expect(Object.keys(files)).not.toContain('attestations/provenance.sigstore.json')
    const texts = Object.values(files).map((bytes) => new TextDecoder().decode(bytes))
    const release = JSON.stringify(statementIn(files, 'attestations/release.sigstore.json'))
    for (const text of [...texts, release]) {
      expect(text).not.toContain('secret_')
      expect(text).not.toContain('0.123456')
    }
  })

  test('a bundle that tells of the run or of the audit log is kept from who may not read those', async () => {
    const { admin, ada, eve, grant, experiment } = await closedTeam()
    const { id } = (await admin.call('POST', bundles)).json
    const offered = async (who: Client) => (await who.call('GET', '/models/fraud/1')).text
    expect(await offered(admin)).toContain(`bundle.zip?bundle=${id}`)
    for (const who of [ada, eve]) {
      expect(await offered(who)).not.toContain('bundle.zip')
      const refused = await who.call('GET', zip)
      expect(refused.status).toBe(403)
      expect(refused.json.message).toMatch(/tells of runs and of the model's part of the audit log/)
    }
    await grant('eve', 'experiment', experiment, 'READ')
    const refused = await eve.call('GET', zip)
    expect(refused.json.message).toMatch(/tells of the model's part of the audit log/)
    const granted = { principal: 'user:eve', action: 'read_audit', models: 'fraud' }
    expect((await admin.call('POST', '/api/v1/grants', granted)).status).toBeLessThan(300)
    expect((await eve.send('GET', `${zip}?bundle=${id}`)).status).toBe(200)
    expect(await offered(eve)).toContain(`bundle.zip?bundle=${id}`)
  })

  test('the page of a version offers the newest that its reader may download', async () => {
    const { admin, ada, eve } = await closedTeam()
    const open = (await ada.call('POST', bundles)).json.id
    const closed = (await admin.call('POST', bundles)).json.id
    for (const [who, id] of [
      [admin, closed],
      [ada, open],
      [eve, open],
    ] as const) {
      const { text } = await who.call('GET', '/models/fraud/1')
      expect(text.match(/bundle\.zip\?bundle=\d+/g)).toEqual([`bundle.zip?bundle=${id}`])
      expect((await who.send('GET', `${zip}?bundle=${id}`)).status).toBe(200)
    }
  })

  test('stays closed once the version that its gates compared with was deleted', async () => {
    const { admin, grant, ada, eve, experiment } = await closedTeam()
    const post = (path: string, body: object) => admin.call('POST', `/api/2.0/mlflow/${path}`, body)
    const stage = (version: string, to: string) =>
      post('model-versions/transition-stage', { name: 'fraud', version, stage: to })
    await stage('1', 'Production')
    await admin.call('PUT', '/api/v1/policies/p', {
      applies_to: { models: 'fraud', stage: 'Production' },
      gates: [{ name: 'g', type: 'expression', expression: 'current.metrics.secret_auc < 1.0' }],
    })
    const { run_id, artifact_uri } = (await post('runs/create', { experiment_id: '0' })).json.run
      .info
    const path = String(artifact_uri).replace(
      'mlflow-artifacts:/',
      '/api/2.0/mlflow-artifacts/artifacts/',
    )
    await admin.send('PUT', `${path}/model/weights.bin`, 'v')
    const source = `${artifact_uri}/model`
    await post('model-versions/create', { name: 'fraud', source, run_id })
    expect((await stage('2', 'Production')).status).toBe(200)
    await stage('1', 'Archived')
    const of = '/api/v1/models/fraud/versions/2'
    await grant('ada', 'experiment', '0', 'READ')
    await grant('eve', 'experiment', '0', 'READ')
    for (const who of ['ada', 'eve']) {
      const granted = { principal: `user:${who}`, action: 'read_audit', models: 'fraud' }
      await admin.call('POST', '/api/v1/grants', granted)
    }
    expect((await admin.call('POST', `${of}/bundles`)).status).toBe(201)
    const statuses = async () => [
      (await ada.send('GET', `${of}/bundle.zip`)).status,
      (await eve.send('GET', `${of}/bundle.zip`)).status,
      (await admin.send('GET', `${of}/bundle.zip`)).status,
    ]
    expect(await statuses()).toEqual([403, 403, 200])
    await grant('eve', 'experiment', experiment, 'READ')
    expect(await statuses()).toEqual([403, 200, 200])
    const gone = await admin.call('DELETE', '/api/2.0/mlflow/model-versions/delete', {
      name: 'fraud',
      version: '1',
    })
    expect(gone.status).toBe(200)
    expect(await statuses()).toEqual([403, 403, 200])
  })

  test('keys are public, and only administrators renew them', async () => {
    const { admin, ada, stranger } = await closedTeam()
    await admin.call('POST', bundles)
    const { json } = await stranger('nobody').call('GET', '/api/v1/keys')
    expect(json.items).toHaveLength(1)
    expect(JSON.stringify(json)).not.toContain('PRIVATE')
    expect(json.items[0].jwk).not.toHaveProperty('d')
    expect((await ada.call('POST', '/api/v1/keys/renew')).status).toBe(403)
  })

  test('a bundle of another version is not found under this one', async () => {
    const { admin } = await closedTeam()
    const { id } = (await admin.call('POST', bundles)).json
    await admin.call('POST', '/api/2.0/mlflow/registered-models/create', { name: 'other' })
    const body = { name: 'other', source: 's3://b/m' }
    await admin.call('POST', '/api/2.0/mlflow/model-versions/create', body)
    const other = `/api/v1/models/other/versions/1/bundle.zip?bundle=${id}`
    expect((await admin.call('GET', other)).status).toBe(404)
    for (const odd of ['0', '-1', 'x', '1.5', '99999999999999999999']) {
      expect((await admin.call('GET', `${zip}?bundle=${odd}`)).status, odd).toBe(400)
    }
  })
})
