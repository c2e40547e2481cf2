import { describe, expect, test } from 'vitest'
import { filesOfZip, textIn } from '../support/bundle-files.ts'
import { cardServer } from '../support/card-server.ts'
import { sixteen } from '../support/registry-server.ts'
import { signer } from '../support/signer.ts'

const path = '/api/v1/models/fraud/versions/1/attestations'
const testResult = 'https://in-toto.io/attestation/test-result/v0.1'

/** `fraud` version 1, sealed, and a key of CI that is trusted as `ci`. */
async function trustingServer() {
  const server = await cardServer()
  await server.createModel('fraud')
  await server.seal('fraud', { MLmodel: 'flavors: {}\n' })
  const { digest } = (await server.call('GET', '/api/v1/models/fraud/versions/1')).json
  const ci = await signer(server.platform)
  const trust = (name: string, pem: string) =>
    server.call('PUT', `/api/v1/trusted-keys/${name}`, { pem })
  expect((await trust('ci', ci.pem)).status).toBe(200)
  return {
    ...{ ...server, ci, trust, digest: String(digest) },
    send: (body: object) => server.call('POST', path, body),
    list: async () => (await server.call('GET', path)).json.items,
  }
}

describe('an attestation', () => {
  test('by a trusted key about these files is kept, and answered as it was sent', async () => {
    const { ci, digest, send, list, call } = await trustingServer()
    const signed = await ci.sign(digest, testResult, { result: 'PASSED' })
    const sent = await send(signed)
    expect(sent.status).toBe(200)
    expect(sent.json).toMatchObject({
      predicate_type: testResult,
      key: 'ci',
      hint: ci.hint,
      result: 'PASSED',
    })
    expect(await list()).toEqual([sent.json])
    expect((await call('GET', `${path}/${sent.json.id}`)).json).toEqual(signed)
    // A bare envelope of the same statement is the same attestation.
    expect((await send(signed.dsseEnvelope)).json.id).toBe(sent.json.id)
  })

  test('is taken as cosign writes it, and not by a certificate', async () => {
    const { ci, digest, send } = await trustingServer()
    const signed = await ci.sign(digest, testResult, { result: 'PASSED' })
    const hinted = { publicKey: { hint: 'cjY0xFmmw5ggesWKhB0tONJm+2oVyPS7UOOJS5TqXOY=' } }
    expect((await send({ ...signed, verificationMaterial: hinted })).json.key).toBe('ci')
    const said = { predicateType: testResult, predicate: {} }
    const old = await ci.signAs('https://in-toto.io/Statement/v0.1', digest, said)
    expect((await send(old)).json).toMatchObject({ key: 'ci', predicate_type: testResult })
    for (const material of [{ certificate: {} }, { x509CertificateChain: {}, tlogEntries: [] }]) {
      const refused = await send({ ...signed, verificationMaterial: material })
      expect([refused.status, refused.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
      expect(refused.json.message).toContain('signed by a certificate')
    }
    const { mediaType, verificationMaterial } = { ...signed, verificationMaterial: hinted }
    const bytes = { mediaType, verificationMaterial, messageSignature: { signature: 'AAAA' } }
    expect((await send(bytes)).json.message).toContain('no statement about them')
  })

  test('that is sent sixteen times at once is kept once', async () => {
    const { ci, digest, send, list } = await trustingServer()
    const signed = await ci.sign(digest, testResult, { result: 'PASSED' })
    const sent = await sixteen(() => send(signed))
    expect(new Set(sent.map(({ status }) => status))).toEqual(new Set([200]))
    expect(await list()).toHaveLength(1)
  })

  test('by another key, about other files or changed is refused, and nothing is kept', async () => {
    const { platform, ci, digest, send, list } = await trustingServer()
    const eve = await signer(platform)
    const good = await ci.sign(digest, testResult, { result: 'FAILED' })
    const forged = JSON.stringify(good.dsseEnvelope.payload)
    const payload = btoa(atob(JSON.parse(forged)).replace('FAILED', 'PASSED'))
    const cases: readonly [object, RegExp][] = [
      [await eve.sign(digest, testResult), /signature is not by this key/],
      [await ci.sign(`sha256:${'0'.repeat(64)}`, testResult), /about other files/],
      [{ ...good, dsseEnvelope: { ...good.dsseEnvelope, payload } }, /what it signs was changed/],
      [{ ...good.dsseEnvelope, signatures: [] }, /signatures/],
      [{ ...good.dsseEnvelope, signatures: [{ sig: 'AAAA' }] }, /no base64 of the right form/],
      [{ ...good.dsseEnvelope, payloadType: 'text/plain' }, /payloadType/],
      [{}, /./],
    ]
    for (const [body, why] of cases) {
      const { status, json } = await send(body)
      expect([status, json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
      expect(json.message).toMatch(why)
    }
    expect(await list()).toEqual([])
  })

  test('that is nested deeper than JSON can be written again is refused, whatever else it holds', async () => {
    const { ci, digest, send, list } = await trustingServer()
    const deep = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels))
    const signed = await ci.sign(digest, testResult)
    const { status, text } = await send({ ...signed, more: deep(3000) })
    expect([status, text]).toEqual([400, expect.stringContaining('nested deeper than 100')])
    expect(await list()).toEqual([])
    expect((await send({ ...signed, more: deep(90) })).status).toBe(200)
  })

  test('that says what no database keeps whole is refused', async () => {
    const { ci, digest, send, list } = await trustingServer()
    for (const type of ['a\0b', 'a\ud800']) {
      const { status, json } = await send(await ci.sign(digest, type))
      expect([status, json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    }
    // Longer in bytes than in characters.
    const long = { ...(await ci.sign(digest, testResult)), more: '€'.repeat(400_000) }
    expect((await send(long)).json.message).toContain('more than 1000000 bytes')
    expect(await list()).toEqual([])
  })

  test('counts as passed by the one word for it', async () => {
    const { ci, digest, send } = await trustingServer()
    for (const result of [
      'PASSED\0',
      'PASSED ',
      'passed',
      '\ud800',
      ['PASSED'],
      1,
      'x'.repeat(500),
    ]) {
      const sent = await send(await ci.sign(digest, testResult, { result }))
      expect(sent.status).toBe(200)
      expect(sent.json).not.toHaveProperty('result')
    }
  })

  test("may be a bundle's own statement, also that over its files", async () => {
    const { call, app, trust } = await trustingServer()
    await call('POST', '/api/v1/models/fraud/versions/1/bundles')
    const [{ pem }] = (await call('GET', '/api/v1/keys')).json.items
    await trust('dev', pem)
    const res = await app.request('/api/v1/models/fraud/versions/1/bundle.zip')
    const files = filesOfZip(await res.arrayBuffer())
    for (const name of ['model.sig', 'attestations/release.sigstore.json']) {
      const sent = await call('POST', path, JSON.parse(textIn(files, name)))
      expect([sent.status, sent.json.key], name).toEqual([200, 'dev'])
    }
  })

  test('goes with its version, and counts under no key that is trusted no more', async () => {
    const { ci, digest, send, list, call, del } = await trustingServer()
    await send(await ci.sign(digest, testResult, { result: 'PASSED' }))
    expect((await call('DELETE', '/api/v1/trusted-keys/ci')).status).toBe(200)
    expect((await list())[0]).not.toHaveProperty('key')
    expect((await call('DELETE', '/api/v1/trusted-keys/ci')).status).toBe(404)
    await del('model-versions/delete', { name: 'fraud', version: '1' })
    expect((await call('GET', path)).status).toBe(404)
  })
})

test('a trusted key is one of the kind that is verified, and others are refused in words', async () => {
  const { trust, call } = await trustingServer()
  for (const pem of ['', 'none', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----']) {
    const refused = await trust('x', pem)
    expect([refused.status, refused.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    expect(refused.json.message).toContain('P-256')
  }
  expect((await trust('a b', 'x')).status).toBe(400)
  expect((await call('GET', '/api/v1/trusted-keys')).json.items).toHaveLength(1)
})

describe('a gate of type attestation', () => {
  async function judging(gate: object = {}) {
    const server = await trustingServer()
    const judged = async () => {
      const { json, status } = await server.call('POST', '/api/v1/policies/evaluate', {
        ...{ model: 'fraud', version: '1', to: { stage: 'Production' } },
        policy: {
          applies_to: { models: '*', stage: 'Production' },
          gates: [{ name: 'ci', type: 'attestation', predicate: testResult, key: 'ci', ...gate }],
        },
      })
      expect(status).toBe(200)
      return `${json.gates[0].status}: ${json.gates[0].detail}`
    }
    return { ...server, judged }
  }

  test('waits for one, and goes by the newest test result', async () => {
    const { judged, send, ci, digest } = await judging()
    expect(await judged()).toMatch(/^pending: there is no attestation/)
    const passed = await ci.sign(digest, testResult, { result: 'PASSED', at: 1 })
    await send(passed)
    expect(await judged()).toMatch(/^passed: .*PASSED$/)
    await send(await ci.sign(digest, testResult, { result: 'FAILED' }))
    expect(await judged()).toMatch(/^failed: .*FAILED$/)
    // The old one again is no newer one.
    await send(passed)
    expect(await judged()).toMatch(/^failed/)
  })

  test('counts only what the key that has the name now has signed', async () => {
    const { judged, send, trust, ci, digest, platform, call } = await judging()
    await send(await ci.sign(digest, testResult, { result: 'PASSED' }))
    expect(await judged()).toMatch(/^passed/)
    await trust('ci', (await signer(platform)).pem)
    expect(await judged()).toMatch(/^pending/)
    await call('DELETE', '/api/v1/trusted-keys/ci')
    expect(await judged()).toMatch(/^failed: no key 'ci' is trusted here/)
  })

  test('takes any other predicate as it is', async () => {
    const slsa = 'https://slsa.dev/provenance/v1'
    const { judged, send, ci, digest } = await judging({ predicate: slsa })
    await send(await ci.sign(digest, testResult, { result: 'PASSED' }))
    expect(await judged()).toMatch(/^pending/)
    await send(await ci.sign(digest, slsa, {}))
    expect(await judged()).toMatch(/^passed/)
  })

  test('lets a version into the stage once it is there, and not before', async () => {
    const { call, post, send, ci, digest, trust, platform } = await trustingServer()
    await call('PUT', '/api/v1/policies/p', {
      applies_to: { models: '*', stage: 'Production' },
      gates: [{ name: 'ci', type: 'attestation', predicate: testResult, key: 'ci' }],
    })
    const move = () =>
      post('model-versions/transition-stage', { name: 'fraud', version: '1', stage: 'Production' })
    expect((await move()).status).toBe(403)
    await send(await ci.sign(digest, testResult, { result: 'PASSED' }))
    const other = await signer(platform)
    await trust('ci', other.pem)
    expect((await move()).status).toBe(403)
    await trust('ci', ci.pem)
    expect((await move()).status).toBe(200)
  })
})
