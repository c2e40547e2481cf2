import { expect, test } from 'vitest'
import { signStatement } from '../../src/attestations/envelope.ts'
import { makePrivateKey, readKeyPair } from '../../src/attestations/key-pair.ts'
import { readBundledVersion } from '../../src/bundles/verify/bundled-version.ts'
import { givenBundleKey } from '../../src/platform/bundle-key.ts'
import {
  type BundleFiles,
  filesOfZip,
  readerOf,
  statementIn,
  verifyFiles,
} from '../support/bundle-files.ts'
import { cardServer } from '../support/card-server.ts'

const releasePath = 'attestations/release.sigstore.json'

/** A bundle of a version of a run with a metric, a tag and a dataset; it can be signed anew. */
async function madeBundle() {
  const pem = await makePrivateKey()
  const server = await cardServer({ bundleKey: givenBundleKey(pem) })
  const { platform, post, call, send, createModel, createRun, upload, createVersion } = server
  const key = await readKeyPair(platform, pem)
  if (!key) throw new Error('a key was made and cannot be read')
  await createModel('fraud')
  const { runId: run_id, root } = await createRun()
  await post('runs/log-batch', {
    run_id,
    metrics: [{ key: 'auc', value: 0.5, timestamp: 1, step: 0 }],
    params: [{ key: 'depth', value: '7' }],
    tags: [{ key: 'mlflow.source.git.commit', value: 'abc' }],
  })
  const dataset = { name: 'claims', digest: 'd1', source_type: 'local', source: '/claims' }
  const tags = [{ key: 'mlflow.data.context', value: 'training' }]
  await post('runs/log-inputs', { run_id, datasets: [{ dataset, tags }] })
  await upload(`${root}/model/a.bin`, 'a')
  const more = { run_id, description: 'tuned', tags: [{ key: 'team', value: 'x' }] }
  await createVersion('fraud', `${root}/model`, more)
  await call('POST', '/api/v1/models/fraud/versions/1/bundles')
  const res = await send('GET', '/api/v1/models/fraud/versions/1/bundle.zip')
  const files = filesOfZip(await res.arrayBuffer())
  return {
    ...server,
    files,
    /** Verify these files and read what they say of the version. */
    async read(given: BundleFiles) {
      const verified = await verifyFiles(platform, given, [key.pem])
      if (!('model' in verified)) throw new Error(verified.join('; '))
      return readBundledVersion(platform, readerOf(platform, given), verified)
    },
    /** The bundle as if this had been in its release statement. */
    async signAnew(change: (predicate: Record<string, unknown>) => object): Promise<BundleFiles> {
      const statement = statementIn(files, releasePath)
      const predicate = { ...statement.predicate, ...change(statement.predicate) }
      const text = await signStatement({ ...statement, predicate }, key)
      return { ...files, [releasePath]: new TextEncoder().encode(text) }
    },
  }
}

test('what a bundle says of its version is read, with everything that was signed', async () => {
  const { files, read, call } = await madeBundle()
  const found = await read(files)
  expect(found).toMatchObject({
    ...{ model: 'fraud', version: '1', description: 'tuned', tags: { team: 'x' } },
    ...{ server: 'http://localhost', card: undefined },
    run: {
      ...{ params: { depth: '7' }, metrics: { auc: 0.5 } },
      tags: { 'mlflow.source.git.commit': 'abc' },
      datasets: [{ name: 'claims', source_type: 'local', context: 'training' }],
    },
  })
  expect(found.statements.map(({ path }) => path)).toEqual([
    releasePath,
    'model.sig',
    'attestations/provenance.sigstore.json',
  ])
  const signed = await call('GET', '/api/v1/audit?action=model_version.signed')
  expect(signed.json.items[0].after.digest).toBe(found.bundle)
})

test('a bundle of before version.json tells of the run in its card', async () => {
  const { files, read, signAnew } = await madeBundle()
  const { 'version.json': _, ...older } = await signAnew(({ evidence }) => ({
    evidence: (evidence as { name: string }[]).filter(({ name }) => name !== 'version.json'),
  }))
  const found = await read(older)
  expect(found).toMatchObject({
    ...{ description: '', tags: {} },
    run: {
      ...{ params: { depth: '7' }, metrics: { auc: 0.5 } },
      tags: { 'mlflow.source.git.commit': 'abc' },
      datasets: [{ name: 'claims', digest: 'd1', source: '/claims', source_type: '' }],
    },
  })
  expect(found.bundle).not.toBe((await read(files)).bundle)
})

test('what was signed in another form, or changes while it is read, is refused', async () => {
  const { platform, files, read, signAnew } = await madeBundle()
  for (const odd of [
    { issuer: '' },
    { issuer: 7 },
    { issuer: undefined },
    { issuedAt: -1 },
    { issuedAt: 0.5 },
    { issuer: 'x'.repeat(501) },
  ]) {
    await expect(read(await signAnew(() => odd))).rejects.toThrow(releasePath)
  }
  const verified = await verifyFiles(platform, files, [new TextDecoder().decode(files['key.pem'])])
  if (!('model' in verified)) throw new Error(verified.join('; '))
  const later = { ...files, 'version.json': new TextEncoder().encode('{}') }
  await expect(readBundledVersion(platform, readerOf(platform, later), verified)).rejects.toThrow(
    'was changed while it was read',
  )
})
