import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { markupIn, rowsOf, textOf } from './page.ts'
import { runsWorld } from './runs-world.ts'

const nightly = '/experiments/1'
const point = (key: string, value: number | string) => ({ key, value, timestamp: 1, step: 0 })

describe('the list of experiments', () => {
  test('says how many runs each has, and searches names', async () => {
    const { as, rita } = await runsWorld()
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
    const { as, eve, mlflow, admin } = await runsWorld()
    const none = { experiment_id: '1', username: 'eve', permission: 'NO_PERMISSIONS' }
    await mlflow(admin, 'POST', 'experiments/permissions/create', none)
    expect(textOf((await as(eve).get('/experiments')).html)).not.toContain('nightly')
    expect((await as(eve).get(nightly)).status).toBe(403)
    expect((await as(eve).get('/experiments/77')).status).toBe(404)
  })
})

describe('the experiments that a browser opened last', () => {
  /** A browser of one person that keeps its cookies. */
  async function browsing() {
    const world = await runsWorld()
    const { app, rita, ann, as, mlflow } = world
    for (const name of ['sweeps', 'churn', 'try-lr']) {
      await mlflow(ann, 'POST', 'experiments/create', { name })
    }
    let cookie = ''
    const open = async (path: string, headers: Record<string, string> = {}) => {
      const sent = { authorization: rita, accept: 'text/html', cookie, ...headers }
      const res = await app.request(path, { headers: sent })
      cookie = res.headers.get('set-cookie')?.split(';')[0] ?? cookie
      return { status: res.status, html: await res.text() }
    }
    const recent = async (headers: Record<string, string> = {}) => {
      const { html } = await open('/experiments', headers)
      const [list = ''] = html.match(/<nav aria-label="Recently opened">.*?<\/nav>/s) ?? []
      return [...list.matchAll(/href="([^"]*)"/g)].map(([, href]) => href)
    }
    return { ...world, open, recent, kept: () => cookie, forms: as(ann) }
  }

  test('lead its list of them: three, by the names that they have now', async () => {
    const { open, recent, forms } = await browsing()
    expect(await recent()).toEqual([])
    for (const id of [1, 2, 3, 4, 2]) await open(`/experiments/${id}`)
    expect(await recent()).toEqual(['/experiments/2', '/experiments/4', '/experiments/3'])
    await forms.post('/experiments/4/name', { name: '<img src=x onerror=alert(1)>\u202e' })
    const { html } = await open('/experiments')
    expect(markupIn(html)).toEqual([])
    expect(textOf(html)).toContain('Recently opened sweeps <img src=x onerror=alert(1)>\\u{202e}')
    await forms.post('/experiments/2/delete', {})
    expect(await recent()).toEqual(['/experiments/4', '/experiments/3', '/experiments/1'])
    expect((await open('/experiments?q=churn')).html).not.toContain('Recently opened')
  })

  test('are those only that the caller may read, in this workspace', async () => {
    const { open, recent, mlflow, admin } = await browsing()
    for (const id of [1, 2]) await open(`/experiments/${id}`)
    const none = { experiment_id: '2', username: 'rita', permission: 'NO_PERMISSIONS' }
    await mlflow(admin, 'POST', 'experiments/permissions/create', none)
    expect(await recent()).toEqual(['/experiments/1'])
    expect((await open('/experiments/2')).status).toBe(403)
    expect((await open('/experiments/77')).status).toBe(404)
    expect(await recent()).toEqual(['/experiments/1'])
  })

  test('are not those of a page that reads itself anew, nor what is no id', async () => {
    const { open, recent, kept } = await browsing()
    await open('/experiments/1', { 'sec-fetch-dest': 'document' })
    await open('/experiments/2', { 'sec-fetch-dest': 'empty' })
    await open('/runs?in=2,3')
    expect(kept()).toBe('gatehouse_recent=1')
    const cookie = `gatehouse_recent=x'.-1.1e3.${'9'.repeat(400)}.2.2.999999999999999.1`
    expect(await recent({ cookie })).toEqual(['/experiments/2', '/experiments/1'])
  })
})

describe('the forms of an experiment', () => {
  test('make one, rename, describe and tag it, delete and restore it', async () => {
    const { as, ann } = await runsWorld()
    const { post, get } = as(ann)
    const made = await post('/experiments/new', { name: 'sweeps' })
    expect([made.status, made.location]).toEqual([303, '/experiments/2'])
    const again = await post('/experiments/new', { name: 'sweeps' })
    expect(again.status).toBe(400)
    expect(again.html).toContain('value="sweeps"')
    expect((await post('/experiments/2/name', { name: 'nightly' })).status).toBe(400)
    const evil = '<img src=x onerror=alert(1)>'
    for (const [form, fields] of [
      ['name', { name: 'sweeps of May' }],
      ['description', { description: evil }],
      ['tags', { key: 'team', value: evil }],
      ['tags', { key: 'dropped', value: 'x' }],
      ['tags/remove', { key: 'dropped' }],
    ] as const) {
      expect((await post(`/experiments/2/${form}`, fields)).status, form).toBe(303)
    }
    expect(textOf((await get('/experiments')).html)).toContain(`sweeps of May ${evil}`)
    for (const path of ['/experiments', '/experiments/2', '/experiments/2/change']) {
      const { html } = await get(path)
      expect([path, markupIn(html)]).toEqual([path, []])
      expect(textOf(html)).toContain('sweeps of May')
      expect(textOf(html)).not.toContain('dropped')
    }
    expect((await post('/experiments/2/delete', {})).location).toBe('/experiments')
    expect(textOf((await get('/experiments')).html)).not.toContain('sweeps')
    expect(textOf((await get('/experiments?deleted=1')).html)).toContain('sweeps of May')
    expect((await post('/experiments/2/restore', {})).location).toBe('/experiments/2')
  })

  test('are refused to who may not', async () => {
    const { as, rita } = await runsWorld()
    for (const form of ['name', 'description', 'tags', 'tags/remove', 'delete', 'restore']) {
      expect(
        (await as(rita).post(`${nightly}/${form}`, { name: 'x', key: 'y' })).status,
        form,
      ).toBe(403)
    }
    expect(textOf((await as(rita).get(`${nightly}/change`)).html)).toContain('EDIT on experiment 1')
  })
})

describe('the runs of an experiment', () => {
  test('stand with what differs between them, the newest first', async () => {
    const { as, rita } = await runsWorld()
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
    const { as, rita } = await runsWorld()
    const filtered = await as(rita).get(
      `${nightly}?q=${encodeURIComponent("metrics.accuracy > 0.9 AND params.model = 'rf'")}&col=m.accuracy&sort=m.accuracy`,
    )
    expect(filtered.status).toBe(200)
    expect(rowsOf(filtered.html).map((row) => row.split(' ').at(-1))).toEqual(['0.918', '0.923'])
    expect(filtered.html).toContain('aria-sort="ascending"')
    const wrong = await as(rita).get(`${nightly}?q=${encodeURIComponent('params.model = rf')}`)
    expect(wrong.status).toBe(400)
    expect(wrong.html).toContain('value="params.model = rf"')
    expect(wrong.html).toContain('params.model = <mark>rf</mark>')
    const mended = /<a [^>]*href="([^"]*)"[^>]*>\s*Use <code>&#39;rf&#39;/.exec(wrong.html)?.[1]
    expect(mended).toBe(`${nightly}?q=${encodeURIComponent('params.model = ')}&#39;rf&#39;`)
    for (const query of ['col=x.y', 'sort=took', 'col=m.']) {
      expect((await as(rita).get(`${nightly}?${query}`)).status, query).toBe(400)
    }
  })

  test('have the least and the greatest value of a metric as columns, and are sorted by them', async () => {
    const { as, rita, logRun } = await runsWorld()
    const at = (step: number, value: number | string) => ({ ...point('drop', value), step })
    await logRun({ name: 'deep', metrics: [at(0, 5), at(1, 0.1234567891), at(2, 3)] })
    await logRun({ name: 'flat', metrics: [at(0, 2), at(1, 2), at(2, 2)] })
    await logRun({ name: 'broken', metrics: [at(0, 'NaN')] })
    const { get } = as(rita)
    const query = 'q=metrics.drop+%3C+9&col=m.drop&col=m.drop:min&col=m.drop:max'
    const { html } = await get(`${nightly}?${query}&sort=m.drop:min`)
    expect(rowsOf(html)).toEqual(['deep 3 0.123457 5', 'flat 2 2 2'])
    expect(html, 'all of it is the title').toContain('title="0.1234567891"')
    expect(textOf(html)).toContain('drop (min) ↑')
    expect(html, 'no filter names an extreme').not.toContain('data-filter="metrics.`drop:min`"')
    expect(html).toContain('sort=-m.drop%3Amin')
    expect(rowsOf((await get(`${nightly}?${query}&sort=-m.drop%3Amax`)).html)).toEqual([
      'deep 3 0.123457 5',
      'flat 2 2 2',
    ])
    const all = await get(`${nightly}?col=m.drop:min&sort=m.drop:min`)
    expect(rowsOf(all.html).slice(0, 2)).toEqual(['deep 0.123457', 'flat 2'])
    expect(rowsOf(all.html)).toContain('broken –')
    const [call = ''] = /\/api\/v1\/runs\?[^' \n]*/.exec(textOf(html)) ?? []
    const answer = await get(call)
    expect(JSON.parse(answer.html).items[0].values).toEqual({
      'm.drop': 3,
      'm.drop:min': 0.1234567891,
      'm.drop:max': 5,
    })
    const file = (await get(`${nightly}/runs.csv?${query}&sort=m.drop:min`)).html.split('\r\n')
    expect(file[0]).toBe('run_id,name,metrics.drop,metrics.drop:min,metrics.drop:max')
    expect(file[1]).toMatch(/,deep,3,0\.1234567891,5$/)
    expect((await get(`${nightly}?sort=m.drop:mean`)).status, 'it is another metric').toBe(200)
  })

  test('of an earlier release say that their extremes are still to be read', async () => {
    const { as, rita, platform } = await runsWorld()
    const note = 'are still being read'
    const table = async (query: string) => textOf((await as(rita).get(`${nightly}?${query}`)).html)
    expect(await table('col=m.accuracy:min')).not.toContain(note)
    const runId = /\/runs\/([0-9a-f]{32})/.exec((await as(rita).get(nightly)).html)?.[1]
    const run = async () => textOf((await as(rita).get(`/runs/${runId}`)).html)
    expect(await run()).toContain('accuracy 0.923 0.923 0.923 0')
    await platform.db.all(sql`insert into metric_extremes (id, run, key) values (1, 99, '')`)
    expect(await table('col=m.accuracy:min')).toContain(note)
    expect(await table('sort=-m.accuracy:max')).toContain(note)
    expect(await table('col=m.accuracy'), 'of the latest values nothing is missing').not.toContain(
      note,
    )
    const compared = async (query: string) =>
      textOf((await as(rita).get(`/runs/compare?in=1&${query}`)).html)
    for (const query of ['figure=best', 'view=parallel&axis=m.accuracy:min&axis=m.accuracy']) {
      expect(await compared(query), query).toContain(note)
    }
    for (const query of ['', 'view=charts&figure=best', 'view=scatter&x=m.accuracy&y=p.lr']) {
      expect(await compared(query), query).not.toContain(note)
    }
    expect(await run()).toContain('accuracy 0.923 – – 0')
    expect(await run()).toContain('whose least and greatest value are still to be read')
  })

  test('that are equal in one column are sorted by the one that was chosen before', async () => {
    const { as, rita, logRun } = await runsWorld()
    for (const [name, lr] of [
      ['b', '1'],
      ['a', '2'],
      ['c', '1'],
    ] as const) {
      await logRun({ name, params: [{ key: 'lr', value: lr }] })
    }
    const filtered = `${nightly}?q=params.lr%20LIKE%20'_'&col=p.lr`
    const first = await as(rita).get(`${filtered}&sort=-name`)
    const [, href = ''] = /href="([^"]*)"><bdi>lr</.exec(first.html) ?? []
    expect(href).toContain('sort=p.lr&amp;then=-name')
    const rows = rowsOf((await as(rita).get(`${filtered}&sort=p.lr&then=-name`)).html)
    expect(rows.map((row) => row.trim())).toEqual(['c 1', 'b 1', 'a 2'])
  })

  test('get columns from all names that there are, with what else the address says kept', async () => {
    const { as, rita, eve, mlflow, admin, logRun } = await runsWorld()
    const metrics = Array.from({ length: 130 }, (_, i) => point(`train/loss_${i}`, i))
    await logRun({ name: 'wide', metrics, tags: [{ key: 'x', value: '<b>' }] })
    const query = 'q=wide&col=p.lr&sort=-m.train%2Floss_1'
    const { get } = as(rita)
    const table = await get(`${nightly}?${query}`)
    expect(table.html).toContain(`href="${nightly}/columns?${query.replaceAll('&', '&amp;')}"`)
    const all = await get(`${nightly}/columns?${query}`)
    expect([all.status, markupIn(all.html)]).toEqual([200, []])
    expect(textOf(all.html)).toContain('The 100 that most runs have')
    expect(all.html).toContain('value="p.lr" checked')
    for (const kept of ['name="q" value="wide"', 'name="sort" value="-m.train/loss_1"']) {
      expect(all.html).toContain(kept)
    }
    const found = await get(`${nightly}/columns?${query}&find=LOSS_12`)
    const offered = [...found.html.matchAll(/name="col" value="(m\.[^"]*)"/g)].map(
      ([, name]) => name,
    )
    expect(offered, 'each with its extremes').toHaveLength(33)
    for (const name of ['m.train/loss_129', 'm.train/loss_129:min', 'm.train/loss_129:max']) {
      expect(offered).toContain(name)
    }
    const none = { experiment_id: '1', username: 'eve', permission: 'NO_PERMISSIONS' }
    await mlflow(admin, 'POST', 'experiments/permissions/create', none)
    expect((await as(eve).get(`${nightly}/columns`)).status).toBe(403)
  })

  test('stand beneath the run of which they are parts, at any depth, by the address', async () => {
    const { as, rita, logRun } = await runsWorld()
    const part = (name: string, parent: string) =>
      logRun({ name, tags: [{ key: 'mlflow.parentRunId', value: parent }] })
    const sweep = await logRun({ name: 'sweep' })
    const fold = await part('fold', sweep)
    for (let i = 0; i < 25; i++) await part(`leaf-${i}`, fold)
    const orphan = await part('orphan', 'f'.repeat(32))
    const read = async (query: string) => {
      const { html, status } = await as(rita).get(`${nightly}?col=status${query}`)
      expect(status).toBe(200)
      return { html, rows: rowsOf(html).map((row) => row.replace(/ running$/, '')) }
    }
    const closed = await read('')
    expect(closed.rows).toContain('orphan')
    expect(closed.rows).toContain('▸ 1 Open the 1 part of sweep sweep')
    expect(closed.rows).toHaveLength(5)
    const [, href = ''] = /class="parts" href="([^"]*)"/.exec(closed.html) ?? []
    expect(href).toBe(`${nightly}?col=status&amp;open=${sweep}#run-${sweep}`)
    const open = await read(`&open=${sweep}&open=${fold}`)
    expect(open.rows).toHaveLength(5 + 1 + 20)
    const at = open.rows.indexOf('▾ 1 Close the 1 part of sweep sweep')
    expect(open.rows[at + 1]).toBe('▾ 25 Close the 25 parts of fold 20 shown, more fold')
    expect(open.rows.slice(at + 2, at + 22).every((row) => row.startsWith('leaf-'))).toBe(true)
    expect(open.html).toContain(`open=${fold}.40#run-${fold}`)
    expect((await read(`&open=${sweep}&open=${fold}.40`)).rows).toHaveLength(5 + 1 + 25)
    const found = await read('&q=leaf-2')
    expect(found.rows).toHaveLength(7)
    expect(found.rows[0]).toBe('fold')
    expect(found.html).toContain('<tr class="dimmed"')
    expect((await read('&flat=1')).rows).toHaveLength(31)
    expect((await read('&q=leaf-2&sort=name')).rows[0]).toBe('leaf-2')
    expect((await as(rita).get(`${nightly}?open=x`)).status).toBe(400)
    const children = await as(rita).get(`/runs/${fold}/children`)
    expect(rowsOf((await as(rita).get(children.location ?? '')).html)).toHaveLength(25)
    expect(textOf((await as(rita).get(`/runs/${orphan}`)).html)).not.toContain('Children')
  })

  test('that are parts of each other, or of themselves, are found', async () => {
    const { as, ann, rita, logRun } = await runsWorld()
    const [a, b] = [await logRun({ name: 'circle-a' }), await logRun({ name: 'circle-b' })]
    const tag = (run: string, value: string) =>
      as(ann).post(`/runs/${run}/tags`, { key: 'mlflow.parentRunId', value })
    await tag(a, a)
    expect(rowsOf((await as(rita).get(nightly)).html)).toHaveLength(5)
    for (const [run, parent] of [
      [a, b],
      [b, a],
    ] as const) {
      expect((await tag(run, parent)).status).toBe(303)
    }
    const { html } = await as(rita).get(`${nightly}?q=circle&flat=1&open=${a}&open=${b}`)
    expect(rowsOf(html)).toHaveLength(6)
    const closed = rowsOf((await as(rita).get(nightly)).html)
    expect(closed).toHaveLength(5)
    expect(closed.filter((row) => row.includes('circle'))).toEqual([
      expect.stringMatching(/^circle-b/),
      expect.stringMatching(/^▸ 1 Open the 1 part of circle-a/),
    ])
  })

  test('keep what was selected over sorting and paging', async () => {
    const { as, rita, logRun } = await runsWorld()
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
    const { as, rita, logRun } = await runsWorld()
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

test('a run of a moment that no calendar has, and points of one, are shown all the same', async () => {
  const { as, rita, post } = await runsWorld()
  const far = '9000000000000000001'
  const { run } = await post('runs/create', { experiment_id: '1', start_time: '9000000000000000' })
  const run_id = run.info.run_id
  await post('runs/log-batch', {
    ...{ run_id, metrics: [{ key: '-loss', value: 'NaN', step: far, timestamp: '5' }] },
  })
  for (const path of ['/experiments', nightly, `/runs/${run_id}`, `/runs/${run_id}/charts`]) {
    const { html, status } = await as(rita).get(path)
    expect([path, status]).toEqual([path, 200])
    expect(textOf(html)).toContain('9000000000000000 ms')
  }
  const file = await as(rita).get(`/runs/${run_id}/points.csv`)
  expect(file.html.split('\r\n')).toEqual([
    'metric,step,timestamp_ms,value',
    `"'-loss",${far},5,NaN`,
    '',
  ])
  expect((await as(rita).get(`${nightly}/runs.csv`)).html).toContain('9000000000000000 ms')
  expect((await as(rita).get('/runs/nope/points.csv')).status).toBe(404)
})

describe('the page of a run', () => {
  test('says how it went, what it logged and what it became', async () => {
    const { as, rita, mlflow } = await runsWorld()
    const found = await mlflow(rita, 'POST', 'runs/search', { experiment_ids: ['1'] })
    const { run_id } = found.json.runs[0].info
    const text = textOf((await as(rita).get(`/runs/${run_id}`)).html)
    for (const shown of [
      'running began',
      'became fraud-detector 3 Staging',
      'accuracy 0.923 0.923 0.923 0',
      'lr 0.02',
      'transactions 9f2c01aa training',
      's3://lake/tx/2026-10',
    ]) {
      expect(text).toContain(shown)
    }
    expect((await as(rita).get('/runs/0123')).status).toBe(404)
    const version = await as(rita).get('/models/fraud-detector/3')
    expect(version.html).toContain(`href="/runs/${run_id}"`)
  })

  test('says of one that goes on when it logged last, and that it is quiet', async () => {
    const { as, rita, logRun, clock, post } = await runsWorld()
    const at = (key: string, timestamp: number) => ({ key, value: 1, step: 0, timestamp })
    const run_id = await logRun({ name: 'slow', metrics: [at('counted', 5)] })
    const shown = async () => textOf((await as(rita).get(`/runs/${run_id}`)).html)
    // A client that numbers its points says nothing of time.
    expect(await shown()).not.toMatch(/last point|quiet since/)
    await post('runs/log-batch', { run_id, metrics: [at('loss', clock.now())] })
    expect(await shown()).toMatch(/running began .* last point 2027-/)
    clock.pass(600_001)
    expect(await shown()).toMatch(/quiet since 2027-/)
    await post('runs/update', { run_id, status: 'FINISHED', end_time: clock.now() })
    expect(await shown()).not.toMatch(/last point|quiet since/)
  })

  test('leads to the runs before and after it that its reader may read, as they began', async () => {
    const { as, rita, logRun, clock, mlflow, ann } = await runsWorld()
    const ids: string[] = []
    for (const name of ['one', 'two', 'three', 'four']) {
      clock.pass(1000)
      ids.push(await logRun({ name }))
    }
    const [one, two, three, four] = ids
    await mlflow(ann, 'POST', 'runs/delete', { run_id: three })
    const beside = async (id: string | undefined) =>
      [
        ...(await as(rita).get(`/runs/${id}`)).html.matchAll(/href="\/runs\/(\w+)" rel="(\w+)"/g),
      ].map(([, run, rel]) => [rel, run])
    expect(await beside(two)).toEqual([
      ['prev', one],
      ['next', four],
    ])
    expect(await beside(four)).toEqual([['prev', two]])
    expect(await beside(three)).toEqual([])
  })

  test('leads to its parent and its children', async () => {
    const { as, rita, logRun } = await runsWorld()
    const parent = await logRun({ name: 'sweep' })
    const tags = [{ key: 'mlflow.parentRunId', value: parent }]
    const child = await logRun({ name: 'part', tags })
    const { html } = await as(rita).get(`/runs/${parent}`)
    const [, href = ''] = /href="([^"]*)">Children/.exec(html) ?? []
    const rows = rowsOf((await as(rita).get(href.replaceAll('&#39;', "'"))).html)
    expect(rows).toHaveLength(1)
    expect(rows[0]).toContain('part')
    expect((await as(rita).get(`/runs/${child}`)).html).toContain(`href="/runs/${parent}"`)
  })

  test('finds names among hundreds, and says what it leaves out', async () => {
    const { as, rita, logRun } = await runsWorld()
    const metrics = Array.from({ length: 300 }, (_, i) => point(`train/loss_${i}`, i))
    const run = await logRun({ name: 'wide', metrics })
    const all = await as(rita).get(`/runs/${run}`)
    expect(textOf(all.html)).toContain('100 more')
    const found = await as(rita).get(`/runs/${run}?q=LOSS_29`)
    expect(rowsOf(found.html)).toHaveLength(11)
  })

  test('has forms for its name, description and tags, and deletes and restores it', async () => {
    const { as, ann, rita, logRun } = await runsWorld()
    const path = `/runs/${await logRun({ name: 'draft' })}`
    const { post, get } = as(ann)
    for (const [form, fields] of [
      ['name', { name: 'final' }],
      ['description', { description: 'It **works**.' }],
      ['tags', { key: 'kept', value: 'yes' }],
      ['tags', { key: 'dropped', value: 'yes' }],
      ['tags/remove', { key: 'dropped' }],
      ['delete', {}],
    ] as const) {
      expect((await post(`${path}/${form}`, fields)).status, form).toBe(303)
    }
    const { html } = await get(path)
    expect(textOf(html)).toContain('This run is deleted')
    expect(html).toContain('<strong>works</strong>')
    expect(textOf(html)).toContain('kept yes')
    expect(textOf(html)).not.toContain('dropped')
    expect((await post(`${path}/name`, { name: '' })).status).toBe(400)
    expect((await post(`${path}/restore`, {})).location).toBe(path)
    expect(textOf((await get(path)).html)).not.toContain('This run is deleted')
    expect((await as(rita).post(`${path}/delete`, {})).status).toBe(403)
    expect(textOf((await as(rita).get(`${path}/change`)).html)).toContain('EDIT on run')
  })
})

describe('files', () => {
  test('of a run are walked by folder and shown by kind', async () => {
    const { as, ann, app, logRun, mlflow } = await runsWorld()
    const run = await logRun({ name: 'files' })
    const { json } = await mlflow(ann, 'GET', `runs/get?run_id=${run}`)
    const root = json.run.info.artifact_uri.replace(
      'mlflow-artifacts:/',
      '/api/2.0/mlflow-artifacts/artifacts/',
    )
    const evil = '<script>alert(1)</script>\u202e'
    for (const [path, body] of Object.entries({
      'out/notes.txt': `line one\n${evil}`,
      'out/rows.csv': 'name,value\n"a, b",1\n<img src=x>,"two\nlines"\n',
      'out/facts.json': '{"a":[1]}',
      'out/plot.png': 'no real image',
      'out/model.bin': 'a\0b',
      'out/page.html': evil,
      'out/long.log': 'x'.repeat(300_000),
    })) {
      await app.request(`${root}/${path}`, { method: 'PUT', headers: { authorization: ann }, body })
    }
    const get = (path: string) => as(ann).get(`/runs/${run}/files?path=${encodeURIComponent(path)}`)
    expect(rowsOf((await get('')).html)).toEqual(['out / folder'])
    expect(rowsOf((await get('out')).html)).toHaveLength(7)
    const text = await get('out/notes.txt')
    expect(textOf(text.html)).toContain('line one <script>alert(1)</script>\\u{202e}')
    expect(rowsOf((await get('out/rows.csv')).html)).toEqual([
      'a, b 1',
      '<img src=x> two\\u{a}lines',
    ])
    const facts = await get('out/facts.json')
    expect(textOf(facts.html)).toContain('a : 1 item 0 : 1')
    expect(facts.html).toContain('</a>  &quot;a&quot;: [')
    expect((await get('out/plot.png')).html).toContain(`src="/get-artifact?run_id=${run}`)
    expect(textOf((await get('out/model.bin')).html)).toContain('61 00 62')
    expect(textOf((await get('out/long.log')).html)).toContain('The first 262.1 kB of 300.0 kB')
    for (const path of ['out/notes.txt', 'out/rows.csv', 'out/facts.json']) {
      expect(markupIn((await get(path)).html), path).toEqual([])
    }
    expect(markupIn((await get('out/page.html')).html)).toEqual([
      `<iframe src="/runs/${run}/files/frame?path=out%2Fpage.html" title="out/page.html" sandbox="allow-scripts" referrerpolicy="no-referrer" loading="lazy">`,
    ])
    expect((await get('none')).status).toBe(404)
    expect((await get('../1')).status).toBe(400)
  })

  test('of a version are those that were sealed', async () => {
    const { as, rita, eve } = await runsWorld()
    const path = '/models/fraud-detector/3/files'
    expect(rowsOf((await as(rita).get(path)).html).join()).toContain('model.pkl 32 B')
    const { html } = await as(rita).get(`${path}?path=requirements.txt`)
    expect(textOf(html)).toContain('scikit-learn==1.9.2')
    expect((await as(eve).get(path)).status).toBe(403)
  })
})

describe('the file of runs', () => {
  test('has every run that the filter finds, with the chosen columns in full', async () => {
    const { as, ann, rita, logRun } = await runsWorld()
    for (let i = 0; i < 101; i++) {
      const loss = i === 0 ? 'NaN' : -i / 3
      const params = [{ key: 'lr', value: i === 1 ? '=cmd()' : String(i) }]
      await logRun({ name: `many-${i}`, metrics: [point('loss', loss)], params })
    }
    const address = `${nightly}?q=many&col=m.loss&col=p.lr&col=start&sort=m.loss`
    const table = await as(rita).get(address)
    const [, href = ''] = /href="([^"]*runs\.csv[^"]*)"/.exec(table.html) ?? []
    const file = await as(ann).get(href.replaceAll('&amp;', '&'))
    expect(file.headers.get('content-disposition')).toBe('attachment; filename="runs-of-1.csv"')
    const [head, ...rows] = file.html.trimEnd().split('\r\n')
    expect(head).toBe('run_id,name,metrics.loss,params.lr,Started')
    expect(rows).toHaveLength(101)
    expect(rows[0]).toMatch(/^\w{32},many-100,-33\.333333333333336,100,20[\dT:.-]+Z$/)
    expect(rows.join()).toContain(`many-1,-0.3333333333333333,"'=cmd()",`)
    expect(rows.join()).toContain('many-0,NaN,0,')
    const wrong = await as(rita).get(`${nightly}/runs.csv?q=metrics.loss%20=%20x`)
    expect(wrong.status).toBe(400)
  })

  test('is not for who may not read the experiment', async () => {
    const { as, eve, mlflow, admin } = await runsWorld()
    const none = { experiment_id: '1', username: 'eve', permission: 'NO_PERMISSIONS' }
    await mlflow(admin, 'POST', 'experiments/permissions/create', none)
    expect((await as(eve).get(`${nightly}/runs.csv`)).status).toBe(403)
  })
})

test('every page about a run leads back to its experiment by name', async () => {
  const { as, ann, logRun } = await runsWorld()
  const run = await logRun({ name: 'a', metrics: [point('loss', 1)] })
  for (const page of ['', '/change', '/files', '/charts']) {
    const { html } = await as(ann).get(`/runs/${run}${page}`)
    expect([page, html.includes('<a href="/experiments/1"><bdi>nightly</bdi></a>')]).toEqual([
      page,
      true,
    ])
  }
  const { html } = await as(ann).get(`/runs/compare?ids=${run}`)
  expect(html).toContain('<a href="/experiments/1"><bdi>nightly</bdi></a>')
})
