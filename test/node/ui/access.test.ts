import { describe, expect, test } from 'vitest'
import { runsWorld } from '../../ui/runs-world.ts'
import { askedWorld } from '../../ui/world.ts'
import { faultsOf, lacksBrowser, useBrowser } from './browser.ts'

const isLacking = await lacksBrowser()
const { openContext, serve } = useBrowser(isLacking)

/** As WCAG 1.4.12 has it: nothing may be lost where a reader spaces texts so. */
const spacing = `* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
  p { margin-block-end: 2em !important }`

/** What is wrong with pages at the width that 1280 pixels have at 400 %, without script, as they are and with texts spaced. */
async function narrowFaults(url: string, who: string, paths: readonly string[]) {
  const context = await openContext({
    viewport: { width: 320, height: 256 },
    javaScriptEnabled: false,
    bypassCSP: true,
    extraHTTPHeaders: { authorization: who },
  })
  const faults: string[] = []
  for (const path of paths) {
    const page = await context.newPage()
    await page.goto(url + path)
    const found = await faultsOf(page, { isScriptOff: true })
    await page.addStyleTag({ content: spacing })
    const wide = await page.evaluate(() => {
      const { clientWidth, scrollWidth } = document.documentElement
      if (scrollWidth <= clientWidth) return []
      return [...document.querySelectorAll('body *')]
        .filter(
          (one) => !one.closest('.region, pre') && one.getBoundingClientRect().right > clientWidth,
        )
        .map((one) => one.outerHTML.slice(0, 120))
    })
    if (wide.length > 0) found.push(`with texts spaced it scrolls sideways: ${wide.at(-1)}`)
    faults.push(...found.map((fault) => `${path}: ${fault}`))
    await page.close()
  }
  return faults
}

describe.skipIf(isLacking)('at 320 pixels, without script', () => {
  test('the pages of models and requests scroll one way, are accessible, and take spaced texts', async () => {
    const { platform, ann, name } = await askedWorld()
    const url = await serve(platform)
    const model = `/models/${name}`
    const paths = [
      ...['/', '/models', '/promotions', '/promotions/1', model, `${model}/3`, `${model}/versions`],
      ...[`${model}/compare?v=2,3`, `${model}/3/gates`, `${model}/3/change`, `${model}/3/promote`],
      ...[`${model}/access`, '/settings/policies', '/profile', '/find?q=fraud', '/signin', '/docs'],
    ]
    expect(await narrowFaults(url, ann, paths)).toEqual([])
  }, 120_000)

  test('so do those of experiments and runs', async () => {
    const { platform, ann, logRun } = await runsWorld()
    const metrics = [0, 1, 2].map((step) => ({
      key: 'loss',
      step,
      timestamp: step,
      value: 1 / (step + 1),
    }))
    const [one, other] = [
      await logRun({ name: 'one', metrics }),
      await logRun({ name: 'other', metrics }),
    ]
    const url = await serve(platform)
    const paths = [
      ...[
        '/experiments',
        '/experiments/1',
        '/experiments/1?q=params.model%20=%20rf',
        `/runs/${one}`,
      ],
      ...[
        `/runs/${one}/charts`,
        `/runs/compare?ids=${one},${other}`,
        '/runs/compare?in=1&view=charts',
      ],
      ...['/runs/compare?in=1&view=scatter', `/runs/${one}/change`, '/datasets'],
    ]
    expect(await narrowFaults(url, ann, paths)).toEqual([])
  }, 120_000)
})
