import { expect, test } from 'vitest'
import { givenBundleKey } from '../../../src/platform/bundle-key.ts'
import { admin, authServer } from '../../support/auth-server.ts'
import { bundleKeyInMemory } from '../../support/bundle-key.ts'
import { signer } from '../../support/signer.ts'
import { hiddenFields, pagesOf, rowsOf, textOf } from '../page.ts'

const list = '/settings/keys'
const ofCi = `${list}/trusted/ci`

async function world(overrides: Parameters<typeof authServer>[0] = {}) {
  const server = await authServer(overrides)
  const ann = await server.user('ann')
  const root = pagesOf(server.app, admin)
  const seen = async (page: string, action: string) =>
    hiddenFields((await root.get(page)).html, action)
  return {
    ...{ ...server, root, seen, ann: pagesOf(server.app, ann) },
    ...{ ci: await signer(server.platform), other: await signer(server.platform) },
  }
}

test('a key is trusted under a name, names the gates that ask for it, and is trusted no more', async () => {
  const { root, seen, ci, call } = await world()
  expect(textOf((await root.get(list)).html)).toContain('None: no statement of others is taken.')
  const added = await root.post(`${list}/trusted`, { name: 'ci', pem: ci.pem })
  expect([added.status, added.location]).toEqual([303, list])
  const gate = { name: 'tested', type: 'attestation', predicate: 'https://x.example/t', key: 'ci' }
  await call(admin, 'PUT', '/api/v1/policies/tests', {
    ...{ applies_to: { models: '*', stage: 'Production' }, gates: [gate] },
  })
  expect(rowsOf((await root.get(list)).html)).toEqual([
    expect.stringMatching(new RegExp(`^ci ${ci.hint.slice(0, 8)} tests .* by admin`)),
  ])
  const page = textOf((await root.get(ofCi)).html)
  expect(page).toContain('-----BEGIN PUBLIC KEY-----')
  expect(page).toContain('Gates of tests ask for it and do not pass')
  const hidden = await seen(ofCi, `${ofCi}/delete`)
  const unsaid = await root.post(`${ofCi}/delete`, hidden)
  expect([unsaid.status, textOf(unsaid.html)]).toEqual([400, expect.stringContaining('type ci')])
  const gone = await root.post(`${ofCi}/delete`, { ...hidden, confirm: 'ci' })
  expect([gone.status, gone.location]).toEqual([303, list])
  expect((await root.get(ofCi)).status).toBe(404)
  const { json } = await call(admin, 'GET', '/api/v1/audit?action=trusted_key.deleted')
  expect(json.items).toHaveLength(1)
})

test('a form changes no other key than the one that was seen', async () => {
  const { root, seen, ci, other, call } = await world()
  await root.post(`${list}/trusted`, { name: 'ci', pem: ci.pem })
  const taken = await root.post(`${list}/trusted`, { name: 'ci', pem: other.pem })
  expect([taken.status, textOf(taken.html)]).toEqual([
    409,
    expect.stringContaining("'ci' has another key than was seen"),
  ])
  const hidden = await seen(ofCi, ofCi)
  const replaced = await root.post(ofCi, { ...hidden, pem: other.pem })
  expect([replaced.status, replaced.location]).toEqual([303, ofCi])
  const late = [
    await root.post(ofCi, { ...hidden, pem: ci.pem }),
    await root.post(`${ofCi}/delete`, { ...hidden, confirm: 'ci' }),
    await root.post(`${ofCi}/delete`, { confirm: 'ci' }),
  ]
  expect(late.map(({ status }) => status)).toEqual([409, 409, 409])
  const { json } = await call(admin, 'GET', '/api/v1/trusted-keys')
  expect(json.items).toMatchObject([{ name: 'ci', hint: other.hint }])
  await call(admin, 'DELETE', '/api/v1/trusted-keys/ci')
  const fresh = await root.post(ofCi, { seen_hint: other.hint, pem: ci.pem })
  expect(fresh.status).toBe(404)
  expect((await call(admin, 'GET', '/api/v1/trusted-keys')).json.items).toEqual([])
})

test('what is no key, or a name that gates could not write, is shown again', async () => {
  const { root, ci } = await world()
  const cases: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ name: 'ci', pem: 'x' }, /no public key in PEM/],
    [{ name: 'ci' }, /The key is missing/],
    [{ pem: ci.pem }, /The name is missing/],
    [{ name: 'a/b', pem: ci.pem }, /up to 100 letters/],
  ]
  for (const [fields, why] of cases) {
    const { status, html } = await root.post(`${list}/trusted`, fields)
    expect([status, textOf(html)]).toEqual([400, expect.stringMatching(why)])
  }
})

test('the keys of this server are downloaded by anybody and renewed by an administrator', async () => {
  const { root, ann, seen, call } = await world({ bundleKey: bundleKeyInMemory() })
  const first = await seen(list, `${list}/renew`)
  expect((await root.post(`${list}/renew`, first)).status).toBe(303)
  const twice = await root.post(`${list}/renew`, first)
  expect([twice.status, textOf(twice.html)]).toEqual([
    409,
    expect.stringContaining('Another key signs since this one was seen'),
  ])
  expect((await root.post(`${list}/renew`, await seen(list, `${list}/renew`))).status).toBe(303)
  const { json } = await call(admin, 'GET', '/api/v1/keys')
  expect(json.items).toHaveLength(2)
  for (const { hint, pem } of json.items) {
    const file = await ann.get(`${list}/own/${hint}`)
    expect([file.status, file.html]).toEqual([200, pem])
    expect(file.headers.get('content-disposition')).toContain(`gatehouse-${hint.slice(0, 8)}.pem`)
  }
  expect((await ann.get(`${list}/own/none`)).status).toBe(404)
})

test('without the right the pages say so, and their forms change nothing', async () => {
  const { ann, root, ci, other, call } = await world()
  await root.post(`${list}/trusted`, { name: 'ci', pem: ci.pem })
  expect(textOf((await ann.get(list)).html)).toContain('manage_policies')
  const forms: readonly (readonly [string, Record<string, string>])[] = [
    [`${list}/trusted`, { name: 'mine', pem: other.pem }],
    [ofCi, { seen_hint: ci.hint, pem: other.pem }],
    [`${ofCi}/delete`, { seen_hint: ci.hint, confirm: 'ci' }],
    [`${list}/renew`, { seen_hint: '' }],
  ]
  for (const [path, fields] of forms) expect((await ann.post(path, fields)).status).toBe(403)
  const { json } = await call(admin, 'GET', '/api/v1/trusted-keys')
  expect(json.items).toMatchObject([{ name: 'ci', hint: ci.hint }])
})

test('where the operator gives the key, the page says how it is renewed', async () => {
  const { root } = await world({ bundleKey: givenBundleKey(undefined) })
  expect(textOf((await root.get(list)).html)).toContain('The operator gives the key')
})
