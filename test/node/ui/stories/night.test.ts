import { describe, expect, test } from 'vitest'
import { admin } from '../../../support/auth-server.ts'
import { countsOf, deploymentsWorld } from '../../../ui/deployments-world.ts'
import { lacksBrowser } from '../browser.ts'
import { headingOf, looks, mainOf, press, see, signInAs, useStories } from './story.ts'

const isLacking = await lacksBrowser()
const { served } = useStories(isLacking)

const byAge = [{ slice: 'age<25', metric: 'recall', value: 0.77 }]

/** Version 3 was approved by rita, and version 4 by alice: that one is live, a process runs it, and it fails. */
async function nightWorld() {
  const world = await deploymentsWorld()
  const { call, ann, rita, alice, card, register, ask, id, report, replica, clock } = world
  await register({ metrics: { accuracy: 0.93 }, params: { lr: '0.03' } })
  const merge = async (request: number, version: number, who: string) => {
    const path = `/api/v1/promotions/${request}`
    const passed = { name: 'integration-tests', status: 'passed' }
    const seen = version === 3 ? 1 : 0
    await card(version, { intended_use: 'Rank transactions.', fairness: byAge }, seen)
    await call(admin, 'POST', `${path}/checks`, passed)
    await call(who, 'POST', `${path}/reviews`, { decision: 'approve' })
    const { status, text } = await call(ann, 'POST', `${path}/merge`)
    expect(status, text).toBe(200)
    clock.pass(60_000)
  }
  await merge(id, 3, rita)
  await merge(await ask(4, { stage: 'Production' }, 'better still'), 4, alice)
  await replica('Production', 4)
  clock.pass(10_000)
  await report(countsOf('champion', 4, { requests: 1000, errors: 60 }))
  return world
}

describe.skipIf(isLacking)('people', () => {
  test.each(looks)(
    'roll back at three in the morning by the keyboard alone: %s',
    async (_, look) => {
      const { url, windowOf, call, name, replica } = await served(await nightWorld())
      const log = async () =>
        (await call(admin, 'GET', '/api/v1/audit?action=model_version.rolled_back')).json.items
      const page = await windowOf(look)
      await page.goto(`${url}/models/${name}/stages/Production`)
      await signInAs(page, 'otto')
      await see(page, 'S6.2')
      expect(await headingOf(page)).toContain('version 4')
      const live = await mainOf(page)
      expect(live).toMatch(/approved by alice/)
      const link = page.getByRole('link', { name: /^Roll back Production/ }).first()
      const box = await link.boundingBox()
      expect(box?.y).toBeLessThan(2 * 844)
      await press(link)
      await page.getByText('comes back from Archived').waitFor()
      const asked = await page.locator('.dialog').last().innerText()
      expect(asked).toMatch(/Version 3 comes back from Archived: it was there before/)
      expect(asked).toMatch(/Request #1 brought it in then, .* UTC, approved by rita\./)
      expect(asked).toContain('Version 4 goes to Archived.')
      expect(asked).toContain(
        'No approval is needed: a request under production-sign-off brought it in before.',
      )
      await see(page, 'S6.3')
      const button = page.getByRole('button', { name: 'Roll back Production' })
      await press(button)
      const reason = page.getByLabel('Reason')
      expect(await reason.evaluate((field) => field.matches(':invalid'))).toBe(true)
      await reason.fill('declines good customers')
      // A double tap: what is sent again is refused, since another version is there.
      await button.dblclick()
      await page
        .getByText(/nothing was done|Version 3 is there/)
        .or(page.getByLabel('As it was at'))
        .first()
        .waitFor()
      await expect.poll(() => log()).toHaveLength(1)
      await page.goto(`${url}/models/${name}/stages/Production`)
      expect(await headingOf(page)).toContain('version 3')
      expect(await log()).toMatchObject([
        { actor: { name: 'otto' }, reason: 'declines good customers', version: '3' },
      ])
      await page.goBack()
      await page.reload()
      expect(await log()).toHaveLength(1)

      await page.goto(`${url}/models/${name}/serving`)
      await page.getByText('another than it should').waitFor()
      await see(page, 'S6.4-before')
      await replica('Production', 3)
      if (look.javaScriptEnabled === false) await page.reload()
      await page.getByText('as it should').first().waitFor()
      await see(page, 'S6.4')
      const idas = await windowOf({ ...look, extraHTTPHeaders: { authorization: admin } })
      await idas.goto(`${url}/models/${name}`)
      expect(await mainOf(idas)).toMatch(
        /otto rolled fraud-detector version 3 back from Archived .*: declines good customers/,
      )
      await see(idas, 'S6.4-timeline')
    },
    60_000,
  )
})
