import { describe, expect, test } from 'vitest'
import { mergeSeries } from '../../src/ui/charts/group-series.ts'
import { axisOf } from '../../src/ui/charts/value-axis.ts'
import { hiddenFields, markupIn, rowsOf, textOf } from './page.ts'
import { runsWorld } from './runs-world.ts'

const axis = (values: readonly (number | string | undefined)[], isLog?: boolean) =>
  axisOf({ column: 'p.x', title: 'x', values, isLog })

describe('an axis', () => {
  test('of params that are all numbers is one of numbers; NaN and no value have lanes', () => {
    const { placeOf, numbers } = axis(['1', '2.5', '5', 'nan', 'None', undefined, '-inf'])
    expect(numbers).toEqual({ from: 1, to: 5, isLog: false })
    const places = ['1', '5', '3', 'nan', 'None', undefined, '-inf'].map(placeOf)
    expect(places).toEqual([0, 1, 0.5, 'nan', 'none', 'none', 0])
  })

  test('is logarithmic where values are above 0 and far apart, or where that is wanted', () => {
    expect(axis([0.0001, 0.01]).placeOf(0.001)).toBe(0.5)
    expect(axis([0.0001, 0.01], false).numbers?.isLog).toBe(false)
    expect(axis([-1, 1000], true).numbers?.isLog).toBe(false)
    expect(axis([1, 10], true).placeOf(-Number.MAX_VALUE)).toBe(0)
  })

  test('of texts has them in their natural order; of more than 20 it says how many', () => {
    const { ticks, placeOf } = axis(['v10', 'v9', '1'])
    expect(ticks.map(({ text }) => text)).toEqual(['v10', 'v9', '1'])
    expect([placeOf('1'), placeOf('v10'), placeOf(undefined)]).toEqual([0, 1, 'none'])
    const many = axis(Array.from({ length: 30 }, (_, i) => `v${i}`))
    expect([many.texts, many.ticks.map(({ text }) => text)]).toEqual([30, ['v29', 'v0']])
  })

  test('of the largest doubles and of equal values has a place for each', () => {
    const half = Number.MAX_VALUE / 2
    expect([-half, 0, half].map(axis([-half, half]).placeOf)).toEqual([0, 0.5, 1])
    expect(axis([7, 7]).placeOf(7)).toBe(0.5)
  })
})

test('series are put together by place: the mean of those that are there, from least to greatest', () => {
  const one = (x: number, value: number) => ({
    ...{ x, end: x, nans: 0, infinities: 0 },
    values: { min: value, max: value, mean: value },
  })
  const series = (runId: string, buckets: ReturnType<typeof one>[]) => ({
    ...{ runId, key: 'k', buckets },
    points: buckets.length,
  })
  const all = [series('a', [one(0, 1), one(1, 3)]), series('b', [one(0, 2), one(2, 9)])]
  const { buckets, points } = mergeSeries(all, { runId: 'both', bucketsMax: 10 })
  expect(points).toBe(4)
  expect(buckets.map(({ x, values }) => [x, values])).toEqual([
    [0, { min: 1, max: 2, mean: 1.5 }],
    [1, { min: 3, max: 3, mean: 3 }],
    [2, { min: 9, max: 9, mean: 9 }],
  ])
  const coarse = mergeSeries(all, { runId: 'both', bucketsMax: 2 })
  expect(coarse.buckets.map(({ x, end }) => [x, end])).toEqual([
    [0, 0],
    [1, 2],
  ])
})

/** Ten runs of the experiment `1` whose loss falls with their rate of learning. */
async function tunedWorld() {
  const world = await runsWorld()
  const ids: string[] = []
  for (let i = 0; i < 10; i++) {
    const value = i === 3 ? 'NaN' : 1 / (i + 1)
    ids.push(
      await world.logRun({
        name: i === 9 ? '<img src=x onerror=alert(1)>' : `try-${i}`,
        metrics: [{ key: 'loss', step: 0, timestamp: 0, value }],
        params: [
          ...(i === 0 ? [] : [{ key: 'lr', value: String(10 ** -i) }]),
          { key: 'kind', value: i % 2 ? '"><b>rf' : 'xgb' },
        ],
      }),
    )
  }
  const open = async (query: string) => {
    const { html, status } = await world.as(world.rita).get(`/runs/compare?${query}`)
    return { html, status, text: textOf(html) }
  }
  const matching = `in=1&q=${encodeURIComponent("params.kind != 'none'")}`
  return { ...world, ids, open, matching }
}

describe('all runs that match', () => {
  test('are lines through axes, which the address chooses and orders', async () => {
    const { open, matching, as, rita } = await tunedWorld()
    const table = await as(rita).get(`/experiments/1?q=loss`)
    expect(table.html).toContain('href="/runs/compare?in=1&amp;q=loss&amp;view=parallel"')
    const { html, text } = await open(`${matching}&view=parallel`)
    expect(text).toContain('All 10 runs that match.')
    expect(text).toContain('lr (log)')
    expect(text).toContain('10 runs , by loss , the least first'.replace(/ ,/g, ' ,'))
    expect(rowsOf(html)[0]).toMatch(/^<img src=x onerror=alert\(1\)> xgb|"><b>rf/)
    expect(markupIn(html)).toEqual([])
    const lines = [...html.matchAll(/class="thread" d="([^"]*)"/g)].flatMap(([, d = '']) =>
      d.split('M').slice(1),
    )
    expect(lines).toHaveLength(10)
    // One run has no rate, the loss of another is NaN.
    expect(lines.filter((line) => / 392/.test(line))).toHaveLength(1)
    expect(lines.filter((line) => / 412/.test(line))).toHaveLength(1)
    const chosen = await open(`${matching}&view=parallel&axis=m.loss&axis=p.lr&color=p.kind`)
    expect(chosen.text).toMatch(/loss → × ← lr ×|loss → ← lr/)
    expect(chosen.html).toContain('aria-label="Move lr to the left"')
    expect(chosen.text).toContain('Colour: kind "><b>rf xgb others, or no value')
    expect((await open(`${matching}&view=parallel&axis=loss`)).status).toBe(400)
    expect((await open(`${matching}&view=pie`)).status).toBe(400)
  })

  test('are points, and those in a box are opened as a list', async () => {
    const { open, matching, as, rita, ids } = await tunedWorld()
    const scatter = `${matching}&view=scatter&x=p.lr&y=m.loss&trend=1`
    const { html, text } = await open(scatter)
    expect(text).toContain('loss over lr (log) of 8 runs. 2 runs without a value, or with NaN')
    expect(text).toMatch(/The line explains [\d.]+ % of how far/)
    expect(html.match(/class="dots" d="([^"]*)"/)?.[1]?.match(/M/g)).toHaveLength(8)
    expect(html).toMatch(/data-from="-10" data-to="0" data-log="x"/)
    const boxed = await open(`${scatter}&y0=0.3&y1=0.6`)
    expect(boxed.text).toContain('2 runs in the box. Open these as a list')
    const list = /<a href="([^"]*)">Open these/
      .exec(boxed.html)?.[1]
      ?.replaceAll('&amp;', '&')
      .replaceAll('&#39;', "'")
    const opened = await as(rita).get(list ?? '')
    const names = rowsOf(opened.html).map((row) => /try-\d/.exec(row)?.[0])
    expect(names.sort()).toEqual(['try-1', 'try-2'])
    expect((await open(`${scatter}&x0=a`)).status).toBe(400)
    const chosen = await open(`ids=${ids[4]},${ids[5]}&view=scatter&x=m.loss&y=p.kind`)
    expect(chosen.text).toContain('kind over loss of 2 runs')
    expect(chosen.html).not.toContain('data-low')
  })

  test('are lines by the value of a param, and a mean with a band for each', async () => {
    const { open, matching } = await tunedWorld()
    const byKind = await open(`${matching}&view=charts&by=p.kind`)
    expect(byKind.text).toContain('Hide kind "><b>rf Hide kind xgb')
    const banded = await open(`${matching}&view=charts&by=p.kind&band=1`)
    expect(banded.text).toContain('kind xgb · 5 runs')
    expect(banded.text).toContain('the band reaches from the least to the greatest')
    const differences = await open(matching)
    expect(differences.text).toContain('values differ')
    expect(markupIn(banded.html)).toEqual([])
  })

  test('are of a metric that makes lines, where none was chosen: not of one point, and not of the machine', async () => {
    const { logRun, as, rita } = await runsWorld()
    const at = (key: string, step: number, value: number) => ({ key, step, timestamp: step, value })
    const log = (name: string, loss: number) =>
      logRun({
        name,
        metrics: [
          at('accuracy', 0, 1 - loss),
          ...[0, 1, 2].flatMap((step) => [
            at('loss', step, loss / (1 + step)),
            at('seconds', step, 7),
            at('system/cpu_utilization_percentage', step, 30 + loss),
          ]),
        ],
      })
    const ids = [await log('one', 0.4), await log('two', 0.3), await log('three', 0.2)]
    const address = `/runs/compare?view=charts&ids=${ids.join(',')}`
    const drawn = await as(rita).get(address)
    expect(drawn.html).toMatch(/<option value="loss" selected[^>]*>/)
    const chosen = await as(rita).get(`${address}&metric=accuracy`)
    expect(chosen.html).toMatch(/<option value="accuracy" selected[^>]*>/)
  })

  test('are not drawn above the differences where each run has one point of it, unless it was chosen', async () => {
    const { logRun, as, rita } = await runsWorld()
    const log = (name: string, value: number) =>
      logRun({ name, metrics: [{ key: 'score', step: 0, timestamp: 1, value }] })
    const address = `/runs/compare?ids=${await log('one', 1)},${await log('two', 2)}`
    const plain = await as(rita).get(address)
    expect(textOf(plain.html)).toMatch(/No run has more than one value of score ?, so no line/)
    expect(markupIn(plain.html)).toEqual([])
    expect(plain.html).not.toContain('class="large-chart')
    for (const drawn of [`${address}&view=charts`, `${address}&metric=score`]) {
      expect((await as(rita).get(drawn)).html, drawn).toContain('<figure class="chart')
    }
  })

  test('begin with one run, which its page selects in the table', async () => {
    const { as, rita, ids } = await tunedWorld()
    const { html } = await as(rita).get(`/runs/${ids[4]}`)
    const [, href = ''] = /href="([^"]*)"[^>]*>Compare with…/.exec(html) ?? []
    const table = await as(rita).get(href.replaceAll('&amp;', '&'))
    expect(table.html).toContain(`name="sel" value="${ids[4]}" checked`)
    expect(table.html.match(/ checked/g)).toHaveLength(1)
  })

  test('are kept by a part of an axis, which the address carries to other views', async () => {
    const { open, matching } = await tunedWorld()
    const axes = 'view=parallel&axis=p.lr&axis=m.loss'
    const kept = await open(`${matching}&${axes}&from.m.loss=0.2&to.m.loss=&from.p.lr=`)
    const [, count] = /Kept: loss ≥ 0.2 , (\d+) of 10 runs/.exec(kept.text) ?? []
    const losses = rowsOf(kept.html).map((row) => Number(row.split(' ').at(-1)))
    expect([losses.length, losses.every((loss) => loss >= 0.2)]).toEqual([Number(count), true])
    expect(losses.length).toBeLessThan(9)
    expect(kept.html).toContain('name="from.m.loss" value="0.2"')
    expect(kept.html).toMatch(/data-axis="m.loss" data-from="[-\d.]+" data-to="[-\d.]+"/)
    const bars = [
      ...kept.html.matchAll(/class="kept" x="\d+" y="(\d+)" width="12" height="(\d+)"/g),
    ]
    expect(bars).toHaveLength(1)
    // Up to the head of the axis, and from above its foot.
    expect([bars[0]?.[1], Number(bars[0]?.[2]) < 320]).toEqual(['46', true])
    expect(kept.html).toContain('axis=m.loss&amp;from.m.loss=0.2')
    expect(kept.html).toContain(encodeURIComponent('attributes.run_id IN ('))
    const none = await open(`${matching}&${axes}&from.m.loss=1e9`)
    expect(none.text).toContain('0 of 10 runs')
    expect((await open(`${matching}&${axes}&from.m.loss=x`)).status).toBe(400)
    expect((await open(`${matching}&${axes}&from.loss=1`)).status).toBe(400)
  })

  test('of a narrow range have colours whose legend tells their values apart', async () => {
    const { open, logRun } = await tunedWorld()
    for (const value of [0.9991, 0.9999]) {
      await logRun({
        name: `near-${value}`,
        metrics: [{ key: 'near', value, step: 0, timestamp: 0 }],
      })
    }
    const near = encodeURIComponent('metrics.near > 0')
    const { text } = await open(`in=1&q=${near}&view=scatter&x=m.near&y=m.near&color=m.near`)
    const ranges = text.match(/\d\S* to \d\S*/g)?.slice(0, 5) ?? []
    expect([ranges.length, new Set(ranges).size], ranges.join()).toEqual([5, 5])
    expect(ranges[0]).not.toMatch(/^(\S+) to \1$/)
  })

  test('that were chosen stand in a strip, where each leaves, comes in or becomes the base', async () => {
    const { as, rita, ids, logRun } = await tunedWorld()
    const [a = '', b = '', c = ''] = ids
    const hrefsOf = (html: string) =>
      [...html.matchAll(/href="(\/runs\/compare\?[^"]*)"/g)].map(([, href = '']) =>
        href.replaceAll('&amp;', '&').replaceAll('%2C', ','),
      )
    const at = (of: readonly string[]) => `/runs/compare?ids=${of.join(',')}`
    const there = `${at([a, b, c])}&view=charts`
    const { html } = await as(rita).get(there)
    expect(hiddenFields(html, '/runs/compare')).toEqual({
      ids: [a, b, c].join(','),
      view: 'charts',
    })
    expect(html).toContain('name="without" value="1"')
    const moved = async (more: string) =>
      decodeURIComponent((await as(rita).get(`${there}&${more}`)).location ?? '')
    expect(await moved('without=1')).toBe(`${at([a, c])}&view=charts`)
    expect(await moved('base=1')).toBe(`${at([b, a, c])}&view=charts`)
    expect(await moved('other=2&do=base')).toBe(`${at([c, a, b])}&view=charts`)
    const other = await logRun({ name: 'seed-one' })
    const added = await as(rita).get(`${at([a, b])}&all=1&add=seed-one`)
    expect([added.status, decodeURIComponent(added.location ?? '')]).toEqual([
      302,
      `${at([a, b, other])}&all=1`,
    ])
    const again = await as(rita).get(`${at([a, other])}&add=${other.slice(0, 9)}`)
    expect(textOf(again.html)).toContain('No other run that you may read is called')
    const twin = await logRun({ name: 'seed-two' })
    const several = await as(rita).get(`${at([a, b])}&add=seed`)
    expect(hrefsOf(several.html)).toEqual(
      expect.arrayContaining([at([a, b, other]), at([a, b, twin])]),
    )
  })

  test('a few say how far their metrics are from those of the base', async () => {
    const { as, rita, logRun } = await tunedWorld()
    const at = (value: number) => ({ metrics: [{ key: 'auc', value, step: 0, timestamp: 0 }] })
    const one = await logRun({ name: 'one', ...at(0.8) })
    const two = await logRun({ name: 'two', ...at(0.9) })
    const there = await as(rita).get(`/runs/compare?ids=${one},${two}`)
    expect(textOf(there.html)).toContain('auc more is better 0.8 0.9 best +0.1 (+12.5 %) better')
    const back = await as(rita).get(`/runs/compare?ids=${two},${one}`)
    expect(textOf(back.html)).toContain('auc more is better 0.9 best 0.8 −0.1 (−11.1 %) worse')
  })

  test('a few have the metrics first in which one is worse than the base', async () => {
    const { as, rita, logRun } = await runsWorld()
    const logged = async (values: Readonly<Record<string, number | string>>) =>
      logRun({
        name: 'try',
        metrics: Object.entries(values).map(([key, value]) => ({
          ...{ key, value, step: 0, timestamp: 0 },
        })),
      })
    const base = await logged({ accuracy: 0.8, f1: 0.7, loss: 0.2, odd: 1, recall: 0.6 })
    const other = await logged({ accuracy: 0.9, f1: 'NaN', loss: 0.3, odd: 0, recall: 0.7 })
    const namesOf = async (ids: readonly string[]) => {
      const { html } = await as(rita).get(`/runs/compare?ids=${ids.join(',')}`)
      const names = [...html.matchAll(/name="metric" value="([^"]*)"><bdi>/g)].map(([, key]) => key)
      return { names, isSaid: textOf(html).includes('is worse than the base come first') }
    }
    expect(await namesOf([base, other])).toEqual({
      names: ['f1', 'loss', 'accuracy', 'odd', 'recall'],
      isSaid: true,
    })
    expect(await namesOf([other, base])).toEqual({
      names: ['accuracy', 'recall', 'f1', 'loss', 'odd'],
      isSaid: true,
    })
    const better = await logged({ accuracy: 0.9, f1: 0.8 })
    expect((await namesOf([base, better])).isSaid).toBe(false)
  })

  test('are refused to whoever may not read their experiment', async () => {
    const { as, eve, admin, mlflow, matching } = await tunedWorld()
    const none = { experiment_id: '1', username: 'eve', permission: 'NO_PERMISSIONS' }
    await mlflow(admin, 'POST', 'experiments/permissions/create', none)
    for (const view of ['diff', 'charts', 'parallel', 'scatter']) {
      const { status } = await as(eve).get(`/runs/compare?${matching}&view=${view}`)
      expect(status, view).toBe(403)
    }
  })
})

test('the least, the greatest or the best value of each metric stands for a run', async () => {
  const { as, rita, logRun } = await runsWorld()
  const run = (name: string, values: readonly (number | string)[]) =>
    logRun({
      name,
      metrics: ['loss', 'acc', 'odd'].flatMap((key) =>
        values.map((value, step) => ({ key, value, step, timestamp: step })),
      ),
    })
  const ids = [await run('a', [4, 1, 2]), await run('b', [3, 2, 'NaN', 7])]
  const page = async (more: string) => {
    const { status, html } = await as(rita).get(`/runs/compare?ids=${ids}&${more}`)
    // Behind the table of the chart comes that of the metrics.
    const tables = html.split('<h2 id="metrics">')
    const rows = rowsOf(tables.at(-1) ?? '').map((row) =>
      row.replace(/ [+−].*$| (more|less) is better/g, ''),
    )
    return { status, rows, text: textOf(html), html }
  }
  expect((await page('')).rows).toEqual(['loss 2 best 7', 'acc 2 7 best', 'odd 2 7'])
  expect((await page('figure=min')).rows).toEqual(['loss 1 best 2', 'acc 1 2 best', 'odd 1 2'])
  expect((await page('figure=max')).rows).toEqual(['loss 4 best 7', 'acc 4 7 best', 'odd 4 7'])
  const best = await page('figure=best')
  expect(best.rows).toEqual(['loss 1 best 2', 'acc 4 7 best', 'odd 2 7'])
  expect(best.text).toContain('of all values, NaN left out; the latest where')
  expect(best.html).toContain('<option value="best" selected')
  expect((await page('figure=mean')).status).toBe(400)
  const drawn = await page('view=scatter&x=m.loss:min&y=m.acc:max')
  expect(drawn.text).toContain('acc (max)')
  expect(drawn.rows).toEqual(['b 2 7', 'a 1 4'])
})

describe('a run that is hidden', () => {
  /** Three runs along two steps, and the comparison of them. */
  async function hidingWorld() {
    const world = await runsWorld()
    const ids: string[] = []
    for (const [i, name] of ['one', 'two', '"><img src=x>'].entries()) {
      const metrics = [0, 1].map((step) => ({ key: 'auc', value: i + step, step, timestamp: step }))
      ids.push(
        await world.logRun({ name, metrics, params: [{ key: 'kind', value: i ? 'rf' : 'xgb' }] }),
      )
    }
    const get = async (more: string) => world.as(world.rita).get(`/runs/compare?${more}`)
    const short = (i: number) => ids[i]?.slice(0, 8) ?? ''
    return { ...world, ids, short, get, there: `ids=${ids.join(',')}` }
  }

  const lines = (html: string) =>
    [...html.matchAll(/<g class="(series-\d)"><path class="line" d="M[\d. ]+L/g)].map(
      ([, colour]) => colour,
    )
  const eyes = (html: string) =>
    [...html.matchAll(/name="line" value="([^"]*)" aria-pressed="(\w+)"/g)].map(
      ([, value, pressed]) => `${value} ${pressed}`,
    )

  test('is in no table and no drawing, keeps its colour and its place, and comes back', async () => {
    const { get, there, short } = await hidingWorld()
    const whole = (await get(there)).html
    expect(lines(whole)).toEqual(['series-0', 'series-1', 'series-2'])
    expect(eyes(whole)).toEqual([0, 1, 2].map((i) => `${short(i)} false`))
    const pressed = await get(`${there}&eye=${short(0)}`)
    expect(pressed.status).toBe(302)
    expect(pressed.location).toMatch(new RegExp(`&hide=${short(0)}$`))
    const { html } = await get(`${there}&hide=${short(0)}`)
    const text = textOf(html)
    expect(lines(html)).toEqual(['series-1', 'series-2'])
    expect(eyes(html)).toEqual([`${short(0)} true`, `${short(1)} false`, `${short(2)} false`])
    expect(html).toContain(`name="eye" value="${short(0)}" aria-pressed="true"`)
    expect(text).toContain('1 run is hidden. Show all')
    expect(text).toMatch(/two base/)
    expect(text).toContain('auc more is better 2 3 best')
    expect(hiddenFields(html, '/runs/compare').hide).toBe(short(0))
    const back = await get(`${there}&hide=${short(0)},${short(1)}&line=${short(0)}`)
    expect(back.location).toMatch(new RegExp(`&hide=${short(1)}#chart$`))
    expect(markupIn(html)).toEqual([])
    const gone = await get(`${there}&hide=${short(0)},${short(1)}&without=0`)
    expect(gone.location).toMatch(new RegExp(`&hide=${short(1)}$`))
  })

  test('is so in every view, also where all are, and of a group all at once', async () => {
    const { get, there, short } = await hidingWorld()
    const drawn = await get(`${there}&hide=${short(2)}&view=scatter&x=p.kind&y=m.auc`)
    expect(textOf(drawn.html)).toContain('of 2 runs')
    const all = `hide=${[0, 1, 2].map(short)}`
    for (const view of ['diff', 'charts', 'parallel', 'scatter']) {
      const { status, html } = await get(`${there}&${all}&view=${view}`)
      expect([status, textOf(html).includes('All runs are hidden. Show all')], view).toEqual([
        200,
        true,
      ])
    }
    const grouped = `in=1&view=charts&metric=auc&by=p.kind`
    const { html } = await get(grouped)
    const both = eyes(html).find((eye) => eye.includes(short(2)) && eye.includes(short(1)))
    expect(both).toMatch(/^[0-9a-f]{8},[0-9a-f]{8} false$/)
    const rf = both?.split(' ')[0] ?? ''
    const hidden = (await get(`${grouped}&hide=${rf}`)).html
    expect(eyes(hidden).filter((eye) => eye.startsWith(rf))).toEqual([`${rf} true`])
    expect(lines(hidden)).toHaveLength(lines(html).length - 2)
    expect(textOf((await get(`${grouped}&hide=${rf}&band=1`)).html)).toContain('2 runs are hidden')
  })

  test('is named by hex digits, and by no more than a hundred', async () => {
    const { get, there } = await hidingWorld()
    expect((await get(`${there}&hide=%22%3E`)).status).toBe(400)
    expect((await get(`${there}&line=abc`)).status).toBe(400)
    const many = Array.from({ length: 101 }, (_, i) => i.toString(16).padStart(8, '0'))
    expect((await get(`${there}&hide=${many}`)).status).toBe(400)
  })
})
