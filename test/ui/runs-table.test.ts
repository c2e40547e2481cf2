import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { markupIn, rowsOf, textOf } from './page.ts'
import { runsWorld } from './runs-world.ts'

const nightly = '/experiments/1'
const evil = '"><img src=x onerror=alert(1)>'

/** As `runsWorld`, with a second experiment and a run of it. */
async function severalWorld() {
  const world = await runsWorld()
  const made = await world.post('experiments/create', { name: evil })
  const other = String(made.experiment_id)
  const start_time = world.clock.now() + 1
  const { run } = await world.post('runs/create', {
    ...{ experiment_id: other, run_name: 'elsewhere', start_time },
  })
  const deny = (experiment_id: string, permission = 'NO_PERMISSIONS') =>
    world.mlflow(world.admin, 'POST', 'experiments/permissions/create', {
      ...{ experiment_id, username: 'eve', permission },
    })
  return { ...world, other, elsewhere: String(run.info.run_id), deny }
}

describe('the runs of several experiments', () => {
  test('stand in one table, with the experiment of each, and lead on with both', async () => {
    const { as, rita, other } = await severalWorld()
    const { get } = as(rita)
    const list = await get('/experiments')
    expect(list.html).toContain(`name="in" value="${other}"`)
    const { status, html } = await get(`/runs?in=1&in=${other}`)
    expect([status, markupIn(html)]).toEqual([200, []])
    expect(textOf(html)).toContain('4 runs of nightly , "><img')
    const rows = rowsOf(html)
    expect(rows).toHaveLength(4)
    expect(rows[0]).toMatch(/^elsewhere "><img src=x onerror=alert\(1\)> 20/)
    const both = `in=1%2C${other}`
    for (const href of [`/runs?${both}&amp;sort=name`, `/runs/columns?${both}`]) {
      expect(html).toContain(`href="${href}"`)
    }
    expect(html).toContain(`name="in" value="1,${other}"`)
    const file = await get(`/runs/runs.csv?${both}&col=experiment&sort=name`)
    expect(file.html).toMatch(/,elsewhere,"""><img src=x onerror=alert\(1\)>"\r\n/)
    const columns = await get(`/runs/columns?${both}&find=acc`)
    expect([columns.status, markupIn(columns.html)]).toEqual([200, []])
    expect(textOf(columns.html)).toContain('accuracy 3 runs')
    expect((await get(`/runs?in=1&sort=name`)).location).toBe(`${nightly}?sort=name`)
    expect((await get('/runs')).location).toBe('/experiments')
    for (const wrong of ['x', '1,', '1.5', Array.from({ length: 51 }, (_, i) => i).join()]) {
      expect((await get(`/runs?in=${wrong}`)).status, wrong).toBe(400)
    }
    expect((await get('/runs?in=1,77')).status).toBe(404)
    expect((await get(`/runs?${both}&q=metrics.a%20=%20x`)).status).toBe(400)
  })

  test('are shown to who may read all of these experiments', async () => {
    const { as, eve, other, deny } = await severalWorld()
    await deny(other)
    for (const page of ['/runs', '/runs/columns', '/runs/runs.csv']) {
      expect((await as(eve).get(`${page}?in=1,${other}`)).status, page).toBe(403)
    }
  })
})

describe('the runs that are selected', () => {
  test('get a tag, are deleted and restored, all at once', async () => {
    const { as, ann, rita, elsewhere, logRun } = await severalWorld()
    const [a, b] = [await logRun({ name: evil }), await logRun({ name: 'b' })]
    const table = await as(ann).get(`${nightly}?q=b&sort=name&sel=${a}`)
    expect(table.html).toContain('formaction="/runs/change"')
    const path = `/runs/change?q=b&sel=${a}&sel=${b}&sel=${elsewhere}`
    const { get, post } = as(ann)
    const page = await get(path)
    expect([page.status, markupIn(page.html)]).toEqual([200, []])
    expect(textOf(page.html)).toContain('Delete 3 runs')
    const posted = (form: string) => path.replace('?', `/${form}?`)
    for (const form of ['tags', 'delete', 'restore']) {
      const refused = await as(rita).post(posted(form), { key: 'team', value: 'x' })
      expect(refused.status, form).toBe(403)
    }
    const tagged = await post(posted('tags'), { key: 'team', value: evil })
    expect([tagged.status, tagged.location]).toEqual([303, `${path}&tag=team`])
    const shown = await get(`${path}&tag=team`)
    expect(markupIn(shown.html)).toEqual([])
    expect(rowsOf(shown.html)).toEqual([
      `${evil} active ${evil}`,
      `b active ${evil}`,
      `elsewhere active ${evil}`,
    ])
    await post(`/runs/change/delete?sel=${b}`, {})
    const some = textOf((await get(path)).html)
    for (const part of ['Tag 2 runs', '1 deleted run will not get it', 'Restore 1 run']) {
      expect(some).toContain(part)
    }
    await post(posted('tags'), { key: 'late', value: 'yes' })
    expect(rowsOf((await get(`${path}&tag=late`)).html)[1]).toBe('b deleted –')
    expect((await post(posted('delete'), {})).location).toBe(path)
    expect(textOf((await get(path)).html)).not.toContain('Delete 3')
    await post(posted('restore'), {})
    expect(textOf((await get(path)).html)).toContain('Delete 3 runs')
  })

  test('are left as they are where one of them may not be changed, or the tag is none', async () => {
    const { as, ann, eve, mlflow, admin, other, elsewhere, deny, logRun } = await severalWorld()
    const own = await logRun({ name: 'own' })
    await deny('1', 'MANAGE')
    await deny(other, 'READ')
    const path = `/runs/change?sel=${own}&sel=${elsewhere}`
    const posted = (form: string) => path.replace('?', `/${form}?`)
    for (const form of ['tags', 'delete', 'restore']) {
      expect((await as(eve).post(posted(form), { key: 'a', value: 'b' })).status, form).toBe(403)
    }
    const { get, post } = as(ann)
    for (const key of ['', ' ', '../x', 'x'.repeat(300)]) {
      const wrong = await post(posted('tags'), { key, value: 'kept' })
      expect([key, wrong.status]).toEqual([key, 400])
      expect(wrong.html).toContain('value="kept"')
    }
    const run = await mlflow(admin, 'GET', `runs/get?run_id=${own}`)
    expect(run.json.run.info.lifecycle_stage).toBe('active')
    expect(run.json.run.data.tags.map(({ key }: { key: string }) => key)).not.toContain('a')
    const gone = await get(`/runs/change?sel=${own}&sel=${'f'.repeat(32)}`)
    expect(textOf(gone.html)).toContain('1 selected run cannot be found any more')
    expect(textOf((await get('/runs/change')).html)).toContain('No run is selected')
    const many = Array.from({ length: 101 }, (_, i) => `sel=${i}`).join('&')
    for (const form of ['tags', 'delete', 'restore']) {
      const refused = await post(`/runs/change/${form}?${many}`, { key: 'a', value: 'b' })
      expect(refused.status).toBe(400)
    }
  })

  test('count the write, where a version was made of one', async () => {
    const { as, ann, mlflow, rita, platform } = await severalWorld()
    const found = await mlflow(rita, 'POST', 'runs/search', { experiment_ids: ['1'] })
    const { run_id } = found.json.runs[0].info
    await as(ann).post(`/runs/change/tags?sel=${run_id}`, { key: 'team', value: 'risk' })
    const row = await platform.db.first(
      sql<{ writes: number; by: string }>`select registered_writes as writes, written_by as by
        from runs where run_id = ${run_id}`,
    )
    expect(row).toEqual({ writes: 1, by: expect.stringContaining('ann') })
  })
})

test('a filtered table says how many runs match, beyond its page too', async () => {
  const { as, rita, logRun } = await runsWorld()
  for (let i = 0; i < 103; i++) {
    await logRun({ name: `r${i}`, params: [{ key: 'half', value: i === 0 ? 'no' : 'yes' }] })
  }
  const q = (words: string) => `${nightly}?q=${encodeURIComponent(words)}`
  const many = textOf((await as(rita).get(q("params.half = 'yes'"))).html)
  expect(many).toContain('100 runs on this page of 102 that match')
  const one = textOf((await as(rita).get(q("params.half = 'no'"))).html)
  expect(one).toContain('1 run on this page of 1 that matches')
  expect(textOf((await as(rita).get(nightly)).html)).toContain('100 runs on this page, more follow')
})

test('a filter of people takes times in words, which its address keeps and its call does not', async () => {
  const { as, rita, mlflow, logRun, clock } = await runsWorld()
  await logRun({ name: 'long-ago' })
  clock.pass(10 * 86_400_000)
  for (let i = 0; i < 101; i++) await logRun({ name: `late${i}` })
  const search = (q: string, more = '') =>
    as(rita).get(`${nightly}?q=${encodeURIComponent(q)}${more}`)
  const { html } = await search('start_time > -7d')
  expect(textOf(html)).toContain('100 runs on this page of 101 that match')
  expect(html).not.toContain('long-ago')
  const since = clock.now() - 7 * 86_400_000
  expect(textOf(html)).toContain(`-7d is ${new Date(since).toISOString().slice(0, 10)}`)
  expect(html).toContain('value="start_time &gt; -7d"')
  expect(html).toContain(`start_time &gt; ${since}`)
  // The page behind is of the same words, whatever time it is by now.
  const after = /name="after" value="([^"]*)"/.exec(html)?.[1]
  clock.pass(60_000)
  expect(rowsOf((await search('start_time > -7d', `&after=${after}`)).html)).toHaveLength(1)
  const older = await search("start_time < 'yesterday 9:00' AND start_time >= 2020-01-01")
  expect(older.html).toContain('long-ago')
  expect(older.html).not.toContain('late0')
  const none = await search("start_time > -7d AND status = 'FAILED'")
  expect(textOf(none.html)).toMatch(/Without status = 'FAILED' : 101 runs/)
  expect(none.html).toContain(`q=${encodeURIComponent('start_time > -7d')}"`)
  const wrong = await search("start_time > tomorow AND status = 'FAILED'")
  expect(wrong.status).toBe(400)
  expect(textOf(wrong.html)).toContain("'tomorow' is no time: give milliseconds, or -7d")
  expect(wrong.html).toContain('<mark>tomorow</mark>')
  // A program gets what MLflow answers.
  const program = { experiment_ids: ['1'], filter: 'start_time > -7d' }
  const refused = await mlflow(rita, 'POST', 'runs/search', program)
  expect([refused.status, refused.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
})

test('where no run matches, the clauses that remove most are named, with what they leave', async () => {
  const { as, rita, eve, logRun, deny } = await severalWorld()
  for (const model of ['rf', 'rf', 'x<b>"']) {
    await logRun({ name: 'try', params: [{ key: 'of model', value: model }] })
  }
  const search = (q: string) => as(rita).get(`${nightly}?q=${encodeURIComponent(q)}`)
  const none = "status = 'FAILED'"
  const both = await search(
    `params.\`of model\` = 'rf' AND ${none}  AND attributes.run_name = 'try'`,
  )
  const text = textOf(both.html)
  expect(text).toContain(`No run matches.`)
  expect(text).toMatch(/Without status = 'FAILED' : 2 runs/)
  expect(text).not.toContain('Without attributes')
  const href = /Without <code>[\s\S]*?href="([^"]*)"/.exec(
    both.html.replaceAll('<!-- -->', ''),
  )?.[1]
  const led = await as(rita).get((href ?? '').replaceAll('&amp;', '&').replaceAll('&#39;', "'"))
  expect(rowsOf(led.html)).toHaveLength(2)
  const hostile = await search(`params.\`of model\` = 'x<b>"' AND ${none}`)
  expect(markupIn(hostile.html)).toEqual([])
  expect(textOf(hostile.html)).toContain("Without status = 'FAILED' : 1 run")
  // One clause alone: there is nothing to leave out.
  expect(textOf((await search(none)).html)).not.toContain('Without')
  await deny('1')
  expect((await as(eve).get(`${nightly}?q=${encodeURIComponent(none)}`)).status).toBe(403)
})
