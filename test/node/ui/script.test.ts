import { readFile } from 'node:fs/promises'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { admin } from '../../support/auth-server.ts'
import { deploymentsWorld } from '../../ui/deployments-world.ts'
import { runsWorld } from '../../ui/runs-world.ts'
import { answered, answerSpans, tracesWorld } from '../../ui/traces-world.ts'
import { askedWorld } from '../../ui/world.ts'
import { lacksBrowser, useBrowser } from './browser.ts'

const isLacking = await lacksBrowser()
const { openContext, serve } = useBrowser(isLacking)

/** A server in this process, and pages of it for one person, with what their scripts complained of. */
async function served<World extends Pick<Awaited<ReturnType<typeof askedWorld>>, 'platform'>>(
  world: World,
) {
  const url = await serve(world.platform)
  const complaints: string[] = []
  const open = async (who: string, path: string, options: BrowserContextOptions = {}) => {
    const context = await openContext({
      viewport: { width: 1440, height: 900 },
      extraHTTPHeaders: { authorization: who },
      ...options,
    })
    const page = await context.newPage()
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (err) => complaints.push(err.message))
    await page.goto(url + path)
    return page
  }
  return { ...world, url, open, complaints }
}

const headingOf = (page: Page) => page.getByRole('heading', { level: 1 })

describe.skipIf(isLacking)('the script of pages', () => {
  test('changes the view of a comparison, finds a date, downloads and tries a draft by keys', async () => {
    const world = await runsWorld()
    const ids = [await world.logRun({ name: 'a' }), await world.logRun({ name: 'b' })]
    const { open, rita, url } = await served(world)
    const page = await open(rita, `/runs/compare?ids=${ids.join(',')}`)
    await page.keyboard.press('3')
    await page.waitForURL(/view=parallel/)
    await page.keyboard.press('1')
    await page.waitForURL((address) => !address.search.includes('view='))
    await page.goto(`${url}/models/fraud-detector/3/files?path=requirements.txt`)
    const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('d')])
    expect(file.url()).toContain('requirements.txt')

    const log = await open(admin, '/audit')
    await log.keyboard.press('t')
    expect(await log.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('since')
    await log.goto(`${url}/settings/policies/production-sign-off/edit`)
    await log.getByLabel('Model', { exact: true }).fill('fraud-detector')
    await log.getByLabel('Version', { exact: true }).fill('3')
    await log.keyboard.press('Control+Enter')
    await log.getByText('fairness is empty').waitFor()
  }, 60_000)

  test('goes where a key says, lists the keys, and leaves what is typed alone', async () => {
    const { open, rita, url, complaints } = await served(await askedWorld())
    const page = await open(rita, '/models')
    await page.keyboard.press('/')
    await page.keyboard.type('gp?')
    expect(page.url()).toBe(`${url}/models`)
    await page.locator('h1').click()
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.waitForURL(`${url}/models/fraud-detector`)
    await page.goto(`${url}/models/fraud-detector/2`)
    await page.keyboard.press(']')
    await page.waitForURL(`${url}/models/fraud-detector/3`)
    await page.keyboard.press('[')
    await page.waitForURL(`${url}/models/fraud-detector/2`)
    await page.keyboard.type('gp')
    await page.waitForURL(`${url}/promotions`)
    // A key leads to a field or to a button that decides, and never presses it.
    await page.goto(`${url}/promotions/1`)
    for (const [key, name] of [
      ['r', 'Reject'],
      ['a', 'Approve version 3'],
    ] as const) {
      await page.keyboard.press(key)
      const focused = await page.evaluate(() => document.activeElement?.textContent)
      expect(focused).toBe(name)
    }
    expect(await page.getByText('Nobody has said anything yet.').isVisible()).toBe(true)
    await page.goto(`${url}/promotions`)
    await page.keyboard.press('?')
    const keys = page.getByRole('dialog', { name: 'Keys' })
    expect(await keys.innerText()).toContain('g a')
    await keys.getByLabel('Single keys are on').uncheck()
    await page.keyboard.press('Escape')
    await page.keyboard.type('gm')
    expect(page.url()).toBe(`${url}/promotions`)
    expect(complaints).toEqual([])
  }, 60_000)

  test('selects a row, and all rows from it to another, by key', async () => {
    const { open, ann, logRun, complaints } = await served(await runsWorld())
    for (const name of ['a', 'b']) await logRun({ name })
    const page = await open(ann, '/experiments/1')
    const chosen = () => page.locator('main tbody input[type="checkbox"]:checked').count()
    for (const key of ['j', 'x', 'j', 'j', 'j', 'X']) await page.keyboard.press(key)
    expect(await chosen()).toBe(4)
    for (const key of ['x', 'k', 'k', 'X']) await page.keyboard.press(key)
    expect(await chosen(), 'what the last one is, the others become').toBe(1)
    await page.keyboard.press('o')
    await page.getByText('Find among all names…').waitFor()
    await page.keyboard.press('f')
    await page.keyboard.type('x')
    expect(await page.getByLabel('Filter, or words of a name').inputValue()).toBe('x')
    expect(complaints).toEqual([])
  }, 60_000)

  test('makes a value of the table a clause of its filter', async () => {
    const { open, ann, logRun, complaints } = await served(await runsWorld())
    const metric = (value: number) => [{ key: 'loss', value, timestamp: 1, step: 0 }]
    const odd = `it's "odd"  here`
    await logRun({ name: 'a', metrics: metric(0.123456789), params: [{ key: 'k', value: "o'x" }] })
    await logRun({ name: 'b', metrics: metric(0.2), params: [{ key: 'k', value: odd }] })
    const page = await open(ann, '/experiments/1?col=m.loss&col=p.k&q=a')
    const menu = page.getByRole('dialog', { name: 'Filter by this value' })
    await page.getByText('0.123457').click({ button: 'right' })
    await menu.getByRole('link', { name: 'About this' }).click()
    await page.waitForURL(/loss/)
    expect(new URL(page.url()).searchParams.get('q')).toBe(
      "attributes.run_name ILIKE '%a%' AND metrics.`loss` >= 0.1234565 AND metrics.`loss` <= 0.1234575",
    )
    expect(await page.locator('main tbody tr').count()).toBe(1)
    await page.getByText("o'x").click({ button: 'right' })
    await menu.getByRole('link', { name: 'Not this' }).click()
    await page.getByText('No run matches').waitFor()
    await page.getByRole('link', { name: /Show all/ }).click()
    await page.goto(`${new URL(page.url()).origin}/experiments/1?col=p.k`)
    await page.locator('td[data-value]').click({ button: 'right' })
    expect(await menu.isVisible(), 'no sign is left to quote it by').toBe(false)
    expect(complaints).toEqual([])
  }, 60_000)

  test('walks through the spans of a trace as through a tree, and shows the chosen one beside it', async () => {
    const world = await tracesWorld()
    const id = await world.logTrace(1, answered, answerSpans)
    const { open, rita, url, complaints } = await served(world)
    const page = await open(rita, `/traces/${id}`)
    const item = (name: RegExp) => page.getByRole('treeitem', { name }).first()
    await item(/^answer/).focus()
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight']) await page.keyboard.press(key)
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-level'))).toBe('3')
    await page.keyboard.press('Enter')
    const panel = page.getByRole('region', { name: 'attempt' })
    await panel.waitFor()
    expect(await panel.innerText()).toContain('of attempt')
    expect(page.url()).toBe(`${url}/traces/${id}?span=0000000000000004#span`)
    expect(await item(/failed: attempt/).getAttribute('aria-current')).toBe('true')
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowLeft')
    expect(await page.getByRole('treeitem').count()).toBe(3)
    expect(await item(/^llm/).getAttribute('aria-expanded')).toBe('false')
    await page.keyboard.press('Home')
    await page.keyboard.press('ArrowLeft')
    expect(await page.getByRole('treeitem').count()).toBe(1)
    expect(complaints).toEqual([])
  }, 60_000)

  test('asks for a rollback on top of the page, and does what the page of its own does', async () => {
    const { open, ann, name, url, complaints } = await served(await askedWorld())
    const page = await open(ann, `/models/${name}`)
    await page.getByRole('link', { name: 'Roll back Production…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.waitFor()
    await dialog.getByRole('link', { name: 'Cancel' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(page.url()).toBe(`${url}/models/${name}`)
    await page.getByRole('link', { name: 'Roll back Production…' }).click()
    await dialog.getByLabel('Reason').fill('declines good customers')
    await dialog.getByRole('button').last().click()
    await page.waitForURL((to) => !to.pathname.endsWith('/rollback'))
    expect(await headingOf(page).innerText()).toContain(name)
    expect(complaints).toEqual([])
  }, 60_000)

  test('shows what others change, keeps what is typed, and moves nothing under the pointer', async () => {
    const { open, rita, card, complaints, alice, call, id } = await served(await askedWorld())
    const page = await open(rita, '/promotions/1')
    await page.getByRole('status').filter({ hasText: 'Live' }).waitFor()
    const blockers = page.locator('[data-part="blockers"]')
    const before = await blockers.innerText()
    const comment = page.locator('[data-part="decide"] textarea').first()
    await comment.fill('looks ri')
    await card(3, { intended_use: 'Rank.', fairness: [{ slice: 'all', metric: 'a', value: 1 }] }, 1)
    await expect.poll(() => blockers.innerText(), { timeout: 5000 }).not.toBe(before)
    expect(await comment.inputValue()).toBe('looks ri')
    await page.mouse.move(400, 800)
    await call(alice, 'POST', `/api/v1/promotions/${id}/reviews`, {
      decision: 'comment',
      comment: 'from alice',
    })
    const offer = page.getByRole('button', { name: /^Show [2-9]/ })
    await offer.waitFor()
    expect(await page.locator('#content').innerText()).not.toContain('from alice')
    await offer.click()
    expect(await page.locator('#content').innerText()).toContain('from alice')
    expect(await comment.inputValue()).toBe('looks ri')
    expect(complaints).toEqual([])
  }, 60_000)

  test('says how long ago a time of the last day was, and goes on counting', async () => {
    const { open, rita, complaints } = await served(await askedWorld())
    const page = await open(rita, '/promotions/1')
    const asked = page.locator('[data-part="about"] time').first()
    const utc = await asked.innerText()
    const at = Date.parse((await asked.getAttribute('datetime')) ?? '')
    await page.clock.install({ time: at + 59 * 60_000 })
    await page.reload()
    expect(await asked.innerText()).toBe('59 min ago')
    expect(await asked.getAttribute('title')).toBe(utc)
    const since = page.locator('time[data-exact]').first()
    if (await since.count()) expect(await since.innerText()).toMatch(/UTC$/)
    await page.clock.runFor(62_000)
    await expect.poll(() => asked.innerText()).toBe('1 h ago')
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')))
    expect(await asked.innerText()).toBe(utc)
    await page.evaluate(() => dispatchEvent(new Event('afterprint')))
    expect(await asked.innerText()).toBe('1 h ago')
    await page.clock.setSystemTime(at + 24 * 3_600_000)
    await page.clock.runFor(62_000)
    await expect.poll(() => asked.innerText()).toBe(utc)
    expect(complaints).toEqual([])
  }, 60_000)

  test('offers what the audit log got meanwhile, and moves nothing by itself', async () => {
    const { open, call, complaints } = await served(await askedWorld())
    const page = await open(admin, '/audit')
    await page.clock.install()
    await page.reload()
    const first = page.locator('main tbody th a').first()
    const before = await first.innerText()
    const grant = { principal: 'user:rita', action: 'read_audit', models: '*' }
    for (const models of ['*', 'm'])
      await call(admin, 'POST', '/api/v1/grants', { ...grant, models })
    await page.clock.runFor(10_500)
    const offer = page.getByRole('button', { name: 'Show 2 new entries' })
    await offer.waitFor()
    expect(await first.innerText()).toBe(before)
    await offer.click()
    await expect.poll(() => first.innerText()).toBe(`#${Number(before.slice(1)) + 2}`)
    expect(await page.getByRole('button', { name: /^Show / }).count()).toBe(0)
    expect(complaints).toEqual([])
  }, 60_000)

  test('turns times to the zone of the browser where its reader wants that', async () => {
    const { open, rita, url, complaints } = await served(await askedWorld())
    const page = await open(rita, '/promotions/1', { timezoneId: 'Asia/Kolkata' })
    const time = page.locator('main time').first()
    const utc = await time.innerText()
    expect(utc).toMatch(/^2027-01-15 \d\d:00 UTC$/)
    await page.goto(`${url}/profile`)
    await page.getByLabel('Times').selectOption('local')
    await page.getByLabel('Theme').selectOption('dark')
    await page.getByRole('button', { name: 'Keep' }).click()
    await page.goto(`${url}/promotions/1`)
    await expect.poll(() => time.innerText()).toMatch(/^2027-01-15 \d\d:30$/)
    expect(await time.getAttribute('title')).toBe(utc)
    expect(await page.locator('.foot').innerText()).toMatch(/Times are in Asia\/(Kolkata|Calcutta)/)
    const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    expect(background).toBe('rgb(17, 22, 28)')
    expect(complaints).toEqual([])
  }, 60_000)

  test('changes the theme from the menu of any page, which stays the one shown', async () => {
    const { open, rita, complaints } = await served(await askedWorld())
    const page = await open(rita, '/promotions?view=all')
    await page.locator('.bar .wide details.menu summary').click()
    const dark = page.locator('.bar .wide').getByRole('button', { name: 'dark' })
    await dark.click()
    await expect.poll(() => page.locator('html').getAttribute('data-theme')).toBe('dark')
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/promotions?view=all')
    await page.locator('.bar .wide details.menu summary').click()
    expect(await dark.getAttribute('aria-pressed')).toBe('true')
    expect(complaints).toEqual([])
  }, 60_000)

  test('switches the zone of times in the foot at once, keeps what was typed, and remembers it', async () => {
    const { open, rita, complaints } = await served(await askedWorld())
    const page = await open(rita, '/promotions/1', { timezoneId: 'Asia/Kathmandu' })
    const time = page.locator('main time').first()
    const utc = await time.innerText()
    await page.getByLabel('Comment').first().fill('half a thought')
    const kept = page.waitForResponse(/profile\/zone$/)
    await page.getByRole('button', { name: 'In local time' }).click()
    await expect.poll(() => time.innerText()).toMatch(/^2027-01-15 \d\d:45$/)
    expect((await kept).status()).toBe(303)
    expect(await page.locator('.foot .zone').innerText()).toMatch(
      /^Times are in Asia\/Kat\w+, UTC\+05:45 In UTC$/,
    )
    expect(await page.getByLabel('Comment').first().inputValue()).toBe('half a thought')
    await page.reload()
    await expect.poll(() => time.innerText()).toMatch(/^2027-01-15 \d\d:45$/)
    await page.getByRole('button', { name: 'In UTC' }).press('Enter')
    await expect.poll(() => time.innerText()).toBe(utc)
    expect(await page.locator('.foot .zone').innerText()).toBe('Times are in UTC In local time')
    expect(complaints).toEqual([])
  }, 60_000)

  test('says so where the server keeps no zone of times', async () => {
    const { open, rita } = await served(await askedWorld())
    const page = await open(rita, '/promotions/1', { timezoneId: 'Asia/Kathmandu' })
    const foot = page.locator('.foot .zone')
    await page.route(/profile\/zone$/, (route) => route.fulfill({ status: 403 }))
    await page.getByRole('button', { name: 'In local time' }).click()
    await expect.poll(() => foot.innerText()).toMatch(/UTC\+05:45 on this page only In UTC$/)
    await page.route(/profile\/zone$/, (route) => route.abort())
    await page.getByRole('button', { name: 'In UTC' }).click()
    await expect
      .poll(() => foot.innerText())
      .toBe('Times are in UTC on this page only In local time')
  }, 60_000)

  test('shows on the board what answers with a version, and stays live when nothing answers', async () => {
    const { open, rita, replica, clock, complaints } = await served(await deploymentsWorld())
    await replica('Production', 2)
    const page = await open(rita, '/models/fraud-detector')
    const board = page.locator('[data-part="board"]')
    const drifted = board.getByText('meant to run it')
    await board.getByText('answers with it').waitFor()
    expect(await drifted.count()).toBe(0)
    await replica('Production', 1)
    await drifted.waitFor()
    clock.pass(45_001)
    await drifted.waitFor({ state: 'detached' })
    expect(await page.locator('.foot .live').innerText()).toMatch(/^Live/)
    expect(complaints).toEqual([])
  }, 60_000)

  test('offers names, operators and values of a filter, marks a mistake and mends it', async () => {
    const world = await runsWorld()
    for (const [i, model] of ['rf', 'xgb', "o'neil"].entries()) {
      const metrics = [{ key: 'accuracy', value: 0.9 + i / 100, step: 0, timestamp: 0 }]
      await world.logRun({ name: `try-${i}`, metrics, params: [{ key: 'model', value: model }] })
    }
    const { open, complaints } = await served(world)
    const page = await open(world.ann, '/experiments/1')
    const box = page.getByLabel('Filter, or words of a name')
    // Of what is offered, not of the choices of a form.
    const options = page.locator('[role=option]')
    const type = async (text: string, offered: string, downs = 1) => {
      await box.pressSequentially(text)
      await options.filter({ hasText: offered }).first().waitFor()
      for (let i = 0; i < downs; i++) await page.keyboard.press('ArrowDown')
    }
    await page.keyboard.press('/')
    await type('metrics.acc', 'metrics.accuracy')
    await page.keyboard.press('Enter')
    expect(await box.inputValue()).toBe('metrics.accuracy ')
    await type('> 0.9 a', 'AND')
    await page.keyboard.press('Enter')
    await type('params.model = ', "'xgb'", 0)
    expect((await options.allInnerTexts()).join()).toContain(`"o'neil"`)
    await options.filter({ hasText: "'xgb'" }).click()
    expect(await box.inputValue()).toBe("metrics.accuracy > 0.9 AND params.model = 'xgb' ")
    await page.keyboard.press('Escape')
    await page.keyboard.press('Enter')
    await page.waitForURL(/q=/)
    expect(await page.locator('tbody tr').count()).toBe(1)
    await box.fill('params.model = xgb')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Enter')
    await page.locator('mark', { hasText: 'xgb' }).waitFor()
    await page.getByRole('link', { name: "Use 'xgb' there" }).click()
    await page.locator('mark').waitFor({ state: 'detached' })
    expect(await box.inputValue()).toBe("params.model = 'xgb'")
    await box.fill('')
    // The last filters come by ↑ whether names are offered already or not yet.
    await options.filter({ hasText: 'metrics.' }).waitFor()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Escape')
    await page.keyboard.press('ArrowUp')
    expect(await options.allInnerTexts()).toEqual([
      "params.model = 'xgb'",
      "metrics.accuracy > 0.9 AND params.model = 'xgb'",
    ])
    await page.goto(page.url().replace(/\?.*/, ''))
    for (const key of ['j', 'x', 'j', 'x', 'c']) await page.keyboard.press(key)
    await page.waitForURL(/\/runs\/compare\?ids=/)
    expect(await headingOf(page).innerText()).toBe('Compare 2 runs')
    expect(complaints.filter((text) => !text.includes('400 (Bad Request)'))).toEqual([])
  }, 60_000)

  test('offers names and values of a filter of traces, and operators that fit', async () => {
    const world = await tracesWorld()
    await world.logTrace(1, answered, answerSpans)
    await world.logTrace(2, { tags: { team: "o'neil" } })
    const { open, complaints } = await served(world)
    const page = await open(world.ann, '/experiments/1/traces')
    const box = page.getByLabel('Filter, or words of inputs and outputs')
    const options = page.locator('[role=option]')
    const take = async (text: string, offered: string) => {
      await box.pressSequentially(text)
      await options.filter({ hasText: offered }).first().click()
    }
    await take('tags.te', 'tags.team')
    await take('= ', `"o'neil"`)
    await box.fill('')
    await take('feedback.', 'feedback.correct')
    expect(await options.allInnerTexts()).toContain('>=')
    await take('= ', "'true'")
    await take('A', 'AND')
    await take('span.t', 'span.type')
    await take('= ', "'CHAT_MODEL'")
    expect(await box.inputValue()).toBe("feedback.correct = 'true' AND span.type = 'CHAT_MODEL' ")
    await page.keyboard.press('Escape')
    await page.keyboard.press('Enter')
    await page.waitForURL(/q=/)
    expect(await page.locator('tbody tr').count()).toBe(1)
    expect(complaints).toEqual([])
  }, 60_000)

  test('finds everything and what to do here by Ctrl K, and goes there by the keyboard', async () => {
    const { open, ann, url, name, complaints } = await served(await askedWorld())
    const page = await open(ann, `/models/${name}/3`)
    await page.keyboard.press('e')
    await page.waitForURL(`${url}/models/${name}/3/change`)
    await page.keyboard.press('Control+k')
    const palette = page.getByRole('dialog', { name: 'Find' })
    const field = palette.getByRole('combobox')
    await field.pressSequentially('nightl')
    await palette.getByRole('option', { name: 'nightly' }).first().waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL(`${url}/experiments/1`)
    await page.keyboard.press('Control+k')
    await field.pressSequentially('setti')
    await expect.poll(() => palette.getByRole('option').count()).toBe(1)
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Enter')
    await page.waitForURL(`${url}/settings/policies`)
    await page.keyboard.press('/')
    await page.keyboard.type('#1')
    await page.keyboard.press('Enter')
    await page.waitForURL(`${url}/promotions/1`)
    await page.keyboard.press('Control+k')
    await page.keyboard.press('Escape')
    expect(await palette.count()).toBe(0)
    expect(complaints).toEqual([])
  }, 60_000)

  test('draws the part of a chart that is dragged over, where a spike of one step has its value', async () => {
    const world = await runsWorld()
    const metrics = Array.from({ length: 1000 }, (_, step) => ({
      ...{ key: 'loss', step, timestamp: step },
      value: step === 505 ? 9.25 : 1,
    }))
    const run = await world.logRun({ name: 'spiky', metrics })
    const { open, complaints } = await served(world)
    const page = await open(world.ann, `/runs/${run}/charts`)
    const box = await page.locator('.plot > svg').boundingBox()
    if (!box) throw new Error('there is no chart')
    const at = (share: number) => [box.x + box.width * share, box.y + box.height / 2] as const
    await page.mouse.move(...at(0.5))
    await page.mouse.down()
    await page.mouse.move(...at(0.52))
    await page.mouse.up()
    await page.waitForURL(/x0=\d+&x1=\d+/)
    const { searchParams } = new URL(page.url())
    expect(Number(searchParams.get('x0'))).toBeGreaterThan(490)
    expect(Number(searchParams.get('x1'))).toBeLessThan(530)
    await page.locator('summary', { hasText: 'Values' }).click()
    expect(await page.getByRole('cell', { name: '9.25' }).count()).toBe(1)
    await page.keyboard.press('0')
    await page.waitForURL((url) => !url.searchParams.has('x0'))
    expect(complaints).toEqual([])
  }, 60_000)

  test('offers attributes of spans behind their prefix alone, and of how many traces they are', async () => {
    const world = await tracesWorld()
    for (let trace = 1; trace <= 52; trace++) {
      await world.logTrace(trace, {}, [{ id: 1, name: 'llm', attributes: { 'llm model': 'x' } }])
    }
    const { open, complaints } = await served(world)
    const page = await open(world.ann, '/experiments/1/traces')
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    const { keyboard } = page
    await keyboard.press('f')
    await keyboard.type('span')
    await page.getByRole('option', { name: 'span.attributes.' }).waitFor()
    expect(asked.join()).not.toContain('kind=span_attribute')
    await page.getByRole('option', { name: 'span.attributes.' }).click()
    await keyboard.type('mod')
    await page.getByRole('option', { name: '50 of the newest 50 traces' }).click()
    expect(await page.getByRole('option', { name: 'NULL' }).count()).toBe(0)
    await keyboard.type("= 'x'")
    await keyboard.press('Escape')
    await keyboard.press('Enter')
    await page.waitForURL(/q=span\.attributes/)
    expect(await page.getByRole('row').count()).toBe(51)
    expect(complaints).toEqual([])
  }, 60_000)

  test('keeps the runs within the part of an axis that is dragged along', async () => {
    const world = await runsWorld()
    const at = (value: number) => ({ value, step: 0, timestamp: 0 })
    for (const value of [0.92301, 0.92302, 0.92305]) {
      const metrics = [
        { key: 'auc', ...at(value) },
        { key: 'cost', ...at(value * 1000) },
      ]
      await world.logRun({ name: `auc-${value}`, metrics })
    }
    const { open, complaints } = await served(world)
    const page = await open(
      world.ann,
      `/runs/compare?in=1&q=auc-&view=parallel&axis=m.auc&axis=m.cost`,
    )
    const box = await page.locator('[data-axis="m.auc"]').boundingBox()
    if (!box) throw new Error('there is no axis')
    const x = box.x + box.width / 2
    await page.mouse.move(x, box.y + box.height * 0.6)
    await page.mouse.down()
    await page.mouse.move(x, box.y - 20, { steps: 4 })
    await page.mouse.up()
    await page.waitForURL(/from\.m\.auc=0\.9230\d+/)
    expect(new URL(page.url()).searchParams.get('to.m.auc') ?? '').toBe('')
    expect(await page.getByText(/Kept: auc ≥ .*, 1 of 3 runs/).count()).toBe(1)
    expect(await page.locator('.parallel .kept').count()).toBe(1)
    for (const view of ['parallel', 'scatter']) {
      if (view === 'scatter') await page.getByRole('link', { name: 'Scatter' }).click()
      const button = page.getByRole('button', { name: 'PNG' }).first()
      const [picture] = await Promise.all([page.waitForEvent('download'), button.click()])
      expect(picture.suggestedFilename()).toMatch(/auc.*\.png$/)
      const bytes = await readFile(await picture.path())
      expect([...bytes.subarray(1, 4)]).toEqual([...Buffer.from('PNG')])
    }
    await page.goBack()
    await page.getByRole('link', { name: 'Keep all' }).click()
    await page.waitForURL((url) => !url.searchParams.has('from.m.auc'))
    expect(complaints).toEqual([])
  }, 60_000)

  test('saves a table as CSV, a chart as a picture, and copies code', async () => {
    const world = await runsWorld()
    const value = -0.0625
    const metrics = [0, 1].map((step) => ({ key: 'loss', value, step, timestamp: step }))
    const run = await world.logRun({ name: '=wave', metrics })
    const { open, complaints } = await served(world)
    const page = await open(world.ann, '/experiments/1?col=m.loss')
    await page.locator('.foot summary', { hasText: 'CSV' }).click()
    const [table] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('.foot details button').first().click(),
    ])
    const text = await readFile(await table.path(), 'utf8')
    expect(text).toContain(`,${value}`)
    expect(text).toContain(`'=wave`)
    await page.goto(page.url().replace(/experiments.*/, `runs/${run}/charts`))
    const [picture] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'PNG' }).first().click(),
    ])
    const bytes = await readFile(await picture.path())
    expect([...bytes.subarray(1, 4)]).toEqual([...Buffer.from('PNG')])
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([1920, 1080])
    expect(complaints).toEqual([])
  }, 60_000)
})
