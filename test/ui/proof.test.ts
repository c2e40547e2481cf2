import { expect, test } from 'vitest'
import { predicateTypes } from '../../src/attestations/predicate-types.ts'
import { givenBundleKey } from '../../src/platform/bundle-key.ts'
import { admin } from '../support/auth-server.ts'
import { signer } from '../support/signer.ts'
import { markupIn, pagesOf, rowsOf, textOf } from './page.ts'
import { askedWorld } from './world.ts'

const version = '/models/fraud-detector/2'
const proof = `${version}/proof`
const testResult = 'https://in-toto.io/attestation/test-result/v0.1'

/** Version 2 is sealed, and the key of CI is trusted. */
async function provenWorld(...overrides: Parameters<typeof askedWorld>) {
  const world = await askedWorld(...overrides)
  const { app, platform, call, ann, eve, rita, otto } = world
  const ci = await signer(platform)
  await call(admin, 'PUT', '/api/v1/trusted-keys/ci', { pem: ci.pem })
  const { json } = await call(ann, 'GET', '/api/v1/models/fraud-detector/versions/2')
  return {
    ...world,
    ci,
    digest: String(json.digest),
    reviewers: [rita, otto] as const,
    ann: pagesOf(app, ann),
    rita: pagesOf(app, rita),
    eve: pagesOf(app, eve),
  }
}

test('a signed bundle is made by a form, tells what was signed, and is downloaded', async () => {
  const { ann, app, call } = await provenWorld()
  expect(textOf((await ann.get(version)).html)).toContain('Proof')
  expect(textOf((await ann.get(proof)).html)).toContain('None yet. A bundle is one zip')
  const made = await ann.post(`${version}/bundles`, {})
  expect([made.status, made.location]).toEqual([303, `${version}/bundles/1`])
  const page = textOf((await ann.get(`${version}/bundles/1`)).html)
  expect(page).toContain('fraud-detector 2 in Production')
  expect(page).toContain('Made from')
  expect(page).toMatch(/The bytes of 3 files, one by one/)
  expect(rowsOf((await ann.get(proof)).html)).toEqual([
    expect.stringMatching(/^Bundle 1 .* ann .* Download$/),
  ])
  const link = /href="([^"]*bundle\.zip[^"]*)"/.exec((await ann.get(proof)).html)?.[1] ?? ''
  const zip = await app.request(link, { headers: { authorization: admin } })
  expect(zip.status).toBe(200)
  expect(zip.headers.get('content-type')).toBe('application/zip')
  const { json } = await call(admin, 'GET', '/api/v1/audit?action=model_version.signed')
  expect(json.items).toMatchObject([{ version: '2', actor: { name: 'ann' } }])
})

test('a bundle tells who asked, who reviewed and how gates came out', async () => {
  const world = await provenWorld()
  const { call, id, ann } = world
  const [rita, otto] = world.reviewers
  await call(rita, 'POST', `/api/v1/promotions/${id}/reviews`, { decision: 'approve' })
  const glass = await call(otto, 'POST', `/api/v1/promotions/${id}/break-glass`, {
    reason: 'the old one fails, the bank is down',
  })
  expect(glass.status).toBe(200)
  await ann.post('/models/fraud-detector/3/bundles', {})
  const page = textOf((await ann.get('/models/fraud-detector/3/bundles/1')).html)
  expect(page).toMatch(
    /# 1 to Production asked for by ann approve by rita on .* merged past its gates/,
  )
  expect(page).toMatch(/production-sign-off\/accurate passed production-sign-off\/card failed/)
  expect(page).toMatch(/Test result .* failed of 3 tests/)
})

test('an attestation is added by a form and says who signed it, what, and whether that counts', async () => {
  const { ann, ci, digest, call } = await provenWorld()
  const signed = await ci.sign(digest, testResult, {
    ...{ result: 'FAILED', passedTests: ['smoke'], failedTests: ['<b>fuzz</b>'] },
  })
  const sent = await ann.post(`${version}/attestations`, { document: JSON.stringify(signed) })
  expect([sent.status, sent.location]).toEqual([303, `${version}/attestations/1`])
  const page = (await ann.get(`${version}/attestations/1`)).html
  expect(textOf(page)).toMatch(/failed of 2 tests .*<b>fuzz<\/b> failed smoke passed/)
  expect(textOf(page)).toContain('trusted as ci')
  expect(markupIn(page)).toEqual([])
  expect(textOf((await ann.get(proof)).html)).toMatch(
    /Attestation 1 Test result failed trusted as ci/,
  )
  await call(admin, 'DELETE', '/api/v1/trusted-keys/ci')
  expect(textOf((await ann.get(proof)).html)).toContain(
    `key ${ci.hint.slice(0, 8)} is not trusted any more`,
  )
})

test('a predicate of any form is shown as its values', async () => {
  const { ann, ci, digest } = await provenWorld()
  const odd: readonly (readonly [string, Record<string, unknown>])[] = [
    [testResult, { result: 7, passedTests: 'all' }],
    ['https://slsa.dev/provenance/v1', { runDetails: null }],
    ['https://gatehouse.example/attestation/release/v1', { promotions: [{ id: 1 }] }],
    ['https://model_signing/signature/v1.0', {}],
    ['javascript:alert(1)', { deep: [[[{ a: '<script>' }]]] }],
  ]
  for (const [type, predicate] of odd) {
    const document = JSON.stringify(await ci.sign(digest, type, predicate))
    const { status, location } = await ann.post(`${version}/attestations`, { document })
    expect(status).toBe(303)
    const page = await ann.get(location ?? '')
    expect([page.status, textOf(page.html)]).toEqual([
      200,
      expect.stringContaining('This page has no words for it'),
    ])
    expect(markupIn(page.html)).toEqual([])
  }
})

test('what is no attestation is shown again beside the reason', async () => {
  const { ann, ci } = await provenWorld()
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /The document is missing/],
    ['{', /not valid JSON/],
    [`{"a":${'['.repeat(9000)}${']'.repeat(9000)}}`, /nested deeper than 100/],
    ['{"payload": "\\u0000"}', /NUL/],
    ['[1]', /no object of JSON/],
    ['{}', /is not as in a DSSE envelope/],
    [JSON.stringify(await ci.sign(`sha256:${'0'.repeat(64)}`, testResult)), /about other files/],
  ]
  for (const [document, why] of cases) {
    const { status, html } = await ann.post(`${version}/attestations`, { document })
    expect([status, textOf(html)]).toEqual([400, expect.stringMatching(why)])
  }
  expect(textOf((await ann.get(proof)).html)).toContain('Nothing. CI may sign its test results')
})

test('who may read makes and adds nothing, and who may not read is told nothing', async () => {
  const { rita, eve, ann, ci, digest, mlflow } = await provenWorld()
  const none = { experiment_id: '1', username: 'rita', permission: 'NO_PERMISSIONS' }
  await mlflow(admin, 'POST', 'experiments/permissions/create', none)
  await ann.post(`${version}/bundles`, {})
  const document = JSON.stringify(await ci.sign(digest, testResult))
  const text = textOf((await rita.get(proof)).html)
  expect(text).toMatch(/To make one: .*EDIT/)
  expect((await rita.post(`${version}/bundles`, {})).status).toBe(403)
  expect((await rita.post(`${version}/attestations`, { document })).status).toBe(403)
  // It tells of the run, which ann may read.
  expect(text).toContain('tells of runs, which you may not read')
  expect((await rita.get(`${version}/bundles/1`)).status).toBe(403)
  const paths = [proof, `${version}/bundles/1`, `${version}/attestations/1`]
  for (const path of paths) expect((await eve.get(path)).status).toBe(403)
  for (const form of ['bundles', 'attestations']) {
    expect((await eve.post(`${version}/${form}`, { document })).status).toBe(403)
  }
})

test('a bundle or an attestation of another version is not found at this one', async () => {
  const { ann, ci, digest } = await provenWorld()
  await ann.post(`${version}/bundles`, {})
  const document = JSON.stringify(await ci.sign(digest, testResult))
  await ann.post(`${version}/attestations`, { document })
  for (const path of ['bundles/1', 'attestations/1']) {
    expect((await ann.get(`${version}/${path}`)).status).toBe(200)
    expect((await ann.get(`/models/fraud-detector/3/${path}`)).status).toBe(404)
  }
  for (const path of ['bundles/x', 'attestations/-1', 'bundles/99']) {
    expect((await ann.get(`${version}/${path}`)).status).toBe(404)
  }
  expect((await ann.get(`${proof}?bundles=x`)).status).toBe(400)
})

test('a server without a key to sign by says so beside the form', async () => {
  const { ann } = await provenWorld({ bundleKey: givenBundleKey(undefined) })
  const { status, html } = await ann.post(`${version}/bundles`, {})
  expect([status, textOf(html)]).toEqual([501, expect.stringContaining('GATEHOUSE_BUNDLE_KEY')])
})

test('the page of a statement has bounds, however much was signed, and spells out what cannot be seen', async () => {
  const { ann, ci, digest } = await provenWorld()
  const evil = '\u202e"><img src=x onerror=alert(1)>'
  const many = Array.from({ length: 40_000 }, (_, i) => `t${i}`)
  const [long, built] = ['x'.repeat(600_000), 'https://slsa.dev/provenance/v1']
  const dependency = { name: evil, digest: Object.fromEntries(many.map((one) => [one, one])) }
  const large: readonly (readonly [string, Record<string, unknown>])[] = [
    ['constructor', { [evil]: evil }],
    [testResult, { result: 'PASSED', passedTests: [long, evil] }],
    [testResult, { result: 'PASSED', passedTests: many }],
    [
      built,
      {
        buildDefinition: { buildType: evil, resolvedDependencies: [dependency] },
        runDetails: { builder: { id: evil } },
      },
    ],
    [
      predicateTypes.release,
      {
        ...{ model: evil, version: '1', stage: 'constructor', issuer: evil, aliases: many },
        promotions: [
          {
            ...{ id: evil, to: {}, requestedBy: { name: evil } },
            gates: [{ policy: evil, name: evil, status: 'constructor' }],
            approvals: { reviews: [{ by: { name: evil }, decision: evil, at: 1e300 }] },
          },
        ],
      },
    ],
  ]
  for (const [type, predicate] of large) {
    const document = JSON.stringify(await ci.sign(digest, type, predicate))
    const { status, location } = await ann.post(`${version}/attestations`, { document })
    expect([type, status]).toEqual([type, 303])
    const { html } = await ann.get(location ?? '')
    expect(html.length, type).toBeLessThan(400_000)
    expect(markupIn(html), type).toEqual([])
    expect(html, type).not.toMatch(/\u202e|class="[^"]*undefined|\[native code\]/)
  }
})
