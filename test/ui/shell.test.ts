import { gzipSync } from 'node:zlib'
import { describe, expect, test, vi } from 'vitest'
import { createApp } from '../../src/app.ts'
import { pageOfOldLink } from '../../src/ui/home/old-links.ts'
import { pathsUnder } from '../../src/ui/paths.ts'
import { readAssets } from '../../src/ui/shell/assets.ts'
import { dark, light } from '../../src/ui/shell/style/tokens.ts'
import { authServer } from '../support/auth-server.ts'
import { testServer } from '../support/server.ts'
import { pagesOf, textOf } from './page.ts'

describe('every page', () => {
  test('is allowed nothing but what has the nonce of its answer', async () => {
    const { app } = await testServer()
    const { headers, html, status } = await pagesOf(app).get('/models')
    expect(status).toBe(200)
    const policy = headers.get('content-security-policy') ?? ''
    const [, nonce] = /style-src 'nonce-([0-9a-f]{32})'/.exec(policy) ?? []
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'nonce-(\w+)'; script-src 'nonce-\1'; connect-src 'self'; img-src 'self' data:; /,
    )
    expect(policy).toContain("form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
    expect(html).toContain(`nonce="${nonce}"`)
    expect(html.match(/<script[^>]*>/g)).toEqual([
      expect.stringMatching(
        `^<script src="/assets/script\\.[0-9a-f]{10}\\.js" type="module" nonce="${nonce}">$`,
      ),
    ])
    expect(html).not.toMatch(/javascript:|\son\w+=|\sstyle=|<style/i)
    expect(headers.get('cache-control')).toBe('no-store')
    const again = await pagesOf(app).get('/models')
    expect(again.headers.get('content-security-policy')).not.toBe(policy)
  })

  test('begins with a way to its content, says where one is, and has the call behind it', async () => {
    const { app } = await testServer()
    const { html } = await pagesOf(app).get('/models')
    expect(html).toMatch(/<body><a class="skip" href="#content">/)
    expect(html).toMatch(/<a href="\/models" aria-current="true"[^>]*>Models<\/a>/)
    expect(html).toContain('<main class="page" id="content"')
    expect(html.match(/<h1>/g)).toHaveLength(1)
    expect(textOf(html)).toContain('http://localhost/api/v1/models')
    expect(textOf(html)).toContain('Access control is off')
  })

  test('has its links under the path that a proxy leaves on or takes away', async () => {
    const { platform } = await testServer()
    const left = createApp(() => platform, { prefixOf: () => '/tools/mlflow' })
    const { html } = await pagesOf(left).get('/tools/mlflow/models')
    expect(html).toContain('href="/tools/mlflow/promotions"')
    expect(html).toContain('href="/tools/mlflow/assets/style.')
    const trusted = { ...platform.settings.proxy, trusted: ['10.0.0.0/8'] }
    const settings = { ...platform.settings, proxy: trusted }
    const removed = createApp((c) => {
      c.set('peer', '10.1.1.1')
      return { ...platform, settings }
    })
    const res = await removed.request('/models', { headers: { 'x-forwarded-prefix': '/reg' } })
    expect(await res.text()).toContain('href="/reg/promotions"')
  })

  test('never takes a path that somebody made up for its own', async () => {
    const { platform } = await testServer()
    const app = createApp((c) => {
      c.set('rawTarget', '//evil.example\\models')
      return platform
    })
    expect((await pagesOf(app).get('/models')).html).not.toContain('evil.example')
  })
})

test('the scripts of pages and their stylesheet have fewer bytes than their budgets', async () => {
  const { script, oldLinks, style, parquet, parquetWorker } = await readAssets()
  expect(gzipSync(style.text).length).toBeLessThan(18_000)
  expect(gzipSync(oldLinks.text).length).toBeLessThan(1000)
  expect(gzipSync(script.text).length).toBeLessThan(13_500)
  // Only the page of a Parquet file loads these.
  expect(gzipSync(parquet.text + parquetWorker.text).length).toBeLessThan(16_000)
})

test('the stylesheet is kept for a year, and other names are not found', async () => {
  const { app } = await testServer()
  const { html } = await pagesOf(app).get('/')
  const [, href = ''] = /<link rel="stylesheet" href="([^"]+)"/.exec(html) ?? []
  const style = await app.request(href)
  expect(style.headers.get('content-type')).toBe('text/css; charset=utf-8')
  expect(style.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  const gone = await app.request('/assets/style.0000000000.css')
  expect(gone.status).toBe(404)
  expect(gone.headers.get('cache-control')).toBe('no-store')
})

describe('an error', () => {
  test('is a page for a browser and the envelope for a program', async () => {
    const { app } = await testServer()
    const page = await pagesOf(app).get('/no/such/page')
    expect(page.status).toBe(404)
    expect(page.headers.get('content-type')).toContain('text/html')
    expect(textOf(page.html)).toContain('No such page')
    for (const accept of ['*/*', 'application/json', 'application/json, text/html']) {
      const res = await app.request('/no/such/page', { headers: { accept } })
      expect(await res.json()).toMatchObject({ error_code: 'ENDPOINT_NOT_FOUND' })
    }
    const api = await pagesOf(app).get('/api/2.0/mlflow/experiments/get?experiment_id=77')
    expect(JSON.parse(api.html)).toMatchObject({ error_code: 'RESOURCE_DOES_NOT_EXIST' })
  })

  test('of who is not signed in leads to the sign-in and back, without a prompt', async () => {
    const { app } = await authServer()
    const page = await pagesOf(app).get('/promotions?view=mine&model=a%20b')
    expect(page.status).toBe(302)
    expect(page.location).toBe(
      `/signin?to=${encodeURIComponent('/promotions?view=mine&model=a%20b')}`,
    )
    expect(page.headers.get('www-authenticate')).toBeNull()
    const change = await pagesOf(app).post('/promotions/1/reviews', {})
    expect(change.status).toBe(401)
    expect(change.headers.get('www-authenticate')).toBeNull()
    expect(textOf(change.html)).toContain('Nothing was changed')
    const program = await app.request('/promotions')
    expect(program.headers.get('www-authenticate')).toBe('Basic realm="gatehouse"')
  })

  test('of the server shows the number of the request and nothing else', async () => {
    const { platform } = await testServer()
    const fail = () => Promise.reject(new Error('insert into secret_table'))
    const db = { ...platform.db, all: fail, first: fail, batch: fail }
    const { app } = await testServer({ db })
    vi.spyOn(console, 'error').mockReturnValue()
    const { status, html, headers } = await pagesOf(app).get('/')
    vi.restoreAllMocks()
    expect(status).toBe(500)
    expect(html).not.toContain('secret_table')
    expect(html).toContain(`<code>${headers.get('x-request-id')}</code>`)
  })
})

describe('links of MLflow’s own page', () => {
  test('are led on by a script of home alone, which the server then answers', async () => {
    const { app } = await testServer()
    const home = await pagesOf(app).get('/')
    expect(home.headers.get('content-security-policy')).toMatch(/script-src 'nonce-[0-9a-f]{32}'/)
    const [, src = ''] = /<script src="([^"]+)" data-to="\/old-links" nonce="/.exec(home.html) ?? []
    const script = await (await app.request(src)).text()
    expect(script.length).toBeLessThan(1000)
    const moved = await pagesOf(app).get(`/old-links?to=${encodeURIComponent('/models/a%20b')}`)
    expect(moved.location).toBe('/models/a%20b')
    const lost = await pagesOf(app).get('/old-links?to=/judges/1')
    expect(lost.location).toBe('/?unknown=link')
    expect(textOf((await pagesOf(app).get(lost.location ?? '')).html)).toContain(
      'The link that you followed leads to no page of this server.',
    )
  })

  test('lead into the workspace that they name, whose pages show its name', async () => {
    const { platform } = await testServer()
    const settings = { ...platform.settings, workspaces: true }
    const { app, call } = await testServer({ ...platform, settings })
    await call('POST', '/api/3.0/mlflow/workspaces', { name: 'team-a' })
    const follow = (link: string, at = app) =>
      pagesOf(at).get(`/old-links?to=${encodeURIComponent(link)}`)
    expect((await follow('/experiments?workspace=team-a')).location).toBe(
      '/workspaces/team-a/experiments',
    )
    expect((await follow('/models?workspace=default')).location).toBe('/models')
    expect((await follow('/models?workspace=//evil.example')).location).toBe(
      '/workspaces/%2F%2Fevil.example/models',
    )
    const off = await testServer()
    expect((await follow('/models?workspace=team-a', off.app)).location).toBe('/models')
    const barOf = async (path: string) =>
      textOf(/<header.*?<\/header>/s.exec((await pagesOf(app).get(path)).html)?.[0] ?? '')
    expect(await barOf('/workspaces/team-a/models')).toMatch(/Gatehouse workspace team-a/)
    expect(await barOf('/models')).not.toContain('workspace')
  })

  test.each([
    ['/models', '/p/models'],
    ['/models/fraud%20%2F%20x', '/p/models/fraud%20%2F%20x'],
    ['/models/fraud/versions/3', '/p/models/fraud/3'],
    ['/models/fraud/versions/three', '/p/models/fraud'],
    [
      `/compare-model-versions?name="fraud"&runs={"r1":"3","r2":"2"}`,
      '/p/models/fraud/compare?v=3%2C2',
    ],
    [
      `/compare-model-versions?name="fraud"&runs={"3":"r1","2":"r2"}`,
      '/p/models/fraud/compare?v=2%2C3',
    ],
    ['/compare-model-versions?name=', undefined],
    ['/experiments', '/p/experiments'],
    ['/experiments/1', '/p/experiments/1'],
    ['/experiments/1/runs/abc', '/p/runs/abc'],
    ['/experiments/1/runs/abc/model-metrics', '/p/runs/abc/charts'],
    ['/experiments/1/runs/abc/artifacts/model', '/p/runs/abc/files'],
    ['/experiments/1/models/m-1', '/p/logged-models/m-1'],
    ['/experiments/1/models/m-1/artifacts', '/p/logged-models/m-1/files'],
    ['/experiments/1/traces?o=1', '/p/experiments/1/traces'],
    ['/experiments/x', undefined],
    ['/compare-runs?runs=["a","b"]&experiments=["1"]', '/p/runs/compare?ids=a%2Cb'],
    ['/compare-runs?runs=["a"]', '/p/runs/a'],
    ['/compare-runs?runs=[1]', undefined],
    ['/compare-runs?runs=no', undefined],
    ['/metric/loss?runs=["a"]&metric="loss"', '/p/runs/a/charts?metric=loss'],
    ['/metric?runs=["a","b"]&metric="loss"', '/p/runs/compare?ids=a%2Cb&metric=loss'],
    ['//evil.example', undefined],
    ['https://evil.example', undefined],
    ['/models/%E0%A4', '/p/models/%25E0%25A4'],
    ['/experiments/1/traces?selectedEvaluationId=tr-1', '/p/traces/tr-1'],
    ['/experiments/1/chat-sessions/s%2F7', '/p/experiments/1/sessions?id=s%2F7'],
  ])('%s leads to %s', (link, page) => {
    expect(pageOfOldLink(link, pathsUnder('/p'))).toBe(page)
  })
})

describe('colours', () => {
  const pairs = [
    ...['ink', 'soft', 'link', 'good', 'bad', 'warn', 'special'].flatMap((text) =>
      ['paper', 'panel', 'sunk', 'sel'].map((on) => [text, on, 4.5] as const),
    ),
    ...['link', 'good', 'bad', 'warn', 'special'].map(
      (text) => [text, `${text}-tint`, 4.5] as const,
    ),
    ...['added', 'added-mark', 'removed', 'removed-mark'].map((on) => ['ink', on, 4.5] as const),
    ...['paper', 'panel', 'sunk', 'sel'].map((on) => ['control', on, 3] as const),
    ...Array.from({ length: 10 }, (_, i) => [`series-${i}`, 'paper', 3] as const),
    ...Array.from({ length: 5 }, (_, i) => [`ramp-${i}`, 'paper', 3] as const),
    ['on-link', 'link', 4.5] as const,
    ['on-bad', 'bad', 4.5] as const,
  ]
  test.each([
    ['light', light],
    ['dark', dark],
  ])('of the %s theme can be read on what they stand on', (_theme, colours) => {
    const theme: Readonly<Record<string, string>> = colours
    const weak = pairs.filter(([text, on, least]) => contrast(theme[text], theme[on]) < least)
    expect(weak).toEqual([])
  })
})

/** As WCAG 2 computes it. */
function contrast(one = '#000', other = '#000'): number {
  const [a, b] = [luminance(one), luminance(other)].sort((x, y) => y - x) as [number, number]
  return (a + 0.05) / (b + 0.05)
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
