import { expect, test } from 'vitest'
import { rowsOf, textOf } from './page.ts'
import { runsWorld } from './runs-world.ts'

const metric = (key: string, value: number | string) => ({ key, value, step: 0, timestamp: 0 })
const table = '/experiments/1?col=m.loss&col=m.acc&group=p.kind'

async function world() {
  const made = await runsWorld()
  const log = (name: string, kind: string | undefined, loss: number | string, more: object = {}) =>
    made.logRun({
      name,
      metrics: [metric('loss', loss)],
      params: [
        { key: 'batch', value: 'x' },
        ...(kind === undefined ? [] : [{ key: 'kind', value: kind }]),
      ],
      ...more,
    })
  await log('a', '10', 4)
  await log('b', '9', 1, { metrics: [metric('loss', 1), metric('acc', 0.5)] })
  await log('c', '9', 3)
  await log('d', 'rf', 'NaN')
  await log('e', 'it\'s "both"', 'Infinity')
  await log('f', undefined, 2, { tags: [{ key: 'team', value: 'risk' }] })
  const shown = async (path: string) => rowsOf((await made.as(made.ann).get(path)).html)
  return { ...made, shown, log }
}

test('runs are folded by a param: how many, the mean and the range of each metric', async () => {
  const { shown, as, ann } = await world()
  expect(await shown(table)).toEqual([
    '9 2 2 1 to 3 0.5 1 run',
    '10 1 4 –',
    'it\'s "both" 1 – –',
    'rf 1 – –',
    // The three of the world have another param.
    'no value 4 2 1 run –',
  ])
  const { html } = await as(ann).get(table)
  expect(textOf(html)).toContain('9 runs by kind · 5 values. Show the runs')
  expect(html).not.toContain('name="sel"')
})

test('a group leads to its runs, and a filter stays', async () => {
  const { shown, as, ann } = await world()
  const { html } = await as(ann).get(`${table}&q=metrics.loss%20<%203.5`)
  expect(await shown(`${table}&q=metrics.loss%20<%203.5`)).toEqual([
    '9 2 2 1 to 3 0.5 1 run',
    'no value 1 2 –',
  ])
  const hrefs = [...html.matchAll(/<th scope="row"><a href="([^"]*)"/g)].map(([, href = '']) =>
    href.replaceAll('&amp;', '&').replaceAll('&#39;', "'"),
  )
  expect(new URL(`http://h${hrefs[0]}`).searchParams.get('q')).toBe(
    "metrics.loss < 3.5 AND params.`kind` = '9'",
  )
  const found = await shown(hrefs[0] ?? '')
  expect(found.map((row) => row.split(' ')[0]).sort()).toEqual(['b', 'c'])
  for (const href of hrefs) expect((await as(ann).get(href)).status, href).toBe(200)
})

test('groups are in the order of a metric, those without a value last', async () => {
  const { shown } = await world()
  const names = async (sort: string) =>
    (await shown(`${table}&sort=${sort}`)).map((row) => row.split(' ')[0])
  expect(await names('m.loss')).toEqual(['9', 'no', '10', "it's", 'rf'])
  expect(await names('-m.loss')).toEqual(['10', '9', 'no', "it's", 'rf'])
})

test('extremes of metrics are folded like latest values', async () => {
  const { shown, logRun } = await world()
  const steps = [7, 1, 5].map((value, step) => ({ ...metric('loss', value), step }))
  await logRun({ name: 'g', metrics: steps, params: [{ key: 'kind', value: '10' }] })
  const columns = 'col=m.loss&col=m.loss:min&col=m.loss:max&group=p.kind'
  const rows = await shown(`/experiments/1?${columns}&sort=-m.loss:max`)
  expect(rows.slice(0, 2)).toEqual([
    '10 2 4.5 4 to 5 2.5 1 to 4 5.5 4 to 7',
    '9 2 2 1 to 3 2 1 to 3 2 1 to 3',
  ])
})

test('by a tag too, and by nothing else', async () => {
  const { shown, as, ann } = await world()
  expect(await shown('/experiments/1?col=m.loss&group=t.team')).toEqual([
    'risk 1 2',
    'no value 8 2.66667 1 to 4 3 runs',
  ])
  for (const bad of ['m.loss', 'start', 'kind', 'p.', 'x.y']) {
    expect((await as(ann).get(`/experiments/1?group=${bad}`)).status, bad).toBe(400)
  }
  const none = await as(ann).get('/experiments/1?group=p.nothing')
  expect(textOf(none.html)).toContain('9 runs by nothing · 1 value.')
  expect((await as(ann).get('/experiments/1?group=p.kind&group=p.batch')).status).toBe(400)
  const several = await shown('/runs?in=0,1&col=m.loss&group=p.kind')
  expect(several[0]).toBe('9 2 2 1 to 3')
})

test('of more groups than have a row the page says how many', async () => {
  const { log, as, ann, shown } = await world()
  for (let i = 0; i < 105; i++) await log(`many-${i}`, `v${i}`, i)
  const path = `${table}&q=params.kind%20LIKE%20'v%25'`
  expect(await shown(path)).toHaveLength(100)
  expect(textOf((await as(ann).get(path)).html)).toContain(
    '105 runs by kind · 105 values. Shown are 100 of them.',
  )
})

test('long values and great numbers are folded too, and the page stays short', async () => {
  const { log, as, ann, shown } = await world()
  for (const kind of ['x', 'y', 'y']) {
    await log('long', kind.repeat(6000), 1.7e308)
  }
  const path = `${table}&q=params.kind%20LIKE%20'%25xx%25'`
  expect((await shown(path))[0]).toMatch(/^x+… 1 1\.7e308 –$/)
  const { html } = await as(ann).get(`${table}&q=metrics.loss%20>%201e300`)
  expect(rowsOf(html)[2]).toMatch(/^y+… 2 1\.7e308 1\.7e308 to 1\.7e308 –$/)
  expect(html.length).toBeLessThan(60_000)
})

test('a form keeps the grouping, and a saved view with a wrong one is not shown first', async () => {
  const { as, ann, call } = await world()
  const { html } = await as(ann).get(`${table}&q=x`)
  expect(html.match(/name="group"/g)).toHaveLength(1)
  expect(html).toMatch(/<option value="p.kind" selected/)
  const view = { name: 'odd', query: 'group=m.loss', shared: false, default: true }
  expect((await call(ann, 'POST', '/api/v1/experiments/1/views', view)).status).toBe(201)
  expect((await as(ann).get('/experiments/1')).status).toBe(200)
})

test('whoever may not read the runs sees no group', async () => {
  const { as, eve, mlflow, admin } = await world()
  const none = { experiment_id: '1', username: 'eve', permission: 'NO_PERMISSIONS' }
  await mlflow(admin, 'POST', 'experiments/permissions/create', none)
  const { status, html } = await as(eve).get(table)
  expect(status).toBe(403)
  expect(html).not.toContain('rf')
})
