import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { sweepScans } from '../../../src/artifacts/scan/scan-manifests.ts'
import { isUnchanged, takeSnapshot } from '../../../src/governance/promotions/snapshot.ts'
import { systemContext } from '../../../src/platform/context.ts'
import { governedServer } from '../../support/governed-server.ts'
import { testServer } from '../../support/server.ts'
import samples from './samples.json' with { type: 'json' }

const proxy = '/api/2.0/mlflow-artifacts/artifacts'
const scanPath = '/api/v1/models/m/versions/1/scan'
const bytesOf = (name: keyof typeof samples) =>
  Uint8Array.from(atob(samples[name].base64), (char) => char.charCodeAt(0))

/** A version of these files, with a policy of one gate. */
async function scannedServer(files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>) {
  const s = await testServer()
  const { post } = s
  const run = await post('runs/create', { experiment_id: '0', start_time: 1 })
  const { run_id, artifact_uri } = run.json.run.info
  const folder = `${artifact_uri.replace('mlflow-artifacts:/', '')}/model`
  for (const [path, content] of Object.entries(files)) {
    await s.app.request(`${proxy}/${folder}/${path}`, { method: 'PUT', body: content })
  }
  await post('registered-models/create', { name: 'm' })
  await post('model-versions/create', { name: 'm', source: `${artifact_uri}/model`, run_id })
  await s.call('PUT', '/api/v1/policies/p', {
    applies_to: { models: '*', stage: 'Production' },
    gates: [{ name: 'safe', type: 'scan' }],
  })
  const judged = async (draft?: object) => {
    const { json } = await s.call('POST', '/api/v1/policies/evaluate', {
      ...{ model: 'm', version: '1', to: { stage: 'Production' } },
      ...(draft && {
        policy: {
          applies_to: { models: '*', stage: 'Production' },
          gates: [{ name: 'safe', type: 'scan', ...draft }],
        },
      }),
    })
    return `${json.gates[0].status}: ${json.gates[0].detail}`
  }
  return { ...s, judged, scan: async () => (await s.call('GET', scanPath)).json }
}

test('a scan gate waits for the scan, and then goes by what was found', async () => {
  const s = await scannedServer({
    'model.pkl': bytesOf('lambda.pkl'),
    'code/util.py': new TextEncoder().encode('x = 1'),
  })
  expect(await s.scan()).toMatchObject({ status: 'pending', files: 2, waiting: 2 })
  // A name tells by itself.
  expect(await s.judged()).toBe('failed: code/util.py is a program')
  expect(await s.judged({ allow_files: ['*.py'] })).toBe(
    'pending: 2 of 2 files are not scanned yet',
  )
  await sweepScans(s.platform)
  expect(await s.scan()).toMatchObject({ status: 'scanned', waiting: 0 })
  expect((await s.scan()).findings).toHaveLength(4)
  expect(await s.judged({ allow_files: ['*.py'] })).toMatch(
    /^failed: model.pkl imports cloudpickle.cloudpickle._make_function; /,
  )
  expect(await s.judged({ allow: ['cloudpickle'], allow_files: ['code/*'] })).toBe(
    'passed: 2 files scanned; nothing runs when they are loaded that is not allowed',
  )
  expect(await s.judged({ allow: ['cloud'], allow_files: ['code/*'] })).toMatch(/^failed/)
})

test('a module that is allowed does not allow what is dangerous, and its whole name does', async () => {
  const s = await scannedServer({ 'model.pkl': bytesOf('system-p2.pkl') })
  await sweepScans(s.platform)
  expect(await s.judged()).toBe('failed: model.pkl imports posix.system')
  expect(await s.judged({ allow: ['posix'] })).toBe('failed: model.pkl imports posix.system')
  expect(await s.judged({ allow: ['posix.system'] })).toMatch(/^passed/)
  const dotted = await scannedServer({ 'model.pkl': bytesOf('extension.pkl') })
  await sweepScans(dotted.platform)
  expect(await dotted.judged({ allow: ['a name made while loading'] })).toMatch(/^failed/)
})

test('what could not be read fails the gate, and is read again when somebody asks', async () => {
  const s = await scannedServer({ 'model.pkl': bytesOf('plain.pkl') })
  const kept = s.platform.blobs.get
  s.platform.blobs.get = async () => undefined
  await sweepScans(s.platform)
  s.platform.blobs.get = kept
  expect(await s.judged()).toBe('failed: model.pkl could not be read: its stored bytes are lost')
  expect((await s.call('POST', scanPath)).json).toMatchObject({ status: 'pending' })
  await sweepScans(s.platform)
  expect(await s.judged()).toMatch(/^passed: 1 files/)
})

test('a judgement falls when a file was scanned after it', async () => {
  const s = await scannedServer({ 'a.bin': bytesOf('words.txt') })
  const ctx = systemContext(s.platform)
  const id = await s.platform.db.first(sql<{ id: number }>`select id from model_versions`)
  const snapshot = await takeSnapshot(ctx, {
    modelVersionId: id?.id ?? 0,
    target: { stage: 'Production' },
    requester: ctx.principal,
  })
  if (!snapshot) throw new Error('no such version')
  const holds = async () =>
    (await s.platform.db.first(sql<{ ok: number }>`select ${isUnchanged(snapshot.mark)} as ok`))?.ok
  expect(await holds()).toBe(1)
  await sweepScans(s.platform)
  expect(await holds()).toBe(0)
})

test('equal files are scanned once, many files in several runs, and two sweeps do no harm', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 70 }, (_, i) => [`f${i}.bin`, new TextEncoder().encode(`text ${i % 60}`)]),
  )
  const s = await scannedServer(files)
  await Promise.all([sweepScans(s.platform), sweepScans(s.platform)])
  for (let i = 0; i < 3; i++) await sweepScans(s.platform)
  expect(await s.scan()).toMatchObject({ status: 'scanned', files: 70, waiting: 0, findings: [] })
  const kept = await s.platform.db.first(sql<{ n: number }>`select count(*) as n from file_scans`)
  expect(kept?.n).toBe(60)
  const queue = await s.platform.db.first(
    sql<{ n: number }>`select count(*) as n from manifests_to_scan`,
  )
  expect(queue?.n).toBe(0)
})

test('a version that is not sealed fails a scan gate, and its scan says so', async () => {
  const s = await governedServer()
  await s.version(s.admin, 'm')
  await s.policy('p', { gates: [{ name: 'safe', type: 'scan' }] })
  expect((await s.admin('GET', scanPath)).json).toMatchObject({ status: 'not_sealed', files: 0 })
  expect((await s.admin('POST', scanPath)).status).toBe(400)
  const { json } = await s.admin('POST', '/api/v1/policies/evaluate', {
    ...{ model: 'm', version: '1', to: { stage: 'Production' } },
  })
  expect(json.gates[0].detail).toBe('the version is not sealed: its files are not kept here')
})

test('what is asked for again while a sweep reads it is read again, too', async () => {
  const s = await scannedServer({
    'a.pkl': bytesOf('plain.pkl'),
    'b.pkl': bytesOf('system-p2.pkl'),
  })
  const kept = s.platform.blobs.get
  let reads = 0
  s.platform.blobs.get = async (...given) => {
    // The first file is lost; by the time of the second one somebody has brought it back and asks again.
    if (++reads === 1) return undefined
    s.platform.blobs.get = kept
    await s.call('POST', scanPath)
    return kept.apply(s.platform.blobs, given)
  }
  await sweepScans(s.platform)
  await sweepScans(s.platform)
  expect(await s.scan()).toMatchObject({ status: 'scanned', waiting: 0 })
  expect(await s.judged()).toBe('failed: b.pkl imports posix.system')
})

test('a file that cannot be read does not pass a scan gate', async () => {
  const s = await scannedServer({ 'model.joblib': bytesOf('arrays-xz.joblib') })
  expect(await s.judged()).toBe('pending: 1 of 1 files are not scanned yet')
  await sweepScans(s.platform)
  expect(await s.judged()).toMatch(/^failed: model\.joblib .*compressed in a way that is not read/)
  expect(await s.judged({ allow: ['joblib', 'sklearn'] })).toMatch(/^failed: model\.joblib /)
  expect(await s.judged({ allow_files: ['*.joblib'] })).toMatch(/^passed: /)
})
