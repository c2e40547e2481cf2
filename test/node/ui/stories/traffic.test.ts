import { describe, expect, test } from 'vitest'
import { admin } from '../../../support/auth-server.ts'
import { busyWorld, countsOf } from '../../../ui/deployments-world.ts'
import { lacksBrowser } from '../browser.ts'
import { see, useStories, wide } from './story.ts'

const isLacking = await lacksBrowser()
const { served } = useStories(isLacking)

describe.skipIf(isLacking)('people', () => {
  test('shift traffic, and see the guard act and a process fall silent, as it happens', async () => {
    const world = await served(await busyWorld())
    const { url, windowOf, rita, ann, report, replica, clock, call } = world
    const path = `${url}/deployments/fraud-ab`
    const seen = await windowOf({ ...wide, extraHTTPHeaders: { authorization: rita } })
    await seen.goto(path)
    const content = seen.locator('#content')
    const traffic = seen.locator('[data-part="traffic"]')
    const rowOf = async (name: string) =>
      (await traffic.getByRole('row', { name: new RegExp(`^${name}`) }).innerText())
        .split(/\s+/)
        .join(' ')
    expect(await rowOf('champion')).toMatch(
      /^champion Version 2 Production 90 % [\d.]+ 10,800 0\.1 % 0 % 20\.4 ms 20\.4 ms 20\.4 ms$/,
    )
    expect(await rowOf('challenger')).toMatch(
      /^challenger Version 3 Staging 10 % [\d.]+ 1,146 0 % 2\.1 % 34\.9 ms 40\.4 ms 40\.4 ms$/,
    )
    expect(await rowOf('next')).toMatch(/ 97\.9 % \(564 of 576\) 0\.25 /)
    await see(seen, 'S15.1')

    const page = await windowOf({ ...wide, extraHTTPHeaders: { authorization: ann } })
    await page.goto(path)
    await page.keyboard.press('t')
    await page.getByLabel('champion, %').fill('71')
    await page.getByLabel('challenger, %').fill('30')
    await page.keyboard.press('Enter')
    const alert = page.getByRole('alert')
    expect(await alert.innerText()).toContain('The weights make 101 percent')
    await see(page, 'S15.2-wrong')
    await page.getByLabel('champion, %').fill('70')
    await page.keyboard.press('Enter')
    await page.getByText('20 % of all values of X-User-Id move').waitFor()
    await see(page, 'S15.2')
    await page.getByLabel('Reason').fill('it does well')
    await page.getByRole('button', { name: 'Change traffic of fraud-ab' }).click()
    await page.waitForURL(path)
    await content.getByText('it does well').waitFor()
    // Under the pointer, and with what scripts add to a chart.
    await seen.mouse.move(500, 300)
    clock.pass(10_000)
    await replica('Production', 2)
    await report(countsOf('champion', 2, { requests: 700 }), countsOf('challenger', 3))
    await expect
      .poll(() => rowOf('champion'), { timeout: 10_000 })
      .toMatch(/ Production 70 % [\d.]+ 11,500 /)
    expect(await rowOf('challenger')).toMatch(/ Staging 30 % /)
    await content.getByRole('button', { name: 'PNG' }).first().waitFor()

    await report(countsOf('challenger', 3, { requests: 300, errors: 290 }))
    await content.getByText('the guard acted').first().waitFor()
    // It would move what is under the pointer.
    const band = seen.locator('.notice.bad')
    await seen.getByRole('button', { name: /^Show \d change/ }).click()
    await band.waitFor()
    expect(await band.innerText()).toMatch(
      /The guard took challenger out .*290 of 501 requests within 60 s with errors/s,
    )
    // Where it stands on a page that is loaded now: above the traffic.
    const [bandY, trafficY] = [await band.boundingBox(), await traffic.boundingBox()]
    expect(bandY?.y).toBeLessThan(trafficY?.y ?? 0)
    await see(seen, 'S15.3')
    await band.getByRole('link', { name: 'Its entry in the audit log' }).waitFor()
    const { json } = await call(admin, 'GET', '/api/v1/audit?model=fraud-detector')
    expect(json.items[0]).toMatchObject({
      actor: { name: 'deployment-guard' },
      after: { split: { variants: [{ weight: 70 }, { name: 'challenger', weight: 0 }] } },
    })
    clock.pass(45_001)
    const silent = content.getByRole('row', { name: /Staging/ }).filter({ hasText: /last seen 2/ })
    await silent.waitFor()
    expect(await silent.getAttribute('class')).toBe('soft')
    await see(seen, 'S15.4')
  }, 60_000)
})
