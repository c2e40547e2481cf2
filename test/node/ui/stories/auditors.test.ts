import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import { sealEntries } from '../../../../src/audit/seal.ts'
import { admin } from '../../../support/auth-server.ts'
import { askedWorld } from '../../../ui/world.ts'
import { lacksBrowser } from '../browser.ts'
import { headingOf, looks, mainOf, see, signInAs, useStories } from './story.ts'

const isLacking = await lacksBrowser()
const { served } = useStories(isLacking)
const folder = await mkdtemp(join(tmpdir(), 'gatehouse-audit-'))
afterAll(() => rm(folder, { recursive: true }))

const gatehouse = new URL('../../../../bin/gatehouse', import.meta.url).pathname

/**
 * Three models that were live at a moment: of `fraud-detector` version 2 came back since, `churn` is called
 * `attrition` now, and `old-fraud` is gone. ida and otto may read the whole log.
 */
async function auditedWorld() {
  const world = await askedWorld()
  const { call, mlflow, user, clock, rita, otto, ann, name, id, policy, platform } = world
  const done = async (who: string, method: string, path: string, body: object) => {
    const { status, text } = await mlflow(who, method, path, body)
    expect(status, text).toBe(200)
  }
  await user('ida')
  for (const principal of ['user:ida', 'user:otto']) {
    await call(admin, 'POST', '/api/v1/grants', { action: 'read_audit', models: '*', principal })
  }
  for (const model of ['churn', 'old-fraud']) {
    await done(ann, 'POST', 'registered-models/create', { name: model })
    await done(ann, 'POST', 'model-versions/create', { name: model, source: 's3://b/1' })
    const move = { name: model, version: '1', stage: 'Production', archive_existing_versions: true }
    await done(ann, 'POST', 'model-versions/transition-stage', move)
  }
  await policy({ gates: [] })
  await call(rita, 'POST', `/api/v1/promotions/${id}/reviews`, { decision: 'approve' })
  await call(ann, 'POST', `/api/v1/promotions/${id}/merge`)
  clock.pass(60_000)
  const moment = new Date(clock.now()).toISOString().slice(0, 16)
  clock.pass(86_400_000)
  await done(ann, 'POST', 'registered-models/rename', { name: 'churn', new_name: 'attrition' })
  await done(admin, 'DELETE', 'registered-models/delete', { name: 'old-fraud' })
  await call(admin, 'DELETE', '/api/v1/policies/production-sign-off')
  const back = { stage: 'Production', reason: 'declines good customers' }
  const rolled = await call(otto, 'POST', `/api/v1/models/${name}/rollback`, back)
  expect(rolled.status, rolled.text).toBe(200)
  await sealEntries(platform)
  return { ...world, moment }
}

const rowsOf = async (page: Page) =>
  (await page.getByRole('row').allInnerTexts()).map((row) => row.replace(/\s+/g, ' '))

/** What a press of a link saves. */
async function savedBy(page: Page, link: string): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: link }).click(),
  ])
  const file = join(folder, `${crypto.randomUUID()}.jsonl`)
  await download.saveAs(file)
  return file
}

/** What the command says of a file, by a head that was kept. */
const verified = async (file: string, head: string) =>
  (await promisify(execFile)(gatehouse, ['audit', 'verify', file, '--head', head])).stdout

async function rewrite(file: string, change: (text: string) => string): Promise<void> {
  await writeFile(file, change(await readFile(file, 'utf8')))
}

describe.skipIf(isLacking)('people', () => {
  test.each(looks)(
    'say what was live at a moment, and prove it without the server: %s',
    async (_, look) => {
      const { url, windowOf, moment, name } = await served(await auditedWorld())
      const page = await windowOf(look)
      await page.goto(`${url}/audit/as-of`)
      await signInAs(page, 'ida')
      await page.getByLabel('Moment (UTC)').fill(moment)
      await page.getByRole('button', { name: 'Show' }).click()
      expect(await headingOf(page)).toBe(`Production as of ${moment.replace('T', ' ')} UTC`)
      const [, ...rows] = await rowsOf(page)
      const day = moment.slice(0, 10)
      expect(rows).toEqual([
        expect.stringMatching(
          `^${name} 3 [0-9a-f]{8} ${day} ..:..:.. ann #1 rita transactions 9f2c01aa 2 by a rollback$`,
        ),
        expect.stringMatching(`^churn now attrition 1 ${day} .* nobody; moved by ann – the same$`),
        expect.stringMatching(`^old-fraud deleted since 1 ${day} .* nobody; moved by ann – –$`),
      ])
      await see(page, 'S10.1')
      const [head = ''] =
        /sha256:[0-9a-f]{64}$/.exec((await mainOf(page)).trim().replace(/ Verify.*/, '')) ?? []
      await page.getByRole('link', { name: 'Verify against this head' }).click()
      const verdict = await mainOf(page)
      expect(verdict).toMatch(/\d+ entries and their chain are sound/)
      expect(verdict).toContain(`head ${head}`)
      expect(verdict).toMatch(/Checked on 20..-..-.. ..:..:.. UTC by ida/)
      await see(page, 'S10.2')
      await page.getByText('Prove it without this server').click()
      const command = await page.locator('main pre').innerText()
      expect(command).toBe(`gatehouse audit verify audit.jsonl --head ${head}`)
      const file = await savedBy(page, 'Save the log as JSON Lines')
      expect(await verified(file, head)).toMatch(/^ok: \d+ entries, \d+ of them sealed/)
      await rewrite(file, (text) => text.replace('declines good customers', 'nobody knows'))
      await expect(verified(file, head)).rejects.toMatchObject({
        code: 1,
        stdout: expect.stringMatching(/^entry \d+ is changed/),
      })

      await page.goto(`${url}/audit?model=${name}&action=model_version.rolled_back`)
      await page
        .getByRole('link', { name: /^#\d+$/ })
        .first()
        .click()
      expect(await mainOf(page)).toContain('declines good customers')
      const ottos = await windowOf(look)
      await ottos.goto(page.url())
      await signInAs(ottos, 'otto')
      expect(await mainOf(ottos)).toBe(await mainOf(page))
      await see(ottos, 'S10.4')
    },
    60_000,
  )

  test.each(looks)(
    'write a policy, try it, see whom it hits, and save it: %s',
    async (_, look) => {
      const { url, windowOf, rita, call, id, ask, policy } = await served(await askedWorld())
      await policy({ gates: [] })
      const decide = (request: number, decision: string, comment?: string) =>
        call(rita, 'POST', `/api/v1/promotions/${request}/reviews`, { decision, comment })
      await decide(id, 'reject', 'not yet')
      await decide(await ask(3, { stage: 'Production' }), 'approve')
      const page = await windowOf({ ...look, extraHTTPHeaders: { authorization: admin } })
      await page.goto(`${url}/settings/policies/production-sign-off`)
      await page.getByRole('link', { name: 'Edit and try' }).click()
      const add = async (type: string) => {
        await page.getByLabel('Another gate').selectOption(type)
        await page.getByRole('button', { name: 'Add gate' }).click()
        return page.getByRole('group', { name: new RegExp(`^${type}`) })
      }
      const gate = await add('expression')
      await gate.getByLabel('Name').fill('no regression')
      await gate.getByLabel('Expression').fill('candidate.metrics.accuracy >= and 1')
      await page.getByRole('button', { name: 'Save…' }).click()
      const expression = gate.getByLabel('Expression')
      expect(await expression.getAttribute('aria-invalid')).toBe('true')
      expect(await gate.innerText()).toContain("Unexpected character: '1', at character 35")
      expect(await expression.evaluate((one) => one === document.activeElement)).toBe(true)
      await see(page, 'S12.1')
      await expression.fill('candidate.metrics.accuracy >= 0.9')
      const card = await add('model_card')
      await card.getByLabel('Name').fill('card')
      await card.getByLabel('Fields').fill('fairness')
      await page.getByRole('button', { name: 'Show as JSON' }).click()
      const json = page.getByLabel('JSON', { exact: true })
      expect(JSON.parse(await json.inputValue())).toMatchObject({
        approvals: { rules: [{ required: 1, from: ['group:ml-approvers'] }] },
        gates: [
          { name: 'no regression', expression: 'candidate.metrics.accuracy >= 0.9' },
          { name: 'card', fields: ['fairness'] },
        ],
      })
      await json.fill((await json.inputValue()).replace('>= 0.9', '>= 0.91'))
      await page.getByRole('button', { name: 'Show as a form' }).click()
      expect(await expression.inputValue()).toBe('candidate.metrics.accuracy >= 0.91')
      await page.getByRole('textbox', { name: 'Model', exact: true }).fill('fraud-detector')
      await page.getByRole('textbox', { name: 'Version', exact: true }).fill('3')
      await page.getByRole('button', { name: 'Judge the draft' }).click()
      const tried = page.getByRole('region', { name: /^The draft, judged on/ })
      expect(await tried.getByRole('listitem').allInnerTexts()).toEqual([
        expect.stringMatching(
          /^passed\s+no regression: .* >= 0\.91 \(candidate\.metrics\.accuracy = 0\.923\)$/,
        ),
        expect.stringMatching(/^failed\s+card: fairness is empty$/),
      ])
      await see(page, 'S12.2')
      await page.getByRole('button', { name: 'Replay the last 50 requests' }).click()
      expect(await mainOf(page)).toContain('2 of the last 2 would have been blocked: card')
      await see(page, 'S12.3')
      await page.getByRole('button', { name: 'Save…' }).click()
      expect(await page.getByRole('row').allInnerTexts()).toContainEqual(
        expect.stringMatching(/^gate card: fields\s+–\s+\["fairness"\]$/),
      )
      expect(await mainOf(page)).toContain('1 open request loses its approvals: #2')
      await see(page, 'S12.4')
      await page.getByRole('button', { name: 'Save as revision 3' }).click()
      await page.getByRole('link', { name: 'Delete…' }).click()
      expect(await mainOf(page)).toContain(
        'Production of 1 model becomes unguarded: fraud-detector',
      )
      await see(page, 'S12.5')
    },
    60_000,
  )
})
