import type { Locator, Page, Response } from 'playwright-core'
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
  const { call, ann, rita, alice, card, register, ask, id, report, replica, clock, user } = world
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
  await replica('Production', 4, second)
  clock.pass(10_000)
  await report(countsOf('champion', 4, { requests: 1000, errors: 60 }))
  const ida = await user('ida')
  await call(admin, 'POST', '/api/v1/grants', {
    ...{ principal: 'user:ida', action: 'read_audit', models: '*' },
  })
  return { ...world, ida }
}

/** Another process that follows the same. */
const second = { replica: 'Production-2', host: 'scorer-2' }

/** In 3 s of 400 kbit come 150 kB, of which a third is left for what a connection takes to begin. */
const bytesMax = 100_000

/** Bytes of all answers that a window gets until it has loaded what is at an address. */
async function bytesOf(page: Page, address: string): Promise<number> {
  const answers: Response[] = []
  page.on('response', (answer) => answers.push(answer))
  await page.goto(address)
  const ended = answers.filter((answer) => !answer.url().includes('/events'))
  const sizes = await Promise.all(ended.map((answer) => answer.request().sizes()))
  return sizes.reduce((sum, one) => sum + one.responseBodySize + one.responseHeadersSize, 0)
}

async function footOf(part: Locator): Promise<number> {
  const box = await part.boundingBox()
  if (!box) throw new Error('it is not shown')
  return box.y + box.height
}

describe.skipIf(isLacking)('people', () => {
  test.each(looks)(
    'roll back at three in the morning by the keyboard alone: %s',
    async (_, look) => {
      const { url, windowOf, call, name, replica, ida } = await served(await nightWorld())
      const hasScript = look.javaScriptEnabled !== false
      const log = async () =>
        (await call(admin, 'GET', '/api/v1/audit?action=model_version.rolled_back')).json.items
      const page = await windowOf(look)
      await page.goto(`${url}/models/${name}/stages/Production`)
      await signInAs(page, 'otto')
      await see(page, 'S6.2')
      expect(await headingOf(page)).toContain('version 4')
      const live = await mainOf(page)
      expect(live).toMatch(/since 20[\d-]+ [\d:]+ UTC, moved by ann, approved by alice/)
      expect(live).toMatch(
        /fraud-ab:\s+errors 6\s%, more than the 5\s% of its guard\s+of 1,000 requests/,
      )
      const link = page.getByRole('link', { name: /^Roll back Production/ }).first()
      expect(await footOf(page.getByText('errors 6 %'))).toBeLessThan(2 * 844)
      expect(await footOf(link)).toBeLessThan(2 * 844)
      // Whoever is signed in on another phone, which has nothing of the server yet.
      const slow = await windowOf({ ...look, extraHTTPHeaders: { authorization: ida } })
      const loaded = await bytesOf(slow, `${url}/models/${name}/stages/Production`)
      expect(loaded).toBeGreaterThan(10_000)
      expect(loaded).toBeLessThan(bytesMax)
      await slow.goto(`${url}/models/${name}`)
      const board = slow.getByRole('region', { name: 'Production', exact: true })
      expect(await board.innerText()).toContain('Version 4')
      if (hasScript) await slow.getByRole('status').filter({ hasText: 'Live' }).waitFor()

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
      // It comes by itself to who looks on.
      if (hasScript) await board.getByText('Version 3').waitFor()
      await page.goto(`${url}/models/${name}/stages/Production`)
      expect(await headingOf(page)).toContain('version 3')
      expect(await log()).toMatchObject([
        { actor: { name: 'otto' }, reason: 'declines good customers', version: '3' },
      ])
      await page.goBack()
      await page.reload()
      expect(await log()).toHaveLength(1)

      if (hasScript) await page.clock.install()
      await page.goto(`${url}/models/${name}/serving`)
      const drifted = page.getByText('another than it should')
      const same = page.getByText('as it should')
      expect([await drifted.count(), await same.count()]).toEqual([2, 0])
      await see(page, 'S6.4-before')
      for (const [i, which] of [{}, second].entries()) {
        await replica('Production', 3, which)
        if (hasScript) await page.clock.fastForward(5000)
        else await page.reload()
        await expect.poll(() => same.count()).toBe(i + 1)
      }
      expect(await drifted.count()).toBe(0)
      await see(page, 'S6.4')
      const idas = await windowOf({ ...look, extraHTTPHeaders: { authorization: ida } })
      await idas.goto(`${url}/models/${name}`)
      const entry = idas
        .getByRole('listitem')
        .filter({ hasText: 'otto rolled fraud-detector version 3 back' })
      expect(await entry.innerText()).toMatch(/from Archived .*: declines good customers/)
      expect(await entry.locator('time').getAttribute('datetime')).toMatch(/^20.*Z$/)
      await see(idas, 'S6.4-timeline')
    },
    60_000,
  )
})
