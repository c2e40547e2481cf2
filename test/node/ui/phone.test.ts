import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { admin } from '../../support/auth-server.ts'
import { busyWorld } from '../../ui/deployments-world.ts'
import { askedWorld } from '../../ui/world.ts'
import { lacksBrowser, useBrowser } from './browser.ts'

const isLacking = await lacksBrowser()
const { openContext, serve } = useBrowser(isLacking)

const phone = { width: 390, height: 844 }
const wide = { width: 1440, height: 900 }

async function windowOf(authorization: string, viewport = phone): Promise<Page> {
  const context = await openContext({
    viewport,
    javaScriptEnabled: false,
    extraHTTPHeaders: { authorization },
  })
  return context.newPage()
}

/** Cards that have to be moved sideways to be read. */
const scrolling = (page: Page) =>
  page
    .locator('main .cards')
    .evaluateAll((regions) =>
      regions
        .filter((region) => region.scrollWidth > region.clientWidth)
        .map((region) => region.getAttribute('aria-label')),
    )

describe.skipIf(isLacking)('on a phone, without script', () => {
  test('models, requests, variants, processes and gates are cards that say what each value is', async () => {
    const { platform, ann } = await busyWorld()
    const url = await serve(platform)
    const page = await windowOf(ann)
    for (const [path, label, value] of [
      ['/', 'Live', 'Production 2'],
      ['/models', 'Changed', 'UTC'],
      ['/promotions', 'First blocker', 'approval'],
      ['/models/fraud-detector', 'Approvals', '0 of 1'],
      ['/datasets/9f2c01aa', 'What can be done', 'Roll back Production'],
      ['/promotions/1', 'Value and limit', 'fairness is empty'],
      ['/experiments', 'Runs', '3'],
      ['/deployments/fraud-ab', 'p95', 'ms'],
      ['/deployments/fraud-ab', 'Agreement', '564 of 576'],
      ['/deployments/fraud-ab', 'Requests seen', 'of 50'],
      ['/deployments/fraud-ab', 'Should run', 'Version 2'],
      ['/deployments/fraud-ab', 'Mean, with its 95 % interval', '0.4'],
      ['/deployments/fraud-ab', 'Split', 'challenger'],
    ] as const) {
      await page.goto(url + path)
      const cell = page.locator(`.cards td[data-label="${label}"]`).filter({ hasText: value })
      await expect(cell.first().isVisible(), path).resolves.toBe(true)
      const shown = await cell
        .first()
        .evaluate((td) => getComputedStyle(td, '::before').getPropertyValue('content'))
      expect(shown, path).toBe(`"${label}"`)
      expect(await scrolling(page), path).toEqual([])
      // They are rows of a table to readers of the screen.
      expect(await page.getByRole('table').first().getByRole('row').count(), path).toBeGreaterThan(
        1,
      )
    }
    const share = page.getByLabel('Share of champion')
    expect((await share.boundingBox())?.width).toBeGreaterThan(300)
    await page.goto(`${url}/promotions`)
    await page.getByRole('link', { name: 'Review #1' }).click()
    await page.waitForURL(`${url}/promotions/1`)
    const desk = await windowOf(ann, wide)
    await desk.goto(`${url}/promotions`)
    expect(await desk.getByRole('link', { name: 'Review #1' }).count()).toBe(0)
  }, 60_000)

  test('the filter of the audit log is folded, and says how much of it is set', async () => {
    const { platform } = await askedWorld()
    const url = await serve(platform)
    const page = await windowOf(admin)
    await page.goto(`${url}/audit?model=fraud-detector&actor=ann`)
    const field = page.getByLabel('Model', { exact: true })
    expect(await field.isVisible()).toBe(false)
    await page.getByText('Filter: 2 fields set').click()
    await field.fill('churn')
    await page.getByRole('button', { name: 'Filter' }).click()
    await page.waitForURL(/model=churn/)
    await page.goto(`${url}/audit?since=yesterday-ish`)
    expect(await field.isVisible()).toBe(true)
    const desk = await windowOf(admin, wide)
    await desk.goto(`${url}/audit`)
    expect(await desk.getByLabel('Model', { exact: true }).isVisible()).toBe(true)
    expect(await desk.locator('.fold > summary').isVisible()).toBe(false)
  }, 60_000)

  test('what differs between a few runs, and the runs of a drawing, are cards', async () => {
    const { platform, ann, mlflow } = await askedWorld()
    const url = await serve(platform)
    const page = await windowOf(ann)
    const found = await mlflow(ann, 'POST', 'runs/search', { experiment_ids: ['1'] })
    const ids = found.json.runs.map(({ info }: { info: { run_id: string } }) => info.run_id)
    const [, second] = found.json.runs
    const compared = `${url}/runs/compare?ids=${ids.join(',')}`
    for (const [view, label, value] of [
      ['', second.info.run_name, 'worse'],
      ['&view=parallel', 'lr', '0.02'],
      ['&view=scatter', 'lr', '0.02'],
    ] as const) {
      await page.goto(compared + view)
      const cell = page.locator(`.cards td[data-label="${label}"]`).filter({ hasText: value })
      expect(await cell.first().isVisible(), view).toBe(true)
      expect(await scrolling(page), view).toEqual([])
    }
  }, 60_000)

  test('what was in a stage at a moment is a card for each model', async () => {
    const { platform } = await askedWorld()
    const url = await serve(platform)
    const page = await windowOf(admin)
    await page.goto(`${url}/audit/as-of`)
    const cell = page.locator('.cards td[data-label="Asked by"]').filter({ hasText: 'ann' })
    expect(await cell.isVisible()).toBe(true)
    expect(await scrolling(page)).toEqual([])
  }, 60_000)

  test('what a page is for stays at the lower edge, and covers nothing', async () => {
    const { platform, ann } = await busyWorld()
    const url = await serve(platform)
    const page = await windowOf(ann)
    for (const [path, name] of [
      ['/models/fraud-detector', 'Review #1'],
      ['/models/fraud-detector/3', 'Promote…'],
      ['/deployments/fraud-ab', 'Change traffic…'],
    ] as const) {
      await page.goto(url + path)
      const bar = page.locator('.actions').getByRole('link', { name, exact: true })
      const atTop = await bar.boundingBox()
      expect(atTop?.y ?? 0, path).toBe(phone.height - (atTop?.height ?? 0))
      expect(atTop?.height, path).toBeGreaterThanOrEqual(56)
      expect(atTop?.width, path).toBe(phone.width)
      await page.getByRole('link', { name: 'API reference' }).last().scrollIntoViewIfNeeded()
      const foot = await page.locator('.foot').boundingBox()
      await page.keyboard.press('End')
      expect((foot?.y ?? 0) + (foot?.height ?? 0), path).toBeLessThanOrEqual((atTop?.y ?? 0) + 1)
      await bar.click()
    }
    await page.waitForURL(/traffic$/)
    // The end of a long form too.
    await page.goto(`${url}/models/fraud-detector/3/card`)
    const save = await page.getByRole('button', { name: 'Save card' }).boundingBox()
    expect((save?.y ?? 0) + (save?.height ?? 0)).toBeLessThanOrEqual(phone.height)
  }, 60_000)
})
