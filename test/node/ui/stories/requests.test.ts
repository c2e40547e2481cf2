import type { Locator, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { admin } from '../../../support/auth-server.ts'
import { askedWorld } from '../../../ui/world.ts'
import { lacksBrowser } from '../browser.ts'
import {
  headingOf,
  isInView,
  looks,
  mainOf,
  press,
  see,
  signInAs,
  sizes,
  useStories,
  wide,
} from './story.ts'

const isLacking = await lacksBrowser()
const { served } = useStories(isLacking)

const byAge = [{ slice: 'age<25', metric: 'recall', value: 0.77 }]

type World = Awaited<ReturnType<typeof askedWorld>>

/** The pipeline that neither ann nor an author runs. */
const passed = ({ call, id }: Pick<World, 'call' | 'id'>) =>
  call(admin, 'POST', `/api/v1/promotions/${id}/checks`, {
    name: 'integration-tests',
    status: 'passed',
  })

/** As ann's script asks for it. */
const moveOf = ({ mlflow, ann, name }: Pick<World, 'mlflow' | 'ann' | 'name'>) =>
  mlflow(ann, 'POST', 'model-versions/transition-stage', {
    ...{ name, version: '3', stage: 'Production' },
    archive_existing_versions: true,
  })

const commentOf = (page: Page) => page.getByLabel('Comment').first()

const isFocused = (field: Locator) => field.evaluate((one) => one === document.activeElement)

describe.skipIf(isLacking)('people', () => {
  test.each(looks)(
    'review and sign by the keyboard alone: %s',
    async (_, look) => {
      const world = await served(await askedWorld())
      const { url, windowOf, call, name } = world
      const hasScript = look.javaScriptEnabled !== false
      await passed(world)
      const refused = await moveOf(world)
      const address = /http:\S+\/promotions\/\d+/.exec(refused.json.message)?.[0] ?? ''
      const path = new URL(address).pathname
      const page = await windowOf(look)
      await page.goto(url + path)
      await see(page, 'S2.1')
      await signInAs(page, 'rita')
      expect(new URL(page.url()).pathname).toBe(path)
      const first = await mainOf(page)
      expect(await headingOf(page)).toMatch(/fraud-detector 2 → 3 into\s+Production/)
      expect(first).toMatch(/accuracy[\s\S]*0\.918[\s\S]*0\.923[\s\S]*\+0\.005 \(\+0\.5 %\) better/)
      expect(first).toMatch(/card\s+fairness is empty/)
      expect(first).toContain(
        '0 of 1 given. Who may give it: the group ml-approvers. You may approve.',
      )
      // Of the first screen: the blockers, and on a wide one the metrics and the form.
      expect(await isInView(page.getByText('fairness is empty').first())).toBe(true)
      if (hasScript) {
        expect(await isInView(page.getByText('+0.005 (+0.5 %) better'))).toBe(true)
        expect(await isInView(page.getByRole('button', { name: 'Approve version 3' }))).toBe(true)
      }
      await see(page, 'S2.2')

      if (hasScript) await commentOf(page).pressSequentially('looks ri')
      const anns = await windowOf(look)
      await anns.goto(url + path)
      await signInAs(anns, 'ann')
      await press(anns.getByRole('link', { name: 'the card' }))
      for (const [field, value] of [
        ['Slice', 'age<25'],
        ['Metric', 'recall'],
        ['Value', '0.77'],
      ]) {
        await anns.getByLabel(`${field} 1`, { exact: true }).fill(value ?? '')
      }
      await see(anns, 'S2.3-card')
      await press(anns.getByRole('button', { name: 'Save card' }))
      if (hasScript) {
        await page.getByText('fairness is empty').first().waitFor({ state: 'detached' })
        expect(await commentOf(page).inputValue()).toBe('looks ri')
        await see(page, 'S2.3-typing')
        // She is at work in the form, so that changes when she says so.
        await press(page.getByRole('button', { name: /^Show 1 change/ }))
        await page.getByText('card revision 2 and 1 policy').waitFor()
        expect(await commentOf(page).inputValue()).toBe('looks ri')
      } else await page.reload()
      expect(await mainOf(page)).toContain('intended_use, fairness filled in')
      await see(page, 'S2.3')

      expect(await mainOf(page)).toMatch(
        /You decide about these files \([0-9a-f]{8}\), card revision 2 and 1 policy/,
      )
      await press(page.getByRole('button', { name: 'Approve version 3' }))
      await page.getByText('Nothing blocks it. 1 of 1 approval given.').waitFor()
      expect(await mainOf(page)).toMatch(/rita approved/)
      await see(page, 'S2.4')
      await anns.goto(url + path)
      await press(anns.getByRole('button', { name: 'Merge version 3 now' }))
      await anns.getByText(/^merged by ann/).waitFor()
      await see(anns, 'S2.5')
      await anns.goto(`${url}/models/${name}`)
      const board = await mainOf(anns)
      expect(board).toMatch(/Production[\s\S]*3/)
      const { json } = await call(admin, 'GET', '/api/v1/audit?action=model_version.transitioned')
      expect(json.items[0]).toMatchObject({
        ...{ model: name, version: '3' },
        approvers: [{ name: 'rita' }],
      })
      const stages = await Promise.all(
        [2, 3].map((version) =>
          world.call(admin, 'GET', `/api/v1/models/${name}/versions/${version}`),
        ),
      )
      expect(stages.map((one) => one.json.stage)).toEqual(['Archived', 'Production'])
      expect((await moveOf(world)).status).toBe(200)
    },
    60_000,
  )

  test.each(looks)(
    'sign what they saw, and nothing else: %s',
    async (_, look) => {
      const { url, windowOf, card, call, rita, id } = await served(await askedWorld())
      const given = async () =>
        (await call(rita, 'GET', `/api/v1/promotions/${id}`)).json.approvals.given
      const page = await windowOf(look)
      await page.goto(`${url}/promotions/${id}`)
      await signInAs(page, 'rita')
      await commentOf(page).fill('as agreed on Monday')
      // The page of a browser that follows events would show the change before she sends.
      await page.context().setOffline(true)
      const limits = 'Blind to vouchers and to gift cards.'
      await card(
        3,
        { intended_use: 'Rank transactions for review.', limitations: limits, fairness: byAge },
        1,
      )
      await page.context().setOffline(false)
      await page.getByRole('button', { name: 'Approve version 3' }).click()
      expect(await page.getByRole('alert').innerText()).toMatch(
        /nothing was done: the model card is at revision 2, not 1/,
      )
      const changed = page.getByRole('region', { name: /^What the card changed/ })
      expect(await changed.getByRole('heading').innerText()).toBe(
        'What the card changed since you opened this page (revision 1 → 2)',
      )
      expect(await changed.locator('ins').allInnerTexts()).toEqual([' and to gift cards'])
      expect(await commentOf(page).inputValue()).toBe('as agreed on Monday')
      expect(await given()).toBe(0)
      await see(page, 'S3.2')
      await page.getByRole('button', { name: 'Approve version 3' }).click()
      await page
        .getByText(/rita approved/)
        .first()
        .waitFor()
      expect(await given()).toBe(1)
      await card(3, { intended_use: 'Rank.', fairness: byAge }, 2)
      await page.reload()
      expect(await mainOf(page)).toContain('dismissed: the model card changed since')
      expect(await given()).toBe(0)
      await see(page, 'S3.3')
    },
    60_000,
  )

  test.each(sizes)(
    'reject with a reason, which whoever asked reads among their requests and answers: %s',
    async (_, look) => {
      const { url, windowOf, id, name, call, rita } = await served(await askedWorld())
      const page = await windowOf(look)
      await page.goto(`${url}/promotions/${id}`)
      await signInAs(page, 'rita')
      await page.getByRole('button', { name: 'Reject' }).click()
      await page.getByRole('alert').waitFor()
      expect(await commentOf(page).getAttribute('aria-invalid')).toBe('true')
      expect(await isFocused(commentOf(page))).toBe(true)
      const asked = await call(rita, 'GET', `/api/v1/promotions/${id}`)
      expect(asked.json).toMatchObject({ status: 'open', reviews: [] })
      await see(page, 'S4.1')
      await commentOf(page).fill('recall of the young fell')
      await page.getByRole('button', { name: 'Reject' }).click()
      await page.getByText(/^rejected by rita/).waitFor()
      const anns = await windowOf(look)
      await anns.goto(`${url}/promotions?view=mine`)
      await signInAs(anns, 'ann')
      expect(await mainOf(anns)).toContain('rita: recall of the young fell')
      await see(anns, 'S4.2')
      await anns.getByRole('link', { name: '#1', exact: true }).click()
      expect(await mainOf(anns)).toContain('How they stood when it ended is not kept.')
      expect(await anns.getByRole('button', { name: /^Merge/ }).count()).toBe(0)
      await see(anns, 'S4.3')
      await anns.getByRole('link', { name: 'Ask again…' }).click()
      const reason = anns.getByLabel('Reason')
      await reason.waitFor()
      const quoted = 'Again after #1, which rita rejected:\n> recall of the young fell\n\n'
      expect(await reason.inputValue()).toBe(quoted)
      await see(anns, 'S4.3-again')
      await reason.fill(`${quoted}Better on the young of November.`)
      await anns.getByRole('button', { name: 'Open request' }).click()
      await anns.waitForURL(`${url}/promotions/2`)
      expect(await mainOf(anns)).toMatch(/which rita rejected:[\s\S]*Better on the young/)
      await see(anns, 'S4.3-asked')
      // Of another model, or still open, nothing is quoted.
      await anns.goto(`${url}/models/${name}/3/promote?to=Production&after=2`)
      expect(await reason.inputValue()).toBe('')
    },
    60_000,
  )

  test.each(sizes)(
    'are told why they may not: %s',
    async (_, look) => {
      const { url, windowOf, name, id, call, ann, eve } = await served(await askedWorld())
      const anns = await windowOf(look)
      await anns.goto(`${url}/promotions/${id}`)
      await signInAs(anns, 'ann')
      expect(await anns.getByRole('button', { name: /^Approve/ }).count()).toBe(0)
      expect(await anns.getByRole('region', { name: 'Review' }).innerText()).toContain(
        'the requester may not approve',
      )
      expect(await mainOf(anns)).not.toContain('You may approve')
      await see(anns, 'S5.1')
      const eves = await windowOf(look)
      await eves.goto(`${url}/models/${name}`)
      const [answer] = await Promise.all([
        eves.waitForResponse((res) => res.url().endsWith(`/models/${name}`)),
        signInAs(eves, 'eve'),
      ])
      expect(answer.status()).toBe(403)
      const refusal = await mainOf(eves)
      expect(refusal).toContain("READ on registered model 'fraud-detector' is needed")
      expect(refusal).not.toMatch(/Production|0\.9|Scores|risk|ann/)
      await see(eves, 'S5.3')
      const approve = { decision: 'approve' }
      for (const who of [ann, eve]) {
        const { status } = await call(who, 'POST', `/api/v1/promotions/${id}/reviews`, approve)
        expect(status).toBe(403)
      }
      const { json } = await call(admin, 'GET', '/api/v1/audit?action=request.refused')
      expect(json.items).toMatchObject([{ actor: { name: 'eve' } }, { actor: { name: 'ann' } }])
    },
    60_000,
  )

  test('are told that a name which is only claimed signs nothing', async () => {
    const { platform, ...world } = await askedWorld()
    const open = { ...platform, settings: { ...platform.settings, auth: false } }
    const { url, windowOf } = await served({ ...world, platform: open })
    const page = await windowOf(wide)
    await page.goto(`${url}/profile`)
    await page.getByLabel('Call me').fill('rita')
    await page.getByRole('button', { name: 'Keep the name' }).click()
    await page.goto(`${url}/promotions/${world.id}`)
    expect(await page.getByRole('button', { name: /^Approve/ }).count()).toBe(0)
    expect(await mainOf(page)).toContain('a claimed name does not count')
    const { status } = await fetch(`${url}/api/v1/promotions/${world.id}/reviews`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-gatehouse-actor': 'rita' },
      body: JSON.stringify({ decision: 'approve' }),
    })
    expect(status).toBe(403)
    const audit = await fetch(`${url}/api/v1/audit?action=request.refused`)
    expect(await audit.json()).toMatchObject({ items: [{ actor: { name: 'rita' } }] })
    await see(page, 'S5.2')
  }, 60_000)
})
