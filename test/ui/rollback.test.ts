import { expect, test } from 'vitest'
import { admin } from '../support/auth-server.ts'
import { pagesOf, textOf } from './page.ts'
import { askedWorld } from './world.ts'

const fairness = [{ slice: 'age<25', metric: 'recall', value: 0.77 }]

/** Lets open requests in as the policy asks for it. */
async function world() {
  const made = await askedWorld()
  const { app, call, ann, name, card } = made
  const merge = async (request: number, version: number, who: string, revision = 0) => {
    const path = `/api/v1/promotions/${request}`
    await card(version, { intended_use: 'Rank.', fairness }, revision)
    await call(admin, 'POST', `${path}/checks`, { name: 'integration-tests', status: 'passed' })
    await call(who, 'POST', `${path}/reviews`, { decision: 'approve' })
    expect((await call(ann, 'POST', `${path}/merge`)).status).toBe(200)
  }
  const page = async (who: string) => {
    const path = `/models/${name}/rollback?stage=Production`
    return textOf((await pagesOf(app, who).get(path)).html)
  }
  return { ...made, merge, page }
}

test('a rollback says by which request the version came in before, and who approved it then', async () => {
  const { merge, page, rita, alice, otto, ann, id, register, ask } = await world()
  expect(await page(ann)).toContain('No request brought it in then, so nobody approved it.')
  await merge(id, 3, rita, 1)
  await register({ metrics: { accuracy: 0.93 } })
  await merge(await ask(4, { stage: 'Production' }, 'better'), 4, alice)
  expect(await page(otto)).toMatch(
    /Version 3 comes back from Archived: it was there before\. Request #1 brought it in then, 2027-\S+ \S+ UTC , approved by rita/,
  )
})
