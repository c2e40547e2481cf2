import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { sweepScans } from '../../../src/artifacts/scan/scan-manifests.ts'
import { sweepFlags } from '../../../src/registry/files/sweep-flags.ts'
import { deliverDue } from '../../../src/webhooks/delivery/deliver.ts'
import samples from '../../artifacts/scan/samples.json' with { type: 'json' }
import { Receivers } from '../../support/receiver.ts'
import { testServer } from '../../support/server.ts'

const proxy = '/api/2.0/mlflow-artifacts/artifacts'

/** A server that keeps files, with the models `m` and `copy`. */
async function flagging() {
  const receivers = new Receivers()
  const s = await testServer({ outbound: receivers })
  for (const name of ['m', 'copy']) await s.post('registered-models/create', { name })
  /** A version of `m` with these files; what it was sealed from is gone afterwards. */
  const register = async (files: Readonly<Record<string, string>>) => {
    const run = await s.post('runs/create', { experiment_id: '0', start_time: 1 })
    const { run_id, artifact_uri } = run.json.run.info
    const folder = `${artifact_uri.replace('mlflow-artifacts:/', '')}/model`
    for (const [path, base64] of Object.entries(files)) {
      const body = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
      await s.app.request(`${proxy}/${folder}/${path}`, { method: 'PUT', body })
    }
    const made = await s.post('model-versions/create', {
      ...{ name: 'm', source: `${artifact_uri}/model`, run_id },
    })
    expect(made.status, made.text).toBe(200)
  }
  const told = async () => {
    const { json } = await s.call('GET', '/api/v1/audit?action=model_version.flagged')
    return json.items.map(
      ({ model, version, after }: { model: string; version: string; after: { count: number } }) =>
        `${model} ${version}: ${after.count}`,
    )
  }
  /** All that is due, by two processes at once. */
  const work = async () => {
    await sweepScans(s.platform)
    await Promise.all([sweepFlags(s.platform), sweepFlags(s.platform)])
    await sweepFlags(s.platform)
  }
  return { ...s, receivers, register, told, work }
}

const plain = btoa('weights')
const code = btoa('x = 1')

test('a version with findings is told of once, in the audit log and by webhooks', async () => {
  const s = await flagging()
  await s.call('POST', '/api/v1/webhooks', {
    ...{ name: 'hook', url: 'https://hooks.example/', events: ['model_version.flagged'] },
  })
  await s.register({ 'model.pkl': samples['lambda.pkl'].base64, 'code/util.py': code })
  await s.register({ 'weights.bin': plain })
  await sweepFlags(s.platform)
  expect(await s.told()).toEqual([])
  await s.work()
  await s.work()
  expect(await s.told()).toEqual(['m 1: 4'])
  await deliverDue(s.platform)
  expect(s.receivers.received.map(({ json }) => json)).toMatchObject([
    {
      type: 'model_version.flagged',
      model: 'm',
      version: '1',
      after: {
        count: 4,
        findings: expect.arrayContaining([
          { path: 'code/util.py', what: 'code', detail: 'code/util.py' },
        ]),
      },
    },
  ])
})

test('copies and links of a version with findings are told of, though their files were read before', async () => {
  const s = await flagging()
  await s.register({ 'util.py': code })
  await s.work()
  await s.post('model-versions/create', { name: 'copy', source: 'models:/m/1' })
  await s.call('PUT', '/api/v1/collections/all', {})
  await s.call('POST', '/api/v1/collections/all/links', { model: 'm', version: '1' })
  await s.work()
  expect(await s.told()).toEqual(['all 1: 1', 'copy 1: 1', 'm 1: 1'])
})

test('a scan again is told of only where it found something else', async () => {
  const s = await flagging()
  await s.register({ 'util.py': code, 'model.pkl': btoa('\x80\x04cut') })
  await s.work()
  expect(await s.told()).toEqual(['m 1: 2'])
  const again = () => s.call('POST', '/api/v1/models/m/versions/1/scan')
  expect((await again()).status).toBe(200)
  await sweepFlags(s.platform)
  await s.work()
  expect(await s.told()).toEqual(['m 1: 2'])
  await again()
  await sweepScans(s.platform)
  await s.platform.db.all(sql`update file_scans set id = id + 1000, scan = '{"imports":[],"found":[]}'
    where scan ->> 'unread' is not null`)
  await s.work()
  expect(await s.told()).toEqual(['m 1: 1', 'm 1: 2'])
})

test('a version that is deleted before it is told of leaves nothing to do', async () => {
  const s = await flagging()
  await s.register({ 'util.py': code })
  await sweepScans(s.platform)
  await s.call('DELETE', '/api/2.0/mlflow/model-versions/delete', { name: 'm', version: '1' })
  await s.work()
  expect(await s.told()).toEqual([])
  expect(await s.platform.db.all(sql`select 1 from version_flags`)).toEqual([])
})
