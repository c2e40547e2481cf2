import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { sql } from 'drizzle-orm'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { sealEntries } from '../../../../src/audit/seal.ts'
import { clientEnvironment, programOf } from '../../../runner/environments.ts'
import { admin } from '../../../support/auth-server.ts'
import { testServer } from '../../../support/server.ts'
import { deploymentsWorld } from '../../../ui/deployments-world.ts'
import { runsWorld } from '../../../ui/runs-world.ts'
import { askedWorld } from '../../../ui/world.ts'
import { lacksBrowser } from '../browser.ts'
import { headingOf, mainOf, phone, see, sizes, useStories, wide } from './story.ts'

/** Of the client that `npm test` installs. */
const python = programOf('mlflow-3.17.2', 'python')
const isLacking = await lacksBrowser(python)
const { served } = useStories(isLacking)

/** Points of which number 200 is NaN. */
function lossOf(from: number, to: number): object[] {
  return Array.from({ length: to - from }, (_, i) => ({
    ...{ key: 'loss', step: from + i, timestamp: from + i },
    value: from + i === 200 ? 'NaN' : 1 / (1 + from + i),
  }))
}

/** As a browser does where another tab is in front. */
function setHidden(page: Page, isHidden: boolean): Promise<void> {
  return page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, value: hidden })
    document.dispatchEvent(new Event('visibilitychange'))
  }, isHidden)
}

/** A run of nightly logged a model, which became the version that is live; two processes answer with it. */
async function trainedWorld() {
  const world = await deploymentsWorld()
  const { app, call, mlflow, ann, move, name, register, replica } = world
  await call(admin, 'DELETE', '/api/v1/policies/production-sign-off')
  const read = await mlflow(
    ann,
    'GET',
    `model-versions/get?name=${name}&version=${await register()}`,
  )
  const { run_id } = read.json.model_version
  const { model } = (
    await mlflow(ann, 'POST', 'logged-models', {
      ...{ experiment_id: '1', name: 'scorer', source_run_id: run_id },
    })
  ).json
  const { model_id, artifact_uri } = model.info
  const folder = artifact_uri.replace('mlflow-artifacts:', '/api/2.0/mlflow-artifacts/artifacts')
  await app.request(`${folder}/MLmodel`, {
    method: 'PUT',
    headers: { authorization: ann },
    body: 'flavors: {}',
  })
  const made = await mlflow(ann, 'POST', 'model-versions/create', {
    ...{ name, source: `models:/${model_id}`, model_id, run_id },
  })
  const version = Number(made.json.model_version.version)
  await move(version, 'Production')
  await replica('Production', version)
  await replica('Production', version, { replica: 'Production-2', host: 'scorer-2' })
  return { ...world, version }
}

describe.skipIf(isLacking)('people', () => {
  test.each(sizes)(
    'log their first model by the code that an empty server shows, and see it come: %s',
    async (_, look) => {
      const { url, windowOf } = await served(await testServer())
      const page = await windowOf({ ...look, permissions: ['clipboard-read', 'clipboard-write'] })
      await page.goto(url)
      expect(await mainOf(page)).toContain('No models yet')
      await see(page, 'S1.1')
      await page.getByRole('button', { name: 'Copy' }).first().click()
      const code = await page.evaluate(() => navigator.clipboard.readText())
      expect(code).toBe(await page.locator('main pre code').first().innerText())
      expect(code).toContain(`mlflow.set_tracking_uri("${url}")`)
      await promisify(execFile)(python, ['-c', code], { env: clientEnvironment(url) })
      // Somebody is at work where it would change, so it is offered.
      await page.getByRole('button', { name: /^Show [12] change/ }).click()
      await see(page, 'S1.2')
      await page.getByRole('link', { name: 'fraud-detector' }).first().click()
      expect(await headingOf(page)).toContain('fraud-detector')
      const column = (name: string) => page.getByRole('region', { name, exact: true })
      expect(await column('None').innerText()).toContain('Version 1')
      expect(await column('Production').innerText()).toMatch(/empty\s+no policy guards it/)
      expect(await page.getByRole('figure').innerText()).toMatch(/0\.91\s+Version 1/)
      await see(page, 'S1.3')
    },
    120_000,
  )

  test('trace their program by the code that an empty page shows, and judge what it answered', async () => {
    const { url, windowOf } = await served(await testServer())
    const page = await windowOf({ ...wide, permissions: ['clipboard-read', 'clipboard-write'] })
    await page.goto(`${url}/experiments/0/traces`)
    await page.getByRole('button', { name: 'Copy' }).first().click()
    const code = await page.evaluate(() => navigator.clipboard.readText())
    const chat = `
import concurrent.futures
@mlflow.trace(span_type="RETRIEVER")
def search(words):
    return [{"page_content": f"of {words}", "metadata": {"doc_uri": "a.md"}}]
@mlflow.trace(span_type="CHAT_MODEL")
def ask(question):
    mlflow.update_current_trace(session_id="chat-1", tags={"team": "risk"})
    mlflow.get_current_active_span().set_attribute("mlflow.chat.tokenUsage",
        {"input_tokens": 20, "output_tokens": 4, "total_tokens": 24})
    search(question)
    raise RuntimeError("no answer")
try:
    ask({"messages": [{"role": "user", "content": "are pears ripe?"}]})
except RuntimeError:
    pass
mlflow.flush_trace_async_logging()`
    await promisify(execFile)(python, ['-c', code + chat], { env: clientEnvironment(url) })
    await page.reload()
    expect(await page.getByRole('row').allInnerTexts()).toEqual([
      expect.anything(),
      expect.stringMatching(/ask\t.*error\t.*24\t.*are pears ripe.*\tchat-1/),
      expect.stringMatching(/answer\t.*OK\t/),
    ])
    await page.getByRole('link', { name: 'ask' }).click()
    const failed = await mainOf(page)
    expect(failed).toContain('no answer')
    expect(failed).toContain('exception.stacktrace')
    await page.getByRole('treeitem', { name: /search/ }).click()
    const panel = page.getByRole('region', { name: 'search' })
    await panel.waitFor()
    expect(await panel.innerText()).toMatch(/page_content:\s*of/)
    await page.getByText('Say something of this trace').click()
    await page.getByLabel('Name').fill('correct')
    await page.getByLabel('Value').fill('false')
    await page.getByRole('button', { name: 'Say it' }).click()
    expect(await mainOf(page)).toMatch(/correct feedback\s+false/)
    await page.getByRole('link', { name: 'chat-1' }).click()
    expect(await mainOf(page)).toContain('correct=false')
  }, 120_000)

  test('ask which data trained what is live, and what answers with it', async () => {
    const world = await served(await trainedWorld())
    const { url, windowOf, name, ann, mlflow, alice, version } = world
    const page = await windowOf({ ...wide, extraHTTPHeaders: { authorization: ann } })
    await page.goto(`${url}/models/${name}/stages/Production`)
    expect(await headingOf(page)).toContain(`version ${version}`)
    const lineage = page.getByRole('region', { name: 'Lineage' })
    const steps = lineage.getByRole('list', { name: 'From the data to what answers' })
    const headings = await steps.getByRole('heading').allInnerTexts()
    expect(headings).toEqual([
      'Data',
      'Run that read it',
      'Model that it logged',
      'Version made of it',
      'Where that is',
      'What answers with it',
    ])
    const links = await steps.getByRole('link').allInnerTexts()
    const [data, run = '', ...others] = links.map((text) => text.trim())
    expect([data, ...others]).toEqual([
      'transactions 9f2c01aa',
      'scorer',
      'Production',
      '2 processes',
    ])
    const listed = await lineage.locator('dl').innerText()
    for (const said of ['transactions 9f2c01aa', run, 'scorer', 'Production', '2 processes']) {
      expect(listed).toContain(said)
    }
    await see(page, 'S7.1')
    for (const [link, shown] of [
      [run, `${name} ${version}`],
      ['scorer', `became ${name} ${version}`],
      ['2 processes', 'scorer-2'],
    ] as const) {
      await steps.getByRole('link', { name: link, exact: true }).click()
      await page.waitForURL((at) => !at.pathname.endsWith(`/${version}`))
      expect((await mainOf(page)).replace(/\s+/g, ' '), link).toContain(shown)
      await page.goBack()
    }
    await steps.getByRole('link', { name: 'Production' }).click()
    await page.waitForURL(`${url}/models/${name}/${version}`)
    await steps.getByRole('link', { name: /^transactions/ }).click()
    await page.waitForURL(`${url}/datasets/9f2c01aa`)
    const rows = await page
      .getByRole('row')
      .filter({ has: page.getByRole('link', { name: name }) })
      .allInnerTexts()
    const numbers = rows.map((row) => row.replace(/\s+/g, ' '))
    expect(numbers.filter((row) => row.includes(`${version} Production 2 processes`))).toHaveLength(
      1,
    )
    const serves = numbers.map((row) => /Production|Staging/.test(row))
    expect(serves).toEqual([true, true, false, false, false])
    expect(numbers).toHaveLength(version)
    await see(page, 'S7.2')
    const none = { experiment_id: '1', username: 'alice', permission: 'NO_PERMISSIONS' }
    await mlflow(admin, 'POST', 'experiments/permissions/create', none)
    const alices = await windowOf({ ...wide, extraHTTPHeaders: { authorization: alice } })
    await alices.goto(`${url}/models/${name}/${version}`)
    const hidden = await alices.getByRole('region', { name: 'Lineage' }).innerText()
    expect(hidden).toContain('2 things that you may not see.')
    expect(hidden).toContain('one that you may not read')
    expect(hidden).not.toMatch(/nightly|transactions/)
    expect(hidden).not.toContain(run)
    await see(alices, 'S7.3')
  }, 60_000)

  test.each([
    ['wide', wide],
    ['on a phone', phone],
  ] as const)(
    'watch a run that goes on, until it is killed: %s',
    async (_, look) => {
      const { url, windowOf, ann, logRun, post, call, clock } = await served(await runsWorld())
      const run = await logRun({ name: 'live', metrics: lossOf(0, 100) })
      const log = (from: number, to: number) =>
        post('runs/log-batch', { run_id: run, metrics: lossOf(from, to) })
      const page = await windowOf({ ...look, extraHTTPHeaders: { authorization: ann } })
      await page.clock.install()
      let readings = 0
      page.on('request', () => {
        readings++
      })
      const charts = `${url}/runs/${run}/charts?metric=loss`
      await page.goto(charts)
      await page.getByRole('status').filter({ hasText: 'Live' }).waitFor()
      await log(100, 300)
      await log(321, 400)
      await page.clock.fastForward(2000)
      await page.getByText('379 points').waitFor()
      expect(await mainOf(page)).toContain('NaN at 1 point')
      const line = (await page.locator('.plot path.line').getAttribute('d')) ?? ''
      expect(line.match(/M/g)).toHaveLength(3)

      await page.goto(`${charts}&x0=100&x1=150`)
      const plot = page.locator('.plot > svg')
      expect(await plot.getAttribute('data-to')).toBe('150')
      await log(400, 500)
      const read = page.waitForResponse(page.url())
      await page.clock.fastForward(2000)
      await read
      expect(await plot.getAttribute('data-to')).toBe('150')

      await page.goto(charts)
      await page.getByRole('status').filter({ hasText: 'Live' }).waitFor()
      await setHidden(page, true)
      readings = 0
      await log(500, 600)
      await page.clock.runFor(30_000)
      expect(readings).toBe(0)
      await setHidden(page, false)
      await page.getByText('579 points').waitFor()

      await page.goto(`${url}/experiments/1?col=m.loss`)
      await page.getByLabel('Select live', { exact: true }).check()
      await page.locator('h1').click()
      await log(600, 601)
      await page.clock.fastForward(5000)
      await page.getByRole('cell', { name: '0.00166389' }).waitFor()
      expect(await page.getByLabel('Select live', { exact: true }).isChecked()).toBe(true)
      await page.goto(charts)
      const own = await windowOf({ ...look, extraHTTPHeaders: { authorization: ann } })
      await own.clock.install()
      await own.goto(`${url}/runs/${run}`)
      await own.getByRole('status').filter({ hasText: 'Live' }).waitFor()
      await post('runs/update', { run_id: run, status: 'KILLED', end_time: clock.now() + 61_000 })
      await own.clock.fastForward(15_000)
      await own.getByText('killed').first().waitFor()
      const ended = await mainOf(own)
      expect(ended).toMatch(/killed\s+began .*\s+took 1:01\s/)
      await own.clock.runFor(30_000)
      expect(await mainOf(own)).toBe(ended)
      expect(await own.getByRole('status').filter({ hasText: 'Live' }).count()).toBe(0)
      await page.clock.fastForward(15_000)
      await page.getByText('killed').waitFor()
      readings = 0
      await page.clock.runFor(30_000)
      expect(readings).toBe(0)
      await page.goto(`${url}/runs/${run}`)
      expect(await mainOf(page)).toContain('killed')
      await page.clock.runFor(30_000)
      expect(await page.getByRole('status').filter({ hasText: 'Live' }).count()).toBe(0)
      const csv = (await call(ann, 'GET', `/runs/${run}/points.csv`)).text.trim().split('\r\n')
      expect(csv).toHaveLength(581)
      expect(csv).toContain('loss,200,200,NaN')
    },
    60_000,
  )

  test('see a log that was tampered with', async () => {
    const { url, windowOf, platform } = await served(await askedWorld())
    await sealEntries(platform)
    const page = await windowOf({ ...wide, extraHTTPHeaders: { authorization: admin } })
    await page.goto(`${url}/audit/verify`)
    expect(await mainOf(page)).toMatch(/whole|sound/i)
    await platform.db.batch({
      drop: sql`drop trigger audit_entries_no_update`,
      change: sql`update audit_entries set reason = 'nobody asked' where seq = 5`,
    })
    await page.reload()
    expect(await page.getByRole('alert').innerText()).toMatch(/Entry #5 is changed/)
    await see(page, 'S11.1-verify')
    await page.getByRole('link', { name: /5/ }).first().click()
    expect(new URL(page.url()).pathname).toBe('/audit/5')
    expect(await page.getByRole('alert').innerText()).toContain(
      'This entry was changed after it was sealed',
    )
    await see(page, 'S11.1')
    await page.goto(`${url}/audit/4`)
    expect(await page.getByRole('alert').count()).toBe(0)
  }, 60_000)
})
