import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { runsWorld } from '../../../ui/runs-world.ts'
import { askedWorld } from '../../../ui/world.ts'
import { lacksBrowser } from '../browser.ts'
import { headingOf, mainOf, see, sizes, useStories, wide } from './story.ts'

const isLacking = await lacksBrowser()
const { served, serve, stop } = useStories(isLacking)

const commentOf = (page: Page) => page.locator('[data-part="decide"] textarea').first()
const portOf = (url: string) => Number(new URL(url).port)

describe.skipIf(isLacking)('people', () => {
  test.each(sizes)(
    'lose nothing while the server is away, and send it when it is back: %s',
    async (_, look) => {
      const { url, windowOf, platform, rita, id, call } = await served(await askedWorld())
      const page = await windowOf({ ...look, extraHTTPHeaders: { authorization: rita } })
      const given = async () =>
        (await call(rita, 'GET', `/api/v1/promotions/${id}`)).json.approvals.given
      await page.goto(`${url}/promotions/${id}`)
      const state = page.getByRole('status')
      await state.filter({ hasText: 'Live' }).waitFor()
      await commentOf(page).fill('looks right')
      stop(url)
      await state.filter({ hasText: /^Paused since \d\d:\d\d UTC$/ }).waitFor()
      const approve = page.getByRole('button', { name: 'Approve version 3' })
      await approve.click()
      const note = page.getByRole('alert').filter({ hasText: 'server' })
      await expect
        .poll(() => note.innerText())
        .toBe('The server does not answer. Nothing was sent, and what you typed stays here.')
      expect(await commentOf(page).inputValue()).toBe('looks right')
      await see(page, 'S16.3-away')
      await serve(platform, portOf(url))
      await expect
        .poll(() => note.innerText(), { timeout: 10_000 })
        .toBe('The server answers again. Nothing was sent yet.')
      expect(await given()).toBe(0)
      await state.filter({ hasText: 'Live' }).waitFor()
      await approve.dblclick()
      await page.getByText('looks right').first().waitFor()
      expect(await given()).toBe(1)
      await see(page, 'S16.3-back')
    },
    60_000,
  )

  test('wait where they ask too much, while the page asks again, and no change is sent again', async () => {
    const { platform, ...world } = await runsWorld()
    const busy = { ...platform, settings: { ...platform.settings, rateLimit: 1 } }
    const { url, windowOf, ann, clock } = await served({ ...world, platform: busy })
    const page = await windowOf({ ...wide, extraHTTPHeaders: { authorization: ann } })
    const asked: string[] = []
    page.on('request', (one) => {
      if (one.isNavigationRequest()) asked.push(`${one.method()} ${new URL(one.url()).pathname}`)
    })
    await page.clock.install()
    await page.goto(`${url}/experiments`)
    await page.goto(`${url}/models`)
    const state = page.getByRole('status')
    for (let tries = 1; tries <= 5; tries++) {
      await state.filter({ hasText: /^This page asks again by itself in \d+ s\.$/ }).waitFor()
      if (tries === 1) await see(page, 'busy')
      const read = page.waitForEvent('load')
      await page.clock.fastForward(25_000)
      await read
    }
    await state.filter({ hasText: 'This page asked 5 times more.' }).waitFor()
    await page.clock.fastForward(600_000)
    expect(asked).toEqual(['GET /experiments', ...Array(6).fill('GET /models')])
    clock.pass(1000)
    await page.reload()
    expect(await headingOf(page)).toBe('Models')

    asked.length = 0
    clock.pass(1000)
    await page.goto(`${url}/experiments/new`)
    await page.getByLabel('Name').fill('nightly-2')
    await page.getByRole('button', { name: 'Make experiment' }).click()
    await page.getByText('Nothing was done.').waitFor()
    await page.clock.fastForward(600_000)
    expect(await state.count()).toBe(0)
    expect(asked).toEqual(['GET /experiments/new', 'POST /experiments/new'])
    clock.pass(1000)
    await page.goBack()
    expect(await page.getByLabel('Name').inputValue()).toBe('nightly-2')
  }, 60_000)

  test('come by a link that the client printed, also behind a path, or are told what was not found', async () => {
    const world = await runsWorld()
    const run = await world.logRun({ name: 'printed' })
    const other = await world.logRun({ name: 'other' })
    await world.post('registered-models/create', { name: 'fraud detector' })
    await world.post('model-versions/create', { name: 'fraud detector', source: 's3://b/1' })
    const publicUrl = 'http://127.0.0.1/ml'
    const { url, windowOf, ann, platform } = await served(world)
    const under = await serve({ ...platform, settings: { ...platform.settings, publicUrl } })
    const page = await windowOf({ ...wide, extraHTTPHeaders: { authorization: ann } })
    for (const at of [url, `${under}/ml`]) {
      for (const [link, path, heading] of [
        [`/#/experiments/1/runs/${run}`, `/runs/${run}`, 'printed'],
        ['/#/models/fraud%20detector/versions/1', '/models/fraud%20detector/1', 'version 1'],
        [`/#/compare-runs?runs=["${run}","${other}"]`, '/runs/compare', 'Compare 2 runs'],
      ] as const) {
        await page.goto('about:blank')
        await page.goto(at + link)
        await page.waitForURL(({ pathname }) => pathname === new URL(at + path).pathname)
        expect(await headingOf(page)).toContain(heading)
      }
    }
    const gone = 'f'.repeat(32)
    const answer = await page.goto(`${url}/runs/${gone}`)
    expect(answer?.status()).toBe(404)
    expect(await mainOf(page)).toContain(gone)
    await see(page, 'S16.2')
    await page.getByLabel('Find by name, id or digest').fill(run)
    await page.keyboard.press('Enter')
    await page.waitForURL(`${url}/runs/${run}`)
  }, 60_000)
})
