import { describe, expect, test } from 'vitest'
import { admin, authServer, password } from '../support/auth-server.ts'
import { testServer } from '../support/server.ts'
import { fieldsIn, markupIn, pagesOf, textOf } from './page.ts'

async function world() {
  const server = await authServer()
  const ann = await server.user('ann')
  const signIn = async (headers: Record<string, string> = {}) => {
    const res = await server.app.request('/signin', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams({ username: 'ann', password }).toString(),
    })
    return res.headers.get('set-cookie')?.split(';')[0] ?? ''
  }
  return { ...server, ann, signIn, as: (who: string) => pagesOf(server.app, who) }
}

describe('the profile', () => {
  test('says who one is, in which groups, and what was given', async () => {
    const { as, ann, call, mlflow } = await world()
    await call(admin, 'PUT', '/api/v1/groups/release', { members: ['ann'] })
    const grant = {
      principal: 'group:release',
      action: 'promote',
      models: 'fraud-*',
      stage: 'Production',
    }
    await call(admin, 'POST', '/api/v1/grants', grant)
    await mlflow(ann, 'POST', 'registered-models/create', { name: 'mine' })
    const text = textOf((await as(ann).get('/profile')).html)
    expect(text).toContain('Name ann , verified')
    expect((await as(ann).get('/profile')).html).toContain('href="/settings/users/ann"')
    expect(text).toContain('release (kept here)')
    expect(text).toContain('promote fraud-* Production group:release')
    expect(text).toContain('registered model mine MANAGE')
  })

  test('makes a token, shows it this once with what uses it, and revokes it', async () => {
    const { as, ann, whoami, call } = await world()
    const made = await as(ann).post('/profile/tokens', { name: 'ci', scopes: 'read', days: '30' })
    const [, token] = /(gh_[0-9a-f]{64})<\/code>/.exec(made.html) ?? []
    expect(made.headers.get('cache-control')).toBe('no-store')
    expect(textOf(made.html)).toContain(`export MLFLOW_TRACKING_TOKEN=${token}`)
    expect((await whoami(`Bearer ${token}`)).json.name).toBe('ann')
    // What leads away from here would take the token with it.
    expect(made.html).not.toContain('/profile/theme')
    const shown = await as(ann).get('/profile')
    expect(shown.html).not.toContain('gh_')
    expect(shown.html).toContain('/profile/theme')
    expect(textOf(shown.html)).toContain('ci read ')
    const { id } = fieldsIn(shown.html)
    const gone = await as(ann).post('/profile/tokens/revoke', { id: id ?? '' })
    expect([gone.status, gone.location]).toEqual([303, '/profile'])
    expect((await whoami(`Bearer ${token}`)).status).toBe(401)
    const { text } = await call(admin, 'GET', '/api/v1/audit')
    for (const action of ['token.created', 'token.revoked']) expect(text).toContain(action)
    expect(text).not.toContain(token)
  })

  test('makes a token with a key pair for AWS’s SDK, which is shown this once', async () => {
    const { as, ann } = await world()
    const form = { name: 'aws', scopes: 'read', days: '30' }
    const plain = await as(ann).post('/profile/tokens', form)
    expect(plain.html).not.toContain('AWS_SECRET')
    const made = await as(ann).post('/profile/tokens', { ...form, aws: 'yes' })
    const text = textOf(made.html)
    expect(text).toMatch(/export AWS_ACCESS_KEY_ID=GHK[A-Z2-7]{17}/)
    expect(text).toMatch(/export AWS_SECRET_ACCESS_KEY=\S{20,}/)
    expect(text).toContain('export AWS_ENDPOINT_URL_SAGEMAKER=http')
    expect((await as(ann).get('/profile')).html).not.toContain('AWS_SECRET')
  })

  test('keeps what was typed where no token was made, and revokes nobody else’s', async () => {
    const { as, ann, user, token, whoami } = await world()
    const rita = await token(await user('rita'))
    const wrong = await as(ann).post('/profile/tokens', { name: 'x'.repeat(200), scopes: 'read' })
    expect([wrong.status, fieldsIn(wrong.html).name, fieldsIn(wrong.html).scopes]).toEqual([
      400,
      'x'.repeat(200),
      'read',
    ])
    expect((await as(ann).post('/profile/tokens/revoke', { id: rita.id })).status).toBe(404)
    expect((await whoami(rita.bearer)).status).toBe(200)
    const bounded = await token(ann, { scopes: ['read'] })
    const more = await as(bounded.bearer).post('/profile/tokens', {
      name: 'a',
      scopes: 'read write',
    })
    expect(more.status).toBe(403)
  })

  test('lists the browsers where one is signed in, and ends one of them with its tokens', async () => {
    const { app, as, ann, signIn, call, user } = await world()
    const [here, there] = [await signIn(), await signIn()]
    const get = (cookie: string, path: string) =>
      app.request(path, { headers: { cookie, accept: 'text/html' } })
    const listed = await app.request('/api/v1/sign-ins', { headers: { cookie: here } })
    const { items } = (await listed.json()) as { items: { id: string; current: boolean }[] }
    expect(items.map(({ current }) => current).sort()).toEqual([false, true])
    expect(textOf(await (await get(here, '/profile')).text())).toContain('this browser')
    const other = items.find(({ current }) => !current)?.id ?? ''
    const eve = await user('eve')
    expect((await as(eve).post('/profile/sign-ins/end', { id: other })).status).toBe(404)
    expect((await get(there, '/profile')).status).toBe(200)
    const ended = await as(ann).post('/profile/sign-ins/end', { id: other })
    expect(ended.status).toBe(303)
    expect((await get(there, '/profile')).headers.get('location')).toBe('/signin?to=%2Fprofile')
    expect((await get(here, '/profile')).status).toBe(200)
    expect((await call(ann, 'DELETE', `/api/v1/sign-ins/${other}`)).status).toBe(404)
    const { text } = await call(admin, 'GET', '/api/v1/audit?action=session.ended')
    expect(text).toContain('"account":"ann"')
  })

  test('takes no form that a page of another site sends', async () => {
    const { app, signIn } = await world()
    const cookie = await signIn()
    for (const path of [
      'tokens',
      'tokens/revoke',
      'sign-ins/end',
      'preferences',
      'theme',
      'zone',
      'name',
    ]) {
      const res = await app.request(`/profile/${path}`, {
        method: 'POST',
        headers: {
          ...{ cookie, accept: 'text/html', origin: 'https://evil.example' },
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: 'name=x&id=1',
      })
      expect([path, res.status]).toEqual([path, 403])
    }
  })

  test('the zone is kept by itself, with the rest as it was', async () => {
    const { app, ann } = await world()
    const kept = async (zone: string, cookie: string) => {
      const res = await app.request('/profile/zone', {
        method: 'POST',
        headers: {
          ...{ authorization: ann, cookie },
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: `zone=${zone}`,
      })
      return res.headers.get('set-cookie')?.split(';')[0]
    }
    const [utc, local] = ['gatehouse_view=dark.compact', 'gatehouse_view=dark.local.compact']
    expect(await kept('local', utc)).toBe(local)
    expect(await kept('utc', local)).toBe(utc)
    expect(await kept('mars', local)).toBe(utc)
    const html = await (
      await app.request('/models', { headers: { authorization: ann, cookie: local } })
    ).text()
    expect(textOf(html)).toContain('Times are in UTC')
  })

  test('the theme is kept by itself, and leads back to the page where it was chosen', async () => {
    const { app, ann } = await world()
    const kept = async (theme: string, referer: string | undefined) => {
      const res = await app.request('/profile/theme', {
        method: 'POST',
        headers: {
          ...{ authorization: ann, cookie: 'gatehouse_view=light.compact' },
          ...(referer !== undefined && { referer }),
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: `theme=${theme}`,
      })
      return [res.status, res.headers.get('set-cookie')?.split(';')[0], res.headers.get('location')]
    }
    const [dark, none] = ['gatehouse_view=dark.compact', 'gatehouse_view=compact']
    expect(await kept('dark', 'http://localhost/models?q=a%20b')).toEqual([
      303,
      dark,
      '/models?q=a%20b',
    ])
    expect(await kept('', 'http://localhost/models')).toEqual([303, none, '/models'])
    expect(await kept('pink', undefined)).toEqual([303, none, '/profile'])
    expect(await kept('dark', 'https://evil.example//evil.example')).toEqual([
      303,
      dark,
      '/profile',
    ])
    expect(await kept('dark', 'no address')).toEqual([303, dark, '/profile'])
  })

  test('keeps the theme and the zone of times in the browser', async () => {
    const { app, as, ann } = await world()
    const kept = await as(ann).post('/profile/preferences', {
      ...{ theme: 'dark', zone: 'local', density: 'compact', start: 'promotions' },
    })
    const cookie = kept.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(
      /^gatehouse_view=dark\.local\.compact\.promotions;.*HttpOnly; SameSite=Lax/,
    )
    const page = async (value: string) => {
      const headers = { authorization: ann, cookie: value, accept: 'text/html' }
      return (await app.request('/profile', { headers })).text()
    }
    const [chosen = ''] = cookie.split(';')
    const shown = await page(chosen)
    expect(shown).toContain(
      '<html lang="en" data-theme="dark" data-zone="local" data-density="compact">',
    )
    expect(shown).toContain('<a class="mark" href="/promotions"')
    const where = async (to: string, cookie = chosen) => {
      const res = await app.request(`/signin?to=${encodeURIComponent(to)}`, { headers: { cookie } })
      return fieldsIn(await res.text()).to
    }
    expect(await where('/')).toBe('/promotions')
    expect(await where('//evil.example')).toBe('/promotions')
    expect(await where('/models')).toBe('/models')
    expect(await where('/', 'gatehouse_view=//evil.example')).toBe('/')
    expect(await page('gatehouse_view=%22%3E%3Cscript%3E.local')).toContain(
      '<html lang="en" data-zone="local">',
    )
    expect(await page('')).toContain('<html lang="en">')
  })

  test('shows hostile names as texts', async () => {
    const { as, ann, call } = await world()
    const evil = '"><img src=x onerror=alert(1)>'
    await call(admin, 'PUT', `/api/v1/groups/${encodeURIComponent(evil)}`, { members: ['ann'] })
    await call(admin, 'POST', '/api/v1/grants', {
      principal: `group:${evil}`,
      action: 'approve',
      models: evil,
    })
    const made = await as(ann).post('/profile/tokens', { name: evil })
    expect([made.status, markupIn(made.html)]).toEqual([200, []])
    const shown = await as(ann).get('/profile')
    expect([textOf(shown.html).includes('onerror'), markupIn(shown.html)]).toEqual([true, []])
  })
})

test('with access control off the profile says so', async () => {
  const { app } = await testServer()
  const { html, status } = await pagesOf(app).get('/profile')
  expect([status, textOf(html)]).toEqual([200, expect.stringContaining('Access control is off')])
  expect((await pagesOf(app).post('/profile/tokens', { name: 'x' })).status).toBe(403)
})

test('with access control off one claims a name in the browser, which the audit log has as claimed', async () => {
  const { app } = await testServer()
  const claim = async (name: string) => {
    const { status, headers } = await pagesOf(app).post('/profile/name', { name })
    return { status, cookie: headers.get('set-cookie')?.split(';')[0] ?? '' }
  }
  const { status, cookie } = await claim('Zoë =1')
  expect(status).toBe(303)
  const asked = async (cookie: string, more: object = {}) => {
    const res = await app.request('/api/v1/whoami', { headers: { cookie, ...more } })
    const { name, verified } = (await res.json()) as { name: string; verified: boolean }
    return [name, verified]
  }
  expect(await asked(cookie)).toEqual(['Zoë =1', false])
  expect(await asked(cookie, { 'x-gatehouse-actor': 'ci' })).toEqual(['ci', false])
  const page = await app.request('/profile', { headers: { cookie, accept: 'text/html' } })
  expect(fieldsIn(await page.text()).name).toBe('Zoë =1')
  for (const name of ['gatehouse', 'service:ci', 'a\u202eb']) {
    expect([name, (await claim(name)).status]).toEqual([name, 400])
  }
  for (const forged of ['operator', 'a%0Ab', '%']) {
    expect((await asked(`gatehouse_actor=${forged}`))[1]).toBe(false)
  }
  expect((await asked('gatehouse_actor=operator'))[0]).toBe('anonymous')
  expect((await asked('gatehouse_actor=a%0Ab'))[0]).toBe('anonymous')
  expect((await claim('')).cookie).toBe('gatehouse_actor=')
})

test('with access control on nobody claims a name', async () => {
  const { as, ann, app } = await world()
  expect((await as(ann).post('/profile/name', { name: 'rita' })).status).toBe(400)
  const headers = { cookie: 'gatehouse_actor=rita', authorization: ann }
  const res = await app.request('/api/v1/whoami', { headers })
  expect(((await res.json()) as { name: string }).name).toBe('ann')
})
