import { describe, expect, test, vi } from 'vitest'
import { makePrivateKey } from '../../src/attestations/key-pair.ts'
import { givenBundleKey } from '../../src/platform/bundle-key.ts'
import {
  type BundleFiles,
  filesOfZip,
  statementIn,
  textIn,
  verifyFiles,
} from '../support/bundle-files.ts'
import { bundleKeyInMemory } from '../support/bundle-key.ts'
import { cardServer, fullCard } from '../support/card-server.ts'
import { sixteen } from '../support/registry-server.ts'

const bundles = '/api/v1/models/fraud/versions/1/bundles'
const zip = '/api/v1/models/fraud/versions/1/bundle.zip'

const files = {
  MLmodel: 'flavors: {}\n',
  'code/umläut mit blank.py': 'print(1)\n',
  '.gitattributes': '* binary\n',
}

/** A server with version 1 of `fraud`, sealed. */
async function sealedServer(...overrides: Parameters<typeof cardServer>) {
  const server = await cardServer(...overrides)
  await server.createModel('fraud')
  const { runId } = await server.seal('fraud', files)
  await server.post('runs/log-metric', {
    run_id: runId,
    key: 'auc',
    value: 1,
    timestamp: 1,
    step: 0,
  })
  return { ...server, runId, ...bundleCalls(server) }
}

function bundleCalls({ call, send }: Awaited<ReturnType<typeof cardServer>>) {
  return {
    make: () => call('POST', bundles),
    async fetchFiles(id?: string): Promise<BundleFiles> {
      const res = await send('GET', id === undefined ? zip : `${zip}?bundle=${id}`)
      expect(res.status).toBe(200)
      const bytes = await res.arrayBuffer()
      expect(res.headers.get('content-length')).toBe(String(bytes.byteLength))
      return filesOfZip(bytes)
    },
    pems: async (): Promise<string[]> => {
      const { json } = await call('GET', '/api/v1/keys')
      return json.items.map(({ pem }: { pem: string }) => pem)
    },
  }
}

describe('a bundle of a version', () => {
  test('holds files, evidence and signatures, and verifies by the published key', async () => {
    const { platform, make, fetchFiles, pems, putCard, transition, runId } = await sealedServer()
    await putCard('fraud', { revision: 0, card: fullCard })
    await transition('fraud', '1', 'Production')
    const made = await make()
    expect(made.status).toBe(201)
    expect(made.json).toMatchObject({ model: 'fraud', version: '1', has_runs: true })
    const found = await fetchFiles()
    expect(Object.keys(found).sort()).toEqual([
      'attestations/provenance.sigstore.json',
      'attestations/release.sigstore.json',
      'audit-head.json',
      'audit.jsonl',
      'card.json',
      'card.md',
      'key.pem',
      'manifest.json',
      'mlbom.cdx.json',
      'model.sig',
      'model/.gitattributes',
      'model/MLmodel',
      'model/code/umläut mit blank.py',
      'model/weights.bin',
      'version.json',
    ])
    expect(await verifyFiles(platform, found, await pems())).toMatchObject({
      model: 'fraud',
      version: '1',
      digest: made.json.digest,
      key: { hint: made.json.key },
    })
    const release = statementIn(found, 'attestations/release.sigstore.json').predicate
    expect(release).toMatchObject({ stage: 'Production', runId, card: { revision: 1 } })
    const provenance = statementIn(found, 'attestations/provenance.sigstore.json').predicate
    expect(provenance.runDetails.metadata.invocationId).toBe(runId)
    const names = statementIn(found, 'model.sig').predicate.resources
    expect(names.map(({ name }: { name: string }) => name)).toEqual([
      'MLmodel',
      'code/umläut mit blank.py',
      'weights.bin',
    ])
    const actions = textIn(found, 'audit.jsonl')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(actions.map(({ action }) => action)).toContain('model_version.transitioned')
    expect(actions.every(({ chain_hash }) => chain_hash !== undefined)).toBe(true)
  })

  test('has the same bytes each time, and the next one tells of what happened since', async () => {
    const { make, fetchFiles, transition, call } = await sealedServer()
    const first = await make()
    const before = await fetchFiles()
    expect(await fetchFiles()).toEqual(before)
    await transition('fraud', '1', 'Staging')
    const second = await make()
    expect(await fetchFiles(first.json.id)).toEqual(before)
    const release = statementIn(await fetchFiles(), 'attestations/release.sigstore.json').predicate
    expect(release.stage).toBe('Staging')
    const { json } = await call('GET', bundles)
    expect(json.items.map(({ id }: { id: string }) => id)).toEqual([second.json.id, first.json.id])
  })

  test('is made sixteen times at once, with one key', async () => {
    const { make, call } = await sealedServer()
    const made = await sixteen(make)
    expect(made.map(({ status }) => status)).toEqual(Array(16).fill(201))
    expect(new Set(made.map(({ json }) => json.key)).size).toBe(1)
    expect((await call('GET', '/api/v1/keys')).json.items).toHaveLength(1)
  })

  test('is refused for a version that is not sealed, and for none', async () => {
    const { createVersion, call } = await sealedServer()
    await createVersion('fraud')
    const unsealed = await call('POST', '/api/v1/models/fraud/versions/2/bundles')
    expect([unsealed.status, unsealed.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    expect((await call('POST', '/api/v1/models/fraud/versions/9/bundles')).status).toBe(404)
    expect((await call('GET', '/api/v1/models/fraud/versions/2/bundle.zip')).status).toBe(404)
  })

  test('goes with its version', async () => {
    const { make, del, call, send } = await sealedServer()
    const { id } = (await make()).json
    await del('model-versions/delete', { name: 'fraud', version: '1' })
    expect((await send('GET', `${zip}?bundle=${id}`)).status).toBe(404)
    expect((await call('GET', bundles)).status).toBe(404)
  })

  test('is not made where a version changes while it is signed', async () => {
    const { platform, make, transition } = await sealedServer()
    const stored = platform.db
    let moves = 0
    const db = {
      all: (query: Parameters<typeof stored.all>[0]) => stored.all(query),
      first: (query: Parameters<typeof stored.first>[0]) => stored.first(query),
      // What keeps a bundle comes after all of it was read.
      batch: async (queries: Parameters<typeof stored.batch>[0]) => {
        if ('parts' in queries && moves++ < 2) {
          await transition('fraud', '1', moves === 1 ? 'Staging' : 'Production')
        }
        return stored.batch(queries)
      },
    }
    Object.assign(platform, { db })
    expect((await make()).status).toBe(201)
    expect(moves).toBe(3)
  })

  test('is cut off where stored bytes are damaged', async () => {
    const { platform, make, send } = await sealedServer()
    await make()
    const stored = platform.blobs
    const blobs = Object.create(stored, {
      get: {
        value: async (...args: Parameters<typeof stored.get>) => {
          const found = await stored.get(...args)
          return found && { ...found, body: new Blob(['x'.repeat(found.sizeBytes)]).stream() }
        },
      },
    })
    Object.assign(platform, { blobs })
    const res = await send('GET', zip)
    await expect(res.arrayBuffer()).rejects.toThrow()
  })
})

describe('verifying', () => {
  async function madeBundle() {
    const server = await sealedServer()
    await server.make()
    return { ...server, files: await server.fetchFiles(), keys: await server.pems() }
  }
  const bytes = (text: string) => new TextEncoder().encode(text)

  test('finds each file that was changed, taken out or put in', async () => {
    const { platform, files, keys } = await madeBundle()
    for (const path of Object.keys(files)) {
      if (path === 'key.pem') continue
      const [first = 0, ...rest] = files[path] ?? []
      const changed = { ...files, [path]: Uint8Array.from([first ^ 1, ...rest]) }
      expect(await verifyFiles(platform, changed, keys), path).toBeInstanceOf(Array)
      const { [path]: _gone, ...fewer } = files
      expect(await verifyFiles(platform, fewer, keys), path).toBeInstanceOf(Array)
    }
    for (const path of ['model/evil.py', 'attestations/gates.sigstore.json', 'extra.txt']) {
      const more = { ...files, [path]: bytes('{}') }
      expect(await verifyFiles(platform, more, keys), path).toBeInstanceOf(Array)
    }
  })

  test('refuses a key of another server, and signatures of another version', async () => {
    const { platform, files, keys, seal, call, send } = await madeBundle()
    const other = await madeBundle()
    expect(await verifyFiles(platform, other.files, keys)).toEqual([
      expect.stringContaining('none of those given'),
    ])
    await seal('fraud', { other: '1' })
    await call('POST', '/api/v1/models/fraud/versions/2/bundles')
    const res = await send('GET', '/api/v1/models/fraud/versions/2/bundle.zip')
    const second = filesOfZip(await res.arrayBuffer())
    for (const path of ['model.sig', 'attestations/release.sigstore.json', 'manifest.json']) {
      const swapped = { ...files, [path]: second[path] ?? new Uint8Array() }
      expect(await verifyFiles(platform, swapped, keys), path).toBeInstanceOf(Array)
    }
    // All of another version but one of its files.
    expect(await verifyFiles(platform, { ...second, 'model/other': bytes('2') }, keys)).toEqual([
      "'model/other' was changed",
    ])
  })

  test('refuses what is no bundle, in words', async () => {
    const { platform, files, keys } = await madeBundle()
    expect(await verifyFiles(platform, {}, keys)).toEqual(['it has no manifest.json'])
    const broken: readonly [string, string][] = [
      ['manifest.json', '[]{'],
      ['manifest.json', '{"path": 1}'],
      ['manifest.json', '[{"path":"../x","sha256":"00","size":1}]'],
      ['attestations/release.sigstore.json', '{}'],
      ['attestations/release.sigstore.json', 'null'],
      ['attestations/release.sigstore.json', '\uFEFF{}'],
    ]
    for (const [path, text] of broken) {
      const found = await verifyFiles(platform, { ...files, [path]: bytes(text) }, keys)
      expect(found, text).toEqual([expect.stringContaining(path)])
    }
  })
})

describe('the key of bundles', () => {
  test('is renewed, and bundles of the old one still verify', async () => {
    const { platform, make, fetchFiles, call, pems } = await sealedServer()
    const old = await make()
    const files = await fetchFiles()
    const renewed = await call('POST', '/api/v1/keys/renew')
    expect(renewed.status).toBe(201)
    const { items } = (await call('GET', '/api/v1/keys')).json
    expect(items).toEqual([
      expect.objectContaining({ hint: renewed.json.hint }),
      expect.objectContaining({ hint: old.json.key, until: expect.any(Number) }),
    ])
    expect(items[0]).not.toHaveProperty('until')
    expect((await make()).json.key).toBe(renewed.json.hint)
    expect(await fetchFiles(old.json.id)).toEqual(files)
    expect(await verifyFiles(platform, files, await pems())).toMatchObject({ version: '1' })
  })

  test('is renewed by several at once, and signs meanwhile and afterwards', async () => {
    const { make, call } = await sealedServer()
    await make()
    const renew = () => call('POST', '/api/v1/keys/renew')
    const done = await sixteen((i) => (i % 4 === 0 ? renew() : make()))
    const renewed = done.filter((_, i) => i % 4 === 0)
    expect(done.filter((_, i) => i % 4 !== 0).map(({ status }) => status)).toEqual(
      Array(12).fill(201),
    )
    const { items } = (await call('GET', '/api/v1/keys')).json
    // Whoever came second was told, and made no key.
    expect(renewed.filter(({ status }) => status === 201)).toHaveLength(items.length - 1)
    expect(items.length).toBeGreaterThan(1)
    for (const { status, json } of renewed) {
      if (status !== 201) expect([status, json.error_code]).toEqual([409, 'RESOURCE_CONFLICT'])
    }
    expect(items.filter(({ until }: { until?: number }) => until === undefined)).toHaveLength(1)
    expect((await make()).json.key).toBe(items[0].hint)
  })

  test('is renewed once by two who saw the same key', async () => {
    const { platform, make, call } = await sealedServer()
    await make()
    const { bundleKey } = platform
    // The second renews between what the first reads and writes.
    let isFirst = true
    const keep = async (hint: string, pkcs8: string) => {
      if (isFirst) {
        isFirst = false
        expect((await call('POST', '/api/v1/keys/renew')).status).toBe(201)
      }
      await bundleKey.next?.keep(hint, pkcs8)
    }
    Object.assign(platform, { bundleKey: { ...bundleKey, next: { ...bundleKey.next, keep } } })
    const refused = await call('POST', '/api/v1/keys/renew')
    expect([refused.status, refused.json.error_code]).toEqual([409, 'RESOURCE_CONFLICT'])
    const { items } = (await call('GET', '/api/v1/keys')).json
    expect(items).toHaveLength(2)
    expect((await make()).json.key).toBe(items[0].hint)
    const entries = await call('GET', '/api/v1/audit?action=bundle_key.published')
    expect(entries.json.items).toHaveLength(2)
  })

  test('signs once it is listed, though whoever renewed it was cut off', async () => {
    const { platform, make, call } = await sealedServer()
    await make()
    const { bundleKey } = platform
    const take = async () => {
      throw new Error('cut off')
    }
    Object.assign(platform, { bundleKey: { ...bundleKey, next: { ...bundleKey.next, take } } })
    const logged = vi.spyOn(console, 'error').mockReturnValue()
    expect((await call('POST', '/api/v1/keys/renew')).status).toBe(500)
    logged.mockRestore()
    Object.assign(platform, { bundleKey })
    const { items } = (await call('GET', '/api/v1/keys')).json
    expect(items).toHaveLength(2)
    expect((await make()).json.key).toBe(items[0].hint)
  })

  test('is not taken over by one that was read before it was renewed', async () => {
    const { platform, make, call } = await sealedServer()
    await make()
    const { bundleKey } = platform
    const { read } = bundleKey
    let reads = 0
    // The first read finds that there is one, the second takes it.
    const slow = async () => {
      const text = await read()
      if (++reads === 2) {
        expect((await call('POST', '/api/v1/keys/renew')).status).toBe(201)
      }
      return text
    }
    Object.assign(platform, { bundleKey: { ...bundleKey, read: slow } })
    expect((await make()).status).toBe(201)
    expect((await make()).status).toBe(201)
  })

  test('is the one that the operator gave, as PEM or on one line, and is not renewed here', async () => {
    const pem = await makePrivateKey()
    const { make, call } = await sealedServer({ bundleKey: givenBundleKey(pem) })
    const { key } = (await make()).json
    const line = pem.replace(/-----.*-----|\n/g, '')
    const again = await sealedServer({ bundleKey: givenBundleKey(line) })
    expect((await again.make()).json.key).toBe(key)
    const escaped = await sealedServer({ bundleKey: givenBundleKey(pem.replaceAll('\n', '\\n')) })
    expect((await escaped.make()).json.key).toBe(key)
    const refused = await call('POST', '/api/v1/keys/renew')
    expect([refused.status, refused.json.error_code]).toEqual([501, 'NOT_IMPLEMENTED'])
    expect(refused.json.message).toContain('GATEHOUSE_BUNDLE_KEY')
  })

  test('that is missing or of another kind is told in words', async () => {
    for (const key of [undefined, 'MAAA']) {
      const { make } = await sealedServer({ bundleKey: givenBundleKey(key) })
      const refused = await make()
      expect([refused.status, refused.json.error_code]).toEqual([501, 'NOT_IMPLEMENTED'])
      expect(refused.json.message).toContain('P-256')
    }
  })

  test('that another one took the place of signs no more', async () => {
    const { platform, make, call } = await sealedServer()
    await make()
    const old = platform.bundleKey
    Object.assign(platform, { bundleKey: bundleKeyInMemory() })
    expect((await make()).status).toBe(201)
    Object.assign(platform, { bundleKey: old })
    const refused = await make()
    expect([refused.status, refused.json.error_code]).toEqual([409, 'RESOURCE_CONFLICT'])
    expect((await call('POST', '/api/v1/keys/renew')).status).toBe(201)
    expect((await make()).status).toBe(201)
  })
})
