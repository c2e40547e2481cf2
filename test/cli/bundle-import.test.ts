import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unzipSync, type Zippable, zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { client, serverAt } from '../support/client.ts'
import { type DevAndProd, password, startDevAndProd } from '../support/dev-and-prod.ts'
import { runHere } from '../support/program.ts'

const release = 'https://gatehouse.example/attestation/release/v1'
let dev: DevAndProd['dev']
let prod: DevAndProd['prod']
let root: DevAndProd['root']
let register: DevAndProd['register']
let tokenOf: DevAndProd['tokenOf']
let stop: DevAndProd['stop']
let folder: string
/** The public key of the first server, in a file. */
let key: string
/** Of the administrator of the second one. */
let token: string

beforeAll(async () => {
  ;({ dev, prod, root, register, tokenOf, stop } = await startDevAndProd())
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-import-'))
  key = join(folder, 'key.pem')
  token = await tokenOf('admin')
}, 60_000)

afterAll(() => stop())

/** A bundle of version 1 of a new model of the first server. */
async function bundleOf(name: string, contents: Readonly<Record<string, Buffer>>) {
  await register(name, contents)
  return bundleAgain(name)
}

async function bundleAgain(name: string, file = join(folder, `${name}.zip`)): Promise<string> {
  const env = { GATEHOUSE_SERVER: dev.url }
  const made = await runHere(['bundle', 'create', `models:/${name}/1`, '-o', file], { env })
  expect([made.code, made.err]).toEqual([0, ''])
  await writeFile(key, (await runHere(['bundle', 'keys', '--pem'], { env })).out)
  return file
}

function bringIn(file: string, args: readonly string[] = ['--key', key], by = token) {
  const env = { GATEHOUSE_SERVER: prod.url, MLFLOW_TRACKING_TOKEN: by }
  return runHere(['bundle', 'import', file, '--json', ...args], { env })
}

const of = (name: string, version = 1) => `/api/v1/models/${name}/versions/${version}`

test('a version comes in with files, facts, card, and the same digest, once', async () => {
  const file = await bundleOf('fraud', {
    ...{ 'weights.bin': randomBytes(300_000), 'sub/ä b.txt': Buffer.from('x') },
    ...{ empty: Buffer.of(), '.gitattributes': Buffer.from('* binary\n') },
  })
  await dev.post('model-versions/set-tag', { name: 'fraud', version: '1', key: 'team', value: 'x' })
  await bundleAgain('fraud', file)
  const first = await bringIn(file)
  expect([first.code, first.err]).toEqual([0, ''])
  const came = JSON.parse(first.out)
  expect(came).toMatchObject({ model: 'fraud', version: '1', added: true, sent: 4, known: 0 })
  const [here, there] = [await dev.call('GET', of('fraud')), await root.call('GET', of('fraud'))]
  expect(there.json.digest).toBe(here.json.digest)
  expect(there.json).toMatchObject({
    ...{ stage: 'None', description: 'tuned' },
    tags: { team: 'x', 'gatehouse.transferred_from': `${dev.url} models:/fraud/1` },
  })
  expect((await root.call('GET', `${of('fraud')}/facts`)).json).toMatchObject({
    ...{ metrics: { accuracy: 0.93 }, params: { depth: '7' }, run_name: 'tuned' },
    ...{ code_version: 'abc', experiment: 'imported-fraud' },
    datasets: [{ name: 'claims', digest: 'd1', source_type: 'local', source: '/claims' }],
  })
  expect((await root.call('GET', `${of('fraud')}/card`)).json.card.intended_use).toBe(
    'claims of cars',
  )
  expect((await root.call('POST', `${of('fraud')}/verify`)).json).toMatchObject({ ok: true })

  // Packed anew it is the same bundle, and brings nothing a second time.
  await writeFile(file, zipSync(unzipSync(new Uint8Array(await readFile(file)))))
  const again = await bringIn(file)
  expect(JSON.parse(again.out)).toMatchObject({
    ...{ version: '1', added: false, bundle: came.bundle, entry_there: came.entry_there },
    ...{ sent: 1, sent_bytes: 0, known: 3 },
  })
  // So does a newer bundle of the same version.
  await dev.post('registered-models/alias', { name: 'fraud', version: '1', alias: 'live' })
  const newer = JSON.parse((await bringIn(await bundleAgain('fraud'))).out)
  expect(newer).toMatchObject({ version: '1', added: false, entry_there: came.entry_there })
  expect(newer.bundle).not.toBe(came.bundle)
  expect((await root.call('GET', of('fraud', 2))).status).toBe(404)
})

test('two who bring the same bundle at once make one version, as does a database without a server', async () => {
  const file = await bundleOf('twice', { a: randomBytes(1000), b: randomBytes(1000) })
  const both = await Promise.all([bringIn(file), bringIn(file)])
  expect(both.map(({ err }) => err)).toEqual(['', ''])
  const came = both.map(({ out }) => JSON.parse(out))
  expect(came.map(({ version }) => version)).toEqual(['1', '1'])
  expect(came.map(({ added }) => added).sort()).toEqual([false, true])
  const data = join(folder, 'data')
  const alone = ['bundle', 'import', file, '--key', key, '--data', data, '--json']
  const first = await runHere([...alone, '--as', 'other'])
  expect(JSON.parse(first.out)).toMatchObject({ model: 'other', version: '1', added: true })
  expect(JSON.parse((await runHere([...alone, '--as', 'other'])).out).added).toBe(false)
})

test('an older bundle that comes later puts no older metrics in the place of newer', async () => {
  const older = await bundleOf('turned', { a: Buffer.from('turned') })
  const { run_id } = (await dev.call('GET', `${of('turned')}/facts`)).json
  const metrics = [{ key: 'accuracy', value: 0.5, timestamp: 6, step: 0 }]
  await dev.post('runs/log-batch', { run_id, metrics })
  const newer = await bundleAgain('turned', join(folder, 'turned-again.zip'))
  for (const file of [newer, older, newer, older]) {
    const came = await bringIn(file)
    expect([came.code, came.err]).toEqual([0, ''])
    expect(JSON.parse(came.out).key).toMatch(/^\w{64}$/)
    const facts = (await root.call('GET', `${of('turned')}/facts`)).json
    expect(facts.metrics).toEqual({ accuracy: 0.5 })
    expect(facts.late_metrics).toBeUndefined()
  }
  const there = (await root.call('GET', `${of('turned')}/facts`)).json.run_id
  const history = await root.get(`metrics/get-history?run_id=${there}&metric_key=accuracy`)
  expect(history.json.metrics).toHaveLength(2)
})

test('both audit logs name the bundle', async () => {
  const file = await bundleOf('logged', { a: Buffer.from('a') })
  const came = JSON.parse((await bringIn(file)).out)
  const entries = async (at: DevAndProd['root'], action: string) =>
    (await at.call('GET', `/api/v1/audit?model=logged&action=${action}`)).json.items
  const [made] = await entries(root, 'model_version.created')
  expect(made).toMatchObject({ seq: came.entry_there, actor: { name: 'admin' } })
  expect(made.after.transferred_from).toEqual({
    ...{ server: dev.url, model: 'logged', version: '1', bundle: came.bundle },
  })
  const [signed] = await entries(dev, 'model_version.signed')
  expect(signed.after.digest).toBe(came.bundle)
  const verified = await runHere(['bundle', 'verify', file, '--key', key, '--json'])
  expect(JSON.parse(verified.out).bundle).toBe(came.bundle)
})

test('a policy there lets in only what the trusted server released', async () => {
  await root.call('PUT', '/api/v1/policies/released', {
    applies_to: { models: 'released*', stage: 'Production' },
    gates: [{ name: 'released', type: 'attestation', predicate: release, key: 'dev' }],
  })
  const file = await bundleOf('released', { a: Buffer.from('released') })
  const stage = ['--key', key, '--stage', 'Production']
  const waits = await bringIn(file, stage)
  expect([waits.code, JSON.parse(waits.out).status]).toEqual([3, 'open'])
  expect(waits.err).toMatch(
    /not kept there: attestations\/release.*: the key \w{64} is not trusted/,
  )
  expect(waits.err).toContain('gatehouse trusted-keys set')
  const none = await bringIn(file, [])
  expect([none.code, none.err]).toEqual([1, expect.stringContaining('the server trusts no keys')])

  const pem = await readFile(key, 'utf8')
  expect((await root.call('PUT', '/api/v1/trusted-keys/dev', { pem })).status).toBe(200)
  // Without a key given it is verified by those that the server trusts.
  const merged = await bringIn(file, ['--stage', 'Production'])
  expect([merged.code, JSON.parse(merged.out).status]).toEqual([0, 'merged'])
  expect(merged.err).toContain('attestations that came along: attestations/release')
  const kept = (await root.call('GET', `${of('released')}/attestations`)).json.items
  expect(kept.map((one: { key: string }) => one.key)).toEqual(['dev', 'dev', 'dev'])
  const again = JSON.parse((await bringIn(file)).out)
  expect([again.added, again.attestations_left]).toEqual([false, []])
  expect((await root.call('GET', `${of('released')}/attestations`)).json.items).toHaveLength(3)
  expect((await root.call('DELETE', '/api/v1/trusted-keys/dev')).status).toBe(200)
})

describe('what does not verify is refused before anything is written', () => {
  test('whatever of it was changed', async () => {
    const file = await bundleOf('tampered', { 'a.bin': Buffer.from('aaaa'), b: Buffer.from('b') })
    const files = unzipSync(new Uint8Array(await readFile(file)))
    const other = unzipSync(
      new Uint8Array(await readFile(await bundleOf('tampered2', { c: Buffer.from('c') }))),
    )
    const flipped = (path: string): Zippable => {
      const bytes = Uint8Array.from(files[path] ?? [])
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
      return { ...files, [path]: bytes }
    }
    const { 'model/b': _, ...fewer } = files
    const text = new TextEncoder().encode('x')
    const cases: readonly [Zippable, string][] = [
      ...['model/a.bin', 'version.json', 'card.json', 'mlbom.cdx.json', 'model.sig'].map(
        (path): [Zippable, string] => [flipped(path), 'changed'],
      ),
      [flipped('attestations/release.sigstore.json'), ''],
      [flipped('manifest.json'), ''],
      [{ ...files, 'manifest.json': other['manifest.json'] ?? text }, 'about other files'],
      [{ ...other, 'manifest.json': files['manifest.json'] ?? text }, 'about other files'],
      [{ ...files, 'model/evil.py': text }, 'in no list that was signed'],
      [fewer, 'is missing'],
      [{ ...files, '../evil': text }, 'leads elsewhere'],
      [{ ...files, 'model/b': [text, { os: 3, attrs: 0o120777 << 16 }] }, 'is a link'],
      [{ ...files, 'model/b': [new Uint8Array(5_000_000), { level: 9 }] }, 'is larger'],
    ]
    const before = (await root.call('GET', '/api/v1/audit?max_results=1')).json.items[0].seq
    const bad = join(folder, 'bad.zip')
    for (const [zip, why] of cases) {
      await writeFile(bad, zipSync(zip))
      const { code, out, err } = await bringIn(bad)
      expect([code, out, err]).toEqual([1, '', expect.stringContaining(why)])
      expect(err).toContain('does not verify, and nothing was sent')
    }
    await writeFile(bad, 'no zip')
    expect((await bringIn(bad)).err).toContain('no zip that can be read')
    expect((await bringIn(join(folder, 'none.zip'))).err).toContain('there is no file')
    const strange = join(folder, 'strange.pem')
    const prodKey = await root.call('POST', '/api/v1/keys/renew')
    await writeFile(strange, prodKey.json.pem)
    expect((await bringIn(file, ['--key', strange])).err).toContain('none of those given')
    expect((await root.call('GET', '/api/v1/audit?max_results=2')).json.items[1].seq).toBe(before)
    expect((await root.get('registered-models/get?name=tampered')).status).toBe(404)
  }, 120_000)

  test('and so is who may not register it', async () => {
    const file = await bundleOf('closed', { a: Buffer.from('closed') })
    expect((await bringIn(file)).code).toBe(0)
    await root.call('POST', '/api/2.0/mlflow/users/create', { username: 'eve', password })
    const body = { username: 'eve', resource_type: 'registered_model', resource_id: 'closed' }
    await root.post3('users/permissions/grant', { ...body, permission: 'DENY' })
    const refused = await bringIn(file, ['--key', key], await tokenOf('eve'))
    expect([refused.code, refused.out]).toEqual([1, ''])
    expect((await root.call('GET', of('closed', 2))).status).toBe(404)
    const unknown = await bringIn(file, ['--key', key], 'wrong')
    expect([unknown.code, unknown.out]).toEqual([1, ''])
    const eve = client(serverAt(prod.url), { authorization: 'Bearer wrong' })
    expect((await eve.call('GET', of('closed'))).status).toBe(401)
  })
})
