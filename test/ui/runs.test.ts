import { describe, expect, test } from 'vitest'
import { admin } from '../support/auth-server.ts'
import { markupIn, pagesOf, textOf } from './page.ts'
import { askedWorld } from './world.ts'

/** Three runs of the experiment `nightly`, and what `more` logs. */
async function world() {
  const made = await askedWorld()
  const { ann, mlflow, app } = made
  const post = async (path: string, body: object) => (await mlflow(ann, 'POST', path, body)).json
  const logRun = async (run: {
    readonly name: string
    readonly metrics?: readonly object[]
    readonly params?: readonly object[]
    readonly tags?: readonly object[]
  }) => {
    const { metrics = [], params = [], tags = [], name: run_name } = run
    const start_time = made.clock.now()
    const created = await post('runs/create', { experiment_id: '1', run_name, start_time })
    const { run_id } = created.run.info
    await post('runs/log-batch', { run_id, metrics, params, tags })
    return String(run_id)
  }
  return { ...made, post, logRun, as: (who: string) => pagesOf(app, who) }
}
const nightly = '/experiments/1'
const point = (key: string, value: number | string) => ({ key, value, timestamp: 1, step: 0 })

/** The rows of the first table of a page, as texts. */
function rowsOf(html: string): string[] {
  const body = /<tbody>([\s\S]*?)<\/tbody>/.exec(html)?.[1] ?? ''
  return body.split('</tr>').slice(0, -1).map(textOf)
}

describe('the list of experiments', () => {
  test('says how many runs each has, and searches names', async () => {
    const { as, rita } = await world()
    const rows = rowsOf((await as(rita).get('/experiments')).html)
    expect(rows[0]).toMatch(/^nightly 3 [\d-]+ [\d:]+ UTC/)
    expect(rows[1]).toMatch(/^Default 0/)
    const found = rowsOf((await as(rita).get('/experiments?q=night')).html)
    expect(found).toHaveLength(1)
    const wrong = await as(rita).get('/experiments?q=name%20=%20x%20y')
    expect(wrong.status).toBe(400)
    expect(wrong.html).toContain('id="filter-problem"')
  })

  test('shows only those that the caller may read', async () => {
    const { as, eve, mlflow } = await world()
    const none = { experiment_id: '1', username: 'eve', permission: 'NO_PERMISSIONS' }
    await mlflow(admin, 'POST', 'experiments/permissions/create', none)
    expect(textOf((await as(eve).get('/experiments')).html)).not.toContain('nightly')
    expect((await as(eve).get(nightly)).status).toBe(403)
    expect((await as(eve).get('/experiments/77')).status).toBe(404)
  })
})

describe('the runs of an experiment', () => {
  test('stand with what differs between them, the newest first', async () => {
    const { as, rita } = await world()
    const { html } = await as(rita).get(nightly)
    const text = textOf(html)
    expect(text).toContain('3 runs')
    expect(text).toMatch(/Run Started ↓?.*Status.*accuracy.*lr/)
    const rows = rowsOf(html)
    expect(rows).toHaveLength(3)
    expect(rows[0]).toMatch(/running 0\.923 .*fraud-detector 3 Staging/)
    expect(rows[2]).toMatch(/0\.88 .*fraud-detector 1 Archived/)
  })

  test('are filtered and sorted by the address', async () => {
    const { as, rita } = await world()
    const filtered = await as(rita).get(
      `${nightly}?q=${encodeURIComponent("metrics.accuracy > 0.9 AND params.model = 'rf'")}&col=m.accuracy&sort=m.accuracy`,
    )
    expect(filtered.status).toBe(200)
    expect(rowsOf(filtered.html).map((row) => row.split(' ').at(-1))).toEqual(['0.918', '0.923'])
    expect(filtered.html).toContain('aria-sort="ascending"')
    const wrong = await as(rita).get(`${nightly}?q=${encodeURIComponent('params.model = rf')}`)
    expect(wrong.status).toBe(400)
    expect(wrong.html).toContain('value="params.model = rf"')
    for (const query of ['col=x.y', 'sort=took', 'col=m.']) {
      expect((await as(rita).get(`${nightly}?${query}`)).status, query).toBe(400)
    }
  })

  test('keep what was selected over sorting and paging', async () => {
    const { as, rita, logRun } = await world()
    const first = await logRun({ name: 'the-first' })
    for (let i = 0; i < 100; i++) await logRun({ name: `run-${i}` })
    const page = await as(rita).get(`${nightly}?sort=name&sel=${first}`)
    const { html } = page
    expect(textOf(html)).toContain('1 selected on other pages')
    expect(html).toContain(`<input type="hidden" name="sel" value="${first}"/>`)
    expect(html).toContain(`sort=-name&amp;sel=${first}`)
    const after = /name="after" value="([^"]*)"/.exec(html)?.[1]
    const next = await as(rita).get(`${nightly}?sort=name&sel=${first}&after=${after}`)
    expect(rowsOf(next.html).length).toBe(4)
    expect(next.html).toMatch(new RegExp(`value="${first}" checked`))
    expect(html.length).toBeLessThan(100_000)
  })

  test('show NaN, infinities and names that mean harm as they are', async () => {
    const { as, rita, logRun } = await world()
    const evil = '"><img src=x onerror=alert(1)>'
    await logRun({
      name: `${evil}\u202e`,
      metrics: [point('odd', 'NaN'), point('high', 'Infinity'), point('javascript:alert', 1)],
      params: [{ key: 'evil', value: evil }],
      tags: [{ key: 'team', value: evil }],
    })
    const columns = ['m.odd', 'm.high', 'p.evil', 't.team', 'm.javascript:alert']
    const query = columns.map((column) => `col=${encodeURIComponent(column)}`).join('&')
    const { status, html } = await as(rita).get(`${nightly}?${query}`)
    expect([status, markupIn(html)]).toEqual([200, []])
    expect(rowsOf(html).join('|')).toMatch(/\\u\{202e\} NaN ∞/)
  })
})
