import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { runsWorld } from '../../../ui/runs-world.ts'
import { lacksBrowser } from '../browser.ts'
import { mainOf, see, useStories, wide } from './story.ts'

const isLacking = await lacksBrowser()
const { served } = useStories(isLacking)

const [points, spikeAt, spike, batch] = [1_000_000, 503_217, 9.25, 1000]

/** A gate asks for a recall that version 3 lacks, and a run has one step of a million that is not as the others. */
async function regressedWorld() {
  const world = await runsWorld()
  const { policy, logRun, post } = world
  await policy({
    gates: [
      { name: 'fair', type: 'metric', metric: 'recall.young', min: 0.8 },
      { name: 'callers', type: 'signature_compatible' },
    ],
  })
  const run = await logRun({ name: 'long' })
  for (let first = 0; first < points; first += batch) {
    const metrics = Array.from({ length: batch }, (_, i) => ({
      ...{ key: 'loss', step: first + i, timestamp: first + i },
      value: first + i === spikeAt ? spike : 1 + ((first + i) % 7) / 100,
    }))
    await post('runs/log-batch', { run_id: run, metrics })
  }
  return { ...world, run }
}

/** Over the part of the chart from one share of its width to another. */
async function drag(page: Page, from: number, to: number): Promise<void> {
  const before = page.url()
  const box = await page.locator('.plot > svg').boundingBox()
  if (!box) throw new Error('there is no chart')
  const at = (share: number) => [box.x + box.width * share, box.y + box.height / 2] as const
  await page.mouse.move(...at(from))
  await page.mouse.down()
  await page.mouse.move(...at(to), { steps: 4 })
  await page.mouse.up()
  await page.waitForURL((url) => url.href !== before)
}

describe.skipIf(isLacking)('people', () => {
  test('spot a regression, and one step of a million that is not as the others', async () => {
    const { url, windowOf, ann, name, run } = await served(await regressedWorld())
    const page = await windowOf({ ...wide, extraHTTPHeaders: { authorization: ann } })
    await page.goto(`${url}/models/${name}`)
    const choice = page.locator('form.chosen-metric')
    await choice.getByRole('combobox').selectOption('recall.young')
    await choice.getByRole('button', { name: 'Show' }).click()
    await page.waitForURL(/metric=recall\.young/)
    const metric = page.getByRole('region', { name: 'recall.young over versions' })
    const figure = metric.getByRole('figure')
    expect(await figure.innerText()).toContain(
      'production-sign-off asks for at least 0.8 in Production',
    )
    expect(await figure.locator('path.line').count()).toBe(1)
    expect(await figure.locator('path.bound').count()).toBe(1)
    const topOf = async (part: string) => (await figure.locator(part).boundingBox())?.y ?? 0
    expect(await topOf('path.broken')).toBeGreaterThan(await topOf('path.bound'))
    // Version 2 is live and 3 in Staging: both have a ring, and their signs stand below.
    expect((await figure.locator('path.staged').getAttribute('d'))?.match(/M/g)).toHaveLength(2)
    expect(await figure.locator('.slots > span').allInnerTexts()).toEqual(['1', '2', '3'])
    expect(await figure.locator('.slots svg').count()).toBe(2)
    const marked = figure.getByRole('list', { name: 'Versions to look at' }).getByRole('listitem')
    expect(await marked.allInnerTexts()).toEqual([
      expect.stringMatching(/Version 3\s+Staging\s+0\.774\s+not at least 0\.8, for Production/),
      expect.stringMatching(/Version 2\s+Production\s+0\.81\s+within/),
    ])
    expect(await marked.first().locator('.bad-text svg').count()).toBe(1)
    await see(page, 'S9.1')

    await page.getByRole('link', { name: 'Compare 2 with 3' }).click()
    await page.waitForURL(/compare\?v=2(,|%2C)3/)
    const recall = page.getByRole('row', { name: /^recall\.young/ })
    expect(await recall.innerText()).toMatch(/0\.81\s+0\.774\s+−0\.036 \(−4\.4 %\) worse/)
    expect(await page.getByRole('row', { name: /^input amount/ }).innerText()).toMatch(
      /double\s+string/,
    )
    expect(await mainOf(page)).toContain('3 breaks callers of 2 (base)')
    await see(page, 'S9.2')

    await page.goto(`${url}/runs/${run}/charts?metric=loss`)
    expect(await page.getByRole('figure').innerText()).toContain('1,000,000 points')
    const heightOfBand = () =>
      page.locator('.plot path.band').evaluate((band: SVGPathElement) => band.getBBox().height)
    // Of 400 units in all.
    expect(await heightOfBand()).toBeGreaterThan(300)
    await see(page, 'S9.3')
    await drag(page, 0.49, 0.51)
    expect(await heightOfBand()).toBeGreaterThan(300)
    const plot = page.locator('.plot > svg')
    const [from, to] = [
      Number(await plot.getAttribute('data-from')),
      Number(await plot.getAttribute('data-to')),
    ]
    const share = (spikeAt - from) / (to - from)
    await drag(page, share - 0.006, share + 0.006)
    // Each point is drawn now, and the spike is what was logged.
    expect(await page.locator('.plot path.band').count()).toBe(0)
    expect(await page.getByRole('figure').innerText()).not.toContain('drawn')
    await page.locator('summary', { hasText: 'Values' }).click()
    expect(await page.getByRole('cell', { name: String(spike), exact: true }).count()).toBe(1)
    await see(page, 'S9.3-zoomed')
  }, 120_000)
})
