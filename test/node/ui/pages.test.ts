import { mkdir } from 'node:fs/promises'
import type { BrowserContext, Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { sealEntries } from '../../../src/audit/seal.ts'
import { admin } from '../../support/auth-server.ts'
import { testServer } from '../../support/server.ts'
import { signer } from '../../support/signer.ts'
import { busyWorld, countsOf } from '../../ui/deployments-world.ts'
import { promptsWorld } from '../../ui/prompts-world.ts'
import { runsWorld } from '../../ui/runs-world.ts'
import { answered, answerSpans, tracesWorld } from '../../ui/traces-world.ts'
import { askedWorld } from '../../ui/world.ts'
import { faultsOf, lacksBrowser, useBrowser } from './browser.ts'

const isLacking = await lacksBrowser()
const { openContext, serve } = useBrowser(isLacking)
/** Where pictures of the pages go, if somebody wants to look at them. */
const pictures = process.env.GATEHOUSE_PICTURES

beforeAll(async () => {
  if (pictures) await mkdir(pictures, { recursive: true })
})

const sizes = {
  wide: { width: 1440, height: 900 },
  phone: { width: 390, height: 844 },
} as const

type Look = { readonly size: keyof typeof sizes; readonly theme: 'light' | 'dark' }
const looks: readonly Look[] = (['light', 'dark'] as const).flatMap((theme) =>
  (['wide', 'phone'] as const).map((size) => ({ size, theme })),
)

/** Each width and each theme once, for pages that are made of parts which others show in all looks. */
const diagonal: readonly Look[] = [
  { size: 'wide', theme: 'light' },
  { size: 'phone', theme: 'dark' },
]

async function windowOf({ size, theme }: Look, authorization?: string): Promise<BrowserContext> {
  const context = await openContext({
    viewport: sizes[size],
    colorScheme: theme,
    ...(authorization && { extraHTTPHeaders: { authorization } }),
  })
  return context
}

async function walk(
  url: string,
  paths: readonly string[],
  { who, seenIn = looks }: { readonly who?: string; readonly seenIn?: readonly Look[] } = {},
): Promise<string[]> {
  const faults: string[] = []
  for (const look of seenIn) {
    const context = await windowOf(look, who)
    const page = await context.newPage()
    page.on('console', (message) => {
      // A page may be an error by itself.
      if (!message.text().startsWith('Failed to load resource')) faults.push(message.text())
    })
    page.on('response', (res) => {
      if (res.request().resourceType() !== 'document' && !res.ok()) faults.push(res.url())
    })
    page.on('dialog', async (dialog) => {
      faults.push(`a dialog: ${dialog.message()}`)
      await dialog.dismiss()
    })
    page.on('pageerror', (err) => faults.push(`script: ${err.message}`))
    for (const path of paths) {
      const res = await page.goto(url + path)
      if (!res || res.status() >= 500) faults.push(`${path}: ${res?.status()}`)
      const found = [...(await faultsOf(page)), ...(await inlineCodeOf(page))]
      faults.push(...found.map((fault) => `${path} ${look.size} ${look.theme}: ${fault}`))
      await picture(page, path, look)
    }
    await context.close()
  }
  return faults
}

/** What would run or be styled by an attribute. Scripts of pages set none either. */
async function inlineCodeOf(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('*')].flatMap((one) =>
      one
        .getAttributeNames()
        .filter((name) => name === 'style' || name.startsWith('on'))
        .map((name) => `the attribute ${name} of ${one.outerHTML.slice(0, 100)}`),
    ),
  )
}

async function picture(page: Page, path: string, { size, theme }: Look): Promise<void> {
  if (!pictures) return
  const name =
    path
      .replace(/[0-9a-f]{32}/g, 'id')
      .replace(/[^a-z0-9]+/gi, '-')
      .replace(/^-|-$/g, '') || 'home'
  await page.screenshot({ path: `${pictures}/${name}.${size}.${theme}.png`, fullPage: true })
}

/** 400 points with a gap, a spike and NaN. */
function wavesOf(key: string, shift = 0): object[] {
  return Array.from({ length: 400 }, (_, step) => ({
    ...{ key, step, timestamp: step * 1000 },
    value: step === 200 ? 'NaN' : step === 90 ? 2 : Math.sin(step / 30 + shift) / (1 + step / 200),
  })).filter(({ step }) => step < 300 || step > 330)
}

/** Signs what is known of a version, and sends what CI signed about it: by a key that is trusted, and by one that was. */
async function prove(
  { platform, call, ann }: Awaited<ReturnType<typeof askedWorld>>,
  path: string,
) {
  const { json } = await call(ann, 'GET', path)
  await call(ann, 'POST', `${path}/bundles`)
  const [gone, ci] = [await signer(platform), await signer(platform)]
  const sent: readonly (readonly [typeof ci, string, Record<string, unknown>])[] = [
    [gone, 'https://example.com/reviewed/v1', { by: 'somebody' }],
    [
      ci,
      'https://in-toto.io/attestation/test-result/v0.1',
      { result: 'WARNED', passedTests: ['smoke'], warnedTests: ['latency under load'] },
    ],
  ]
  for (const [key, type, predicate] of sent) {
    await call(admin, 'PUT', '/api/v1/trusted-keys/ci', { pem: key.pem })
    await call(ann, 'POST', `${path}/attestations`, await key.sign(json.digest, type, predicate))
  }
}

describe.skipIf(isLacking)('in a browser', () => {
  test('the pages of an empty server are accessible in both themes, wide and on a phone', async () => {
    const { platform } = await testServer()
    const url = await serve(platform)
    expect(
      await walk(url, ['/', '/models?q=none', '/deployments', '/no-such-page', '/signin']),
    ).toEqual([])
  }, 120_000)

  test('so are those of experiments and runs', async () => {
    const { platform, ann, call, mlflow, name, logRun, logTrace, list, as } = await tracesWorld()
    const wave = await logRun({
      name: 'wave',
      metrics: [...wavesOf('loss'), ...wavesOf('accuracy')],
    })
    const other = await logRun({ name: 'other', metrics: wavesOf('loss', 3) })
    const found = await mlflow(ann, 'POST', 'runs/search', { experiment_ids: ['1'] })
    const run = `/runs/${found.json.runs[0].info.run_id}`
    const logged = await mlflow(ann, 'POST', 'logged-models', {
      ...{ experiment_id: '1', name: 'scorer', source_run_id: wave },
      params: [{ key: 'kind', value: 'rf' }],
    })
    const model = `/logged-models/${logged.json.model.info.model_id}`
    const trace = await logTrace(1, answered, answerSpans)
    const mine = await as(ann).post('/experiments/1/reviews/mine', {})
    await as(ann).post(`${mine.location}/items?sel=${trace}`, {})
    const failed = await logTrace(
      2,
      { name: 'plan', state: 'ERROR', tookMs: 130, session: 's-77' },
      answerSpans.slice(0, 3),
    )
    const made = await call(ann, 'POST', '/api/3.0/mlflow/datasets/create', {
      name: 'hard questions',
      experiment_ids: ['1'],
    })
    const evaluation = made.json.dataset.dataset_id
    const inputs = { question: 'are pears ripe in winter?', context: ['x'.repeat(300), { k: 4 }] }
    await call(ann, 'POST', `/api/3.0/mlflow/datasets/${evaluation}/records`, {
      records: JSON.stringify([{ inputs, expectations: { answer: 'Some are.' } }]),
    })
    const asked = await as(ann).post('/experiments/1/label-schemas', {
      ...{ name: 'right', kind: 'passFail', positive: 'Right', negative: 'Wrong' },
      ...{ instruction: 'Does it answer?', enable_comment: 'on', type: 'FEEDBACK' },
    })
    const url = await serve(platform)
    const nightly = '/experiments/1'
    const paths = [
      ...[nightly, `${nightly}?q=params.model%20=%20rf`, `${nightly}?group=p.model`],
      '/experiments/0',
      // With those opened last.
      '/experiments',
      ...['/runs?in=0,1', '/runs/change', `/runs/change?sel=${wave}&sel=${other}`],
      ...['/experiments/new', `${nightly}/change`, `${nightly}/columns?find=a`],
      ...[`/runs/${wave}/charts`, `/runs/${wave}/charts?metric=loss&x0=50&x1=300&smooth=0.9`],
      ...[`/runs/compare?ids=${wave},${other}`, '/runs/compare?in=1&view=charts&by=p.model&band=1'],
      ...['/runs/compare?in=1&view=parallel', '/runs/compare?in=1&view=scatter&trend=1&x0=0.1'],
      ...[model, `${model}/files`, `${model}/register`, '/datasets', '/datasets/9f2c01aa'],
      ...[
        run,
        `${run}/change`,
        `${run}/files`,
        `${run}/register?path=model`,
        `/models/${name}/3/files?path=MLmodel`,
      ],
      ...[
        list,
        `${list}?q=status%20=%20x`,
        `${list}/delete?sel=${trace}`,
        `/traces/${trace}`,
        `${list}/rules`,
      ],
      `${list}/compare?sel=${trace}&sel=${failed}`,
      ...[`${nightly}/evaluation-datasets`, `/evaluation-datasets/${evaluation}`],
      ...[`${nightly}/reviews?sel=${trace}`, mine.location ?? ''],
      ...[`${nightly}/label-schemas`, `${nightly}/label-schemas?kind=categorical`],
      ...[`${nightly}/label-schemas?kind=numeric`, asked.location ?? ''],
      ...[`${nightly}/sessions`, `${nightly}/sessions?id=s-77`],
      `/traces/${trace}?span=0000000000000004&assessment=a-1`,
    ]
    expect(await walk(url, paths, { who: ann, seenIn: diagonal })).toEqual([])
  }, 120_000)

  test('markup that somebody uploaded is seen in a frame that reaches nothing', async () => {
    const { app, platform, ann, logRun } = await runsWorld()
    const run = await logRun({ name: 'plots' })
    const script = `(async () => {
      const tried = async (what) => { try { await what(); return 'reached' } catch { return 'refused' } }
      document.body.textContent = [origin,
        await tried(() => parent.document.title), await tried(() => document.cookie),
        await tried(() => localStorage.length), await tried(() => fetch('/api/v1/whoami'))].join(' ')
    })()`
    const cell = { cell_type: 'code', source: 'plot()', outputs: [{ data: { 'text/html': 'hi' } }] }
    const files = {
      'plot.html': `<body>waiting</body><script>${script}</script>`,
      'to-page.html': "<script>location = '/models'</script>",
      'to-host.html': '<meta http-equiv="refresh" content="0; url=http://localhost:9/">',
      'to-top.html':
        "<body><script>try { top.location = '/' } catch { document.body.append('stays') }</script>",
      'to-form.html': `<form action="/signout" method="post"></form><body><script>
        document.forms[0].submit(); document.body.append('sent nothing')</script>`,
      'a.ipynb': JSON.stringify({ cells: [cell, { cell_type: 'markdown', source: '# A' }] }),
      'facts.json': '{"a": {"b": [1, 2]}}',
      'sound.wav': 'none',
    }
    for (const [path, body] of Object.entries(files)) {
      const headers = { authorization: ann }
      const address = `/api/2.0/mlflow-artifacts/artifacts/1/${run}/artifacts/${path}`
      await app.request(address, { method: 'PUT', headers, body })
    }
    const url = await serve(platform)
    const pages = Object.keys(files).map((path) => `/runs/${run}/files?path=${path}`)
    expect(await walk(url, pages, { who: ann, seenIn: diagonal })).toEqual([])
    const page = await (await windowOf({ size: 'wide', theme: 'light' }, ann)).newPage()
    await page.goto(url + pages[0])
    await page.getByText(/^Show/).click()
    const seen = page.frameLocator('iframe').locator('body')
    await expect.poll(() => seen.textContent()).toBe('null refused refused refused refused')
    await page.goto(`${url}/runs/${run}/files/frame?path=plot.html`)
    expect(page.url()).toBe(url + pages[0])
    const openFrame = async (path: string) => {
      await page.goto(`${url}/runs/${run}/files?path=${path}`)
      await page.getByText(/^Show/).click()
    }
    // A frame that moves shows neither a page of this server nor one of another.
    for (const path of ['to-page.html', 'to-host.html']) {
      await openFrame(path)
      await expect.poll(() => page.frames()[1]?.url(), { message: path }).toMatch(/^chrome-error:/)
    }
    const posted: string[] = []
    page.on('request', (one) => {
      if (one.method() === 'POST') posted.push(one.url())
    })
    await openFrame('to-form.html')
    await expect.poll(() => seen.textContent()).toContain('sent nothing')
    await page.reload()
    expect(posted).toEqual([])
    await openFrame('to-top.html')
    await expect.poll(() => seen.textContent()).toMatch(/stays$/)
    expect(page.url()).toBe(`${url}/runs/${run}/files?path=to-top.html`)
  }, 60_000)

  test('without script somebody filters runs, selects two by the keyboard and compares them', async () => {
    const { platform, ann, logRun } = await runsWorld()
    for (const [i, lr] of ['0.1', '0.01', '0.5'].entries()) {
      const metrics = [{ key: 'loss', value: i, step: 0, timestamp: 0 }]
      await logRun({ name: `try-${i}`, metrics, params: [{ key: 'lr', value: lr }] })
    }
    const url = await serve(platform)
    const context = await openContext({
      viewport: sizes.phone,
      javaScriptEnabled: false,
      extraHTTPHeaders: { authorization: ann },
    })
    const page = await context.newPage()
    await page.goto(`${url}/experiments`)
    await page.getByRole('link', { name: 'nightly' }).click()
    await page
      .getByLabel('Filter, or words of a name')
      .fill("params.lr LIKE '0.%' AND metrics.loss > 0")
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'lr', exact: true }).click()
    expect(await page.getByRole('row').allInnerTexts()).toHaveLength(3)
    for (const name of ['try-1', 'try-2']) {
      await page.getByLabel(`Select ${name}`, { exact: true }).focus()
      await page.keyboard.press('Space')
    }
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/runs\/compare\?ids=/)
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Compare 2 runs')
    const rows = await page.getByRole('row').allInnerTexts()
    expect(rows.map((row) => row.split(/\s+/).join(' '))).toContain('lr 0.01 0.5')
    await page.goBack()
    expect(await page.getByLabel('Filter, or words of a name').inputValue()).toContain('params.lr')
  }, 60_000)

  test('on a phone the chosen one of many tabs is in view, without script too', async () => {
    const { platform, ann } = await runsWorld()
    const url = await serve(platform)
    const context = await openContext({
      viewport: sizes.phone,
      javaScriptEnabled: false,
      extraHTTPHeaders: { authorization: ann },
    })
    const page = await context.newPage()
    for (const tab of ['', '/evaluation-datasets']) {
      await page.goto(`${url}/experiments/1${tab}`)
      const chosen = await page.locator('.tabs [aria-current]').boundingBox()
      expect(chosen?.x, tab).toBeGreaterThanOrEqual(0)
      expect((chosen?.x ?? 0) + (chosen?.width ?? 0), tab).toBeLessThanOrEqual(390)
      expect(await page.evaluate('scrollY'), tab).toBe(0)
    }
  }, 60_000)

  test('so are those of a server with models and requests', async () => {
    const { platform, rita, name } = await askedWorld()
    const url = await serve(platform)
    const paths = [
      ...['/', '/models', '/promotions', '/promotions/1', `/models/${name}`, `/models/${name}/3`],
      ...[`/models/${name}/compare?v=2,3`, `/models/${name}/rollback?stage=Production`],
      ...[`/models/${name}/3/promote?to=Production`, `/models/${name}/change`],
      ...[`/models/${name}/3/gates`, '/models/fraud-detecter'],
    ]
    expect(await walk(url, paths, { who: rita })).toEqual([])
  }, 120_000)

  test('so are those below a model, and its forms', async () => {
    const { platform, ann, mlflow, name, clock } = await askedWorld()
    const url = await serve(platform)
    const base = `/models/${name}`
    const later = ['versions?metric=accuracy', 'access', 'compare/file?v=2,3&path=MLmodel']
    const past = [`?at=${clock.now()}`, '?at=never'].map((at) => base + at)
    const forms = [
      'change',
      '3/change',
      '3/card',
      '3/card?from=1',
      '3/card/revisions',
      '3/promote?to=Staging',
    ]
    await mlflow(ann, 'POST', 'registered-models/alias', { name, alias: 'next', version: '3' })
    expect(
      await walk(url, [base, ...past, ...[...later, ...forms].map((of) => `${base}/${of}`)], {
        who: ann,
        seenIn: diagonal,
      }),
    ).toEqual([])
    const mine = ['/promotions?view=mine', '/promotions/withdraw?sel=1&sel=9']
    expect(await walk(url, mine, { who: ann, seenIn: diagonal })).toEqual([])
  }, 120_000)

  test('so are those of prompts', async () => {
    const { platform, ann, rita, register, mlflow } = await promptsWorld()
    await register('Dear {{ name }},\n\nyour order {{order.id}} is on its way.', {}, 'kinder')
    const messages = [
      { role: 'system', content: 'Answer in {{language}}, in two sentences.' },
      { role: 'user', content: '{{question}}' },
    ]
    await register(JSON.stringify(messages), {
      ...{ _mlflow_prompt_type: 'chat', checked: 'yes' },
      _mlflow_prompt_model_config: '{"model_name": "gpt-5", "temperature": 0.2}',
      _mlflow_prompt_response_format: '{"type": "object", "required": ["answer"]}',
    })
    await mlflow(ann, 'POST', 'registered-models/alias', {
      ...{ name: 'support', alias: 'production', version: '2' },
    })
    const url = await serve(platform)
    const paths = ['s', 's?q=none', 's/support', 's/support/3', 's/support/compare?v=1,2']
    const pages = paths.map((path) => `/prompt${path}`)
    expect(await walk(url, pages, { who: ann, seenIn: diagonal })).toEqual([])
    expect(await walk(url, ['/prompts/support'], { who: rita, seenIn: diagonal })).toEqual([])
  }, 120_000)

  test('so are those of what was signed about a version', async () => {
    const world = await askedWorld()
    const { platform, ann, rita, name } = world
    await prove(world, `/api/v1/models/${name}/versions/2`)
    const url = await serve(platform)
    const version = `/models/${name}/2`
    const paths = ['proof', 'bundles/1', 'attestations/1', 'attestations/2'].map(
      (page) => `${version}/${page}`,
    )
    expect(await walk(url, paths, { who: ann, seenIn: diagonal })).toEqual([])
    expect(await walk(url, [`${version}/proof`], { who: rita, seenIn: diagonal })).toEqual([])
  }, 120_000)

  test('on a phone without script somebody trusts a key, signs what is known, and adds what CI signed', async () => {
    const { platform, call, ann, name } = await askedWorld()
    const version = await call(ann, 'GET', `/api/v1/models/${name}/versions/2`)
    const ci = await signer(platform)
    const statement = await ci.sign(
      version.json.digest,
      'https://in-toto.io/attestation/test-result/v0.1',
      { result: 'PASSED', passedTests: ['smoke'] },
    )
    const url = await serve(platform)
    const context = await openContext({
      viewport: sizes.phone,
      javaScriptEnabled: false,
      extraHTTPHeaders: { authorization: admin },
    })
    const page = await context.newPage()
    await page.goto(`${url}/settings/keys`)
    await page.getByLabel('Name').fill('ci')
    await page.getByLabel('Public key').fill(ci.pem)
    await page.getByRole('button', { name: 'Trust key' }).click()
    expect(await page.getByRole('row', { name: /^ci/ }).count()).toBe(1)
    await page.goto(`${url}/models/${name}/2/proof`)
    await page.getByRole('button', { name: 'Make a signed bundle' }).click()
    await page.goto(`${url}/models/${name}/2/proof`)
    expect(await page.getByRole('link', { name: 'Bundle 1', exact: true }).count()).toBe(1)
    await page.getByLabel('Document').fill(JSON.stringify(statement))
    await page.getByRole('button', { name: 'Add attestation' }).click()
    await page.goto(`${url}/models/${name}/2/proof`)
    expect(await page.locator('main').innerText()).toMatch(/passed\s+trusted as ci/)
    // Fingers find what opens.
    const heights = await page
      .locator('summary:visible')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().height))
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(24)
  }, 60_000)

  test('so are those of deployments', async () => {
    const world = await busyWorld()
    const { platform, ann, report, write, split, name, clock } = world
    const url = await serve(platform)
    const page = '/deployments/fraud-ab'
    const paths = [
      ...['/deployments', page, `/models/${name}/serving`],
      ...[`${page}/traffic`, `${page}/traffic?weight.champion=70&weight.challenger=30`],
      ...[`${page}/traffic?weight.champion=71&weight.challenger=30`],
    ]
    expect(await walk(url, paths, { who: ann, seenIn: diagonal })).toEqual([])
    // The guard has acted, and processes were not heard of.
    clock.pass(60_000)
    await report(countsOf('champion', 2), countsOf('challenger', 3, { errors: 30 }))
    expect(await walk(url, [`${page}?window=15m`], { who: ann, seenIn: diagonal })).toEqual([])
    const [champion, challenger] = split.variants
    const steps = [{ weight: 5, minutes: 10 }, { weight: 25, minutes: 30 }, { weight: 100 }]
    await write({ variants: [champion, { ...challenger, steps }] })
    const later = [`${page}?window=24h`, `${page}/steps?change=pause`]
    expect(await walk(url, later, { who: ann, seenIn: diagonal })).toEqual([])
  }, 120_000)

  test('so are those of the audit log', async () => {
    const { platform } = await askedWorld()
    await sealEntries(platform)
    const url = await serve(platform)
    const paths = [
      '/audit',
      '/audit?version=2',
      '/audit?break_glass=true',
      '/audit/15',
      '/audit/verify',
      '/audit/as-of',
    ]
    expect(await walk(url, paths, { who: admin, seenIn: diagonal })).toEqual([])
  }, 120_000)

  test('so are those of names, texts and files that mean harm, which do nothing', async () => {
    const { platform, ann, app, call, post } = await runsWorld()
    const evil = '<img src=x onerror=alert(1)>'
    const tags = [{ key: 'javascript:alert', value: evil }]
    const description = `<script>alert(1)</script> [x](data:text/html,${evil}) [y](javascript:alert(1))`
    await post('registered-models/create', { name: evil, description, tags })
    const { experiment_id } = await post('experiments/create', { name: evil })
    const { run } = await post('runs/create', {
      ...{ experiment_id, run_name: `\u202e"><script>alert(1)</script>`, tags },
    })
    const { run_id, artifact_uri } = run.info
    await post('runs/log-batch', {
      ...{ run_id, params: [{ key: 'long', value: 'x'.repeat(6000) }] },
      metrics: [{ key: 'a/javascript: alert', value: 1, step: 0, timestamp: 0 }],
    })
    const dataset = { name: evil, digest: evil.slice(0, 30), source_type: 's', source: evil }
    await post('runs/log-inputs', { run_id, datasets: [{ dataset }] })
    const harm = '<script>alert(1); fetch("/api/v1/whoami"); parent.document</script>'
    const files = [
      '"><svg onload=alert(1)>.csv',
      'report.html',
      'drawing.svg',
      'MLmodel',
      'n.ipynb',
    ]
    const output = {
      'text/html': [evil, harm],
      'image/svg+xml': `<svg onload="alert(1)">${harm}</svg>`,
    }
    const cell = {
      cell_type: 'code',
      source: evil,
      outputs: [{ output_type: 'display_data', data: output }],
    }
    const folder = artifact_uri.replace(
      'mlflow-artifacts:/',
      '/api/2.0/mlflow-artifacts/artifacts/',
    )
    for (const file of files) {
      const headers = { authorization: ann }
      const drawing = `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">${harm}</svg>`
      const notebook = JSON.stringify({
        cells: [cell, { cell_type: 'markdown', source: description }],
      })
      const body = file.endsWith('svg') ? drawing : file.endsWith('ipynb') ? notebook : harm
      await app.request(`${folder}/${encodeURIComponent(file)}`, { method: 'PUT', headers, body })
    }
    const made = await post('model-versions/create', { name: evil, source: artifact_uri, run_id })
    expect(made).toMatchObject({ model_version: { version: '1' } })
    const model = `/models/${encodeURIComponent(evil)}`
    const card = `/api/v1${model}/versions/1/card`
    await call(ann, 'PUT', card, { intended_use: description, limitations: harm, revision: 0 })
    const url = await serve(platform)
    const paths = [
      ...['/models', model, `${model}/1`, `${model}/1/card`, `${card}.html`, '/datasets'],
      ...[`/experiments/${experiment_id}`, `/runs/${run_id}`],
      ...files.map((path) => `/runs/${run_id}/files?path=${encodeURIComponent(path)}`),
      `/datasets/${encodeURIComponent(dataset.digest)}`,
    ]
    const seenIn: readonly Look[] = [{ size: 'phone', theme: 'light' }]
    expect(await walk(url, paths, { who: ann, seenIn })).toEqual([])
  }, 120_000)

  test('so are those of the settings', async () => {
    const { platform, call } = await askedWorld()
    const grant = { principal: 'user:ann', action: 'promote', models: '*', stage: 'Production' }
    const identity = { account: 'ann', issuer: 'https://issuer.example', subject: 'ann-1' }
    await call(admin, 'POST', '/api/v1/grants', grant)
    const { pem } = await signer(platform)
    await call(admin, 'PUT', '/api/v1/trusted-keys/ci', { pem })
    await call(admin, 'POST', '/api/v1/models/fraud-detector/versions/3/bundles')
    await call(admin, 'POST', '/api/v1/identities', identity)
    await call(admin, 'POST', '/api/v1/service-accounts', { name: 'ci' })
    await call(admin, 'POST', '/api/v1/tokens', { name: 'nightly', for: 'service:ci' })
    const hook = { name: 'chat', url: 'https://93.184.216.34/', events: ['promotion.*'] }
    const made = await call(admin, 'POST', '/api/v1/webhooks', { ...hook, status: 'DISABLED' })
    const keep = { last: 1 }
    await call(admin, 'PUT', '/api/v1/retention/rules/old', { models: '*', keep })
    const url = await serve(platform)
    const webhook = `/settings/webhooks/${made.json.id}`
    const policy = '/settings/policies/production-sign-off'
    const paths = [
      ...['/settings', policy, `${policy}/edit`, `${policy}/edit?view=json`],
      ...[`${policy}/revisions`, `${policy}/delete`, '/settings/new-policy', '/profile'],
      ...[
        '/settings/webhooks',
        webhook,
        `${webhook}/edit`,
        '/settings/users',
        '/settings/users/rita',
      ],
      ...['/settings/groups', '/settings/groups/ml-approvers', '/settings/service-accounts'],
      ...['/settings/tokens', '/settings/grants?model=fraud-detector', '/settings/identities'],
      ...['/settings/stages', '/settings/traces', '/find?q=fraud'],
      ...['/settings/retention', '/settings/retention/old', '/settings/retention/old/edit'],
      ...['/settings/new-retention-rule', '/settings/storage'],
      ...['/settings/keys', '/settings/keys/trusted/ci'],
    ]
    expect(await walk(url, paths, { who: admin, seenIn: diagonal })).toEqual([])
  }, 120_000)
})
