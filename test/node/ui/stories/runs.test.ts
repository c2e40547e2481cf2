import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { runsWorld } from '../../../ui/runs-world.ts'
import { lacksBrowser } from '../browser.ts'
import { headingOf, mainOf, press, see, useStories, wide } from './story.ts'

const isLacking = await lacksBrowser()
const { served } = useStories(isLacking)

const [allRuns, goodRuns, bestRuns] = [10_000, 1204, 20]

/** Too long for a column that cuts names. */
const nameOf = (i: number) => `gradient boosting on transactions of the night, try ${i}`

/**
 * 10,000 runs. With two that the world has, 1,204 are forests above 0.9. The best 20 of them were logged first: each has a
 * rate of its own, but for the best one, which has none; four reach 0.95.
 */
async function manyRunsWorld() {
  const world = await runsWorld()
  for (let i = 0; i < allRuns; i++) await world.logRun(runOf(i))
  return world
}

function runOf(i: number) {
  const [rank, isForest] = [Math.floor(i / 2), i % 2 === 0]
  const isBest = isForest && rank < bestRuns
  const last = accuracyOf(rank, isBest)
  const rate = { key: 'lr', value: String(0.001 * (1 + (rank % 50))) }
  return {
    name: nameOf(i),
    metrics: (isBest ? [last / 2, last] : [last]).map((value, step) => ({
      ...{ key: 'accuracy', value, step, timestamp: step },
    })),
    params: [
      { key: 'model', value: isForest ? 'rf' : 'xgb' },
      { key: 'depth', value: '6' },
      ...(i === 0 ? [] : [rate]),
    ],
  }
}

function accuracyOf(rank: number, isBest: boolean): number {
  if (isBest) return rank < 4 ? 0.956 - rank / 1000 : 0.9299 - rank / 20_000
  return rank < goodRuns - 2 ? 0.9001 : 0.5
}

const drawingOf = (page: Page) => page.locator('.parallel svg').evaluate((svg) => svg.outerHTML)

const scrollOf = (page: Page) => page.evaluate(() => scrollY)

describe.skipIf(isLacking)('people', () => {
  test('compare 20 of 10,000 runs by the keyboard alone, and send what they see', async () => {
    const { ann, url, windowOf } = await served(await manyRunsWorld())
    const asAnn = { ...wide, extraHTTPHeaders: { authorization: ann } }
    const page = await windowOf(asAnn)
    const { keyboard } = page
    const table = await page.goto(`${url}/experiments/1`)
    const html = (await table?.text()) ?? ''
    expect(html.match(/<tr>/g)).toHaveLength(101)
    expect(Buffer.byteLength(html)).toBeLessThan(100_000)
    await see(page, 'S8.1')
    await keyboard.press('f')
    await keyboard.type('start_time > -')
    await page.getByRole('option', { name: '-7d' }).waitFor()
    await keyboard.press('Control+a')
    await keyboard.type('metrics.acc')
    await page.getByRole('option', { name: /metrics.accuracy/ }).waitFor()
    await keyboard.press('ArrowDown')
    await keyboard.press('Enter')
    await keyboard.type('> 0.9 AND params.model = rf')
    await keyboard.press('Escape')
    await keyboard.press('Enter')
    await page.locator('mark', { hasText: 'rf' }).waitFor()
    await see(page, 'S8.2-mistake')
    await press(page.getByRole('link', { name: "Use 'rf' there" }))
    await page.waitForURL(/rf%27/)
    expect(await mainOf(page)).toContain('100 runs on this page of 1,204 that match')
    await see(page, 'S8.2')

    await press(page.getByRole('link', { name: 'accuracy', exact: true }))
    await page.waitForURL(/sort=-m\.accuracy/)
    for (let i = 0; i < bestRuns; i++) {
      await keyboard.press('j')
      await keyboard.press('x')
    }
    // On to where the first rows are out of sight.
    for (let i = 0; i < 20; i++) await keyboard.press('j')
    const scrolled = await scrollOf(page)
    expect(scrolled).toBeGreaterThan(0)
    await keyboard.press('c')
    await page.waitForURL(/\/runs\/compare/)

    expect(await headingOf(page)).toBe('Compare 20 runs')
    const params = page.getByRole('table', { name: 'Params of the runs' })
    expect(await params.getByRole('row', { name: /^(model|depth)/ }).count()).toBe(0)
    expect(await params.getByRole('row', { name: /^lr/ }).count()).toBe(1)
    const names = Array.from({ length: bestRuns }, (_, i) => nameOf(2 * i))
    expect((await params.getByRole('columnheader').allInnerTexts()).slice(1)).toEqual(names)
    expect(
      await params
        .getByRole('columnheader')
        .evaluateAll((heads) => heads.some((one) => one.scrollWidth > one.clientWidth)),
    ).toBe(false)
    const lines = await page.locator('#chart .plot path.line').evaluateAll((paths) =>
      paths.map((path) => {
        const { stroke, strokeDasharray } = getComputedStyle(path)
        return `${stroke} ${strokeDasharray}`
      }),
    )
    expect(lines).toHaveLength(bestRuns)
    expect(new Set(lines).size).toBe(bestRuns)
    await see(page, 'S8.4')

    await press(page.getByRole('link', { name: 'Parallel coordinates' }))
    await page.waitForURL(/view=parallel/)
    await press(page.getByText('Keep a part of an axis'))
    await page.getByLabel('accuracy from').focus()
    await keyboard.type('0.95')
    await keyboard.press('Enter')
    await page.waitForURL(/from\.m\.accuracy=0\.95/)
    expect(await mainOf(page)).toContain('Kept: accuracy ≥ 0.95, 4 of 20 runs.')
    const threads = await page
      .locator('.parallel .thread')
      .evaluateAll((paths) => paths.map((path) => path.getAttribute('d')).join(''))
    expect(threads.match(/M/g)).toHaveLength(4)
    // The best has no rate: its line goes through a lane of its own.
    expect(threads).toMatch(/\d 392(L|M|$)/)
    expect(await page.getByRole('row', { name: `${nameOf(0)} no value` }).count()).toBe(1)
    await see(page, 'S8.5')

    const other = await windowOf(asAnn)
    await other.goto(page.url())
    expect(await mainOf(other)).toBe(await mainOf(page))
    expect(await drawingOf(other)).toBe(await drawingOf(page))
    // What was kept, the view, the comparison: each is an address that one comes back from.
    for (const back of [/view=parallel/, /\/runs\/compare\?ids=/, /sort=-m\.accuracy/]) {
      await page.goBack()
      await page.waitForURL(back)
    }
    expect(await page.getByLabel('Filter, or words of a name').inputValue()).toBe(
      "metrics.accuracy > 0.9 AND params.model = 'rf'",
    )
    expect(await page.locator('th[aria-sort="descending"]').innerText()).toContain('accuracy')
    await expect.poll(() => scrollOf(page)).toBe(scrolled)
    expect(await page.getByRole('checkbox', { name: /^Select/, checked: true }).count()).toBe(
      bestRuns,
    )
  }, 120_000)
})
