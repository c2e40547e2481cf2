import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import type { SeriesBucket } from '../../src/tracking/history/series-buckets.ts'
import type { MetricSeries } from '../../src/tracking/run-data/metric-series.ts'
import { drawGrid, drawSeries, extentOf, roundedOf } from '../../src/ui/charts/draw-series.ts'
import { markupIn, textOf } from './page.ts'
import { runsWorld } from './runs-world.ts'

const bucket = (x: number, value?: number): SeriesBucket => ({
  x,
  end: x,
  values: value === undefined ? undefined : { min: value, max: value, mean: value },
  nans: value === undefined ? 1 : 0,
  infinities: 0,
})
const seriesOf = (buckets: SeriesBucket[]): MetricSeries => ({
  runId: 'r',
  key: 'k',
  points: buckets.length,
  buckets,
})
function drawn(buckets: SeriesBucket[]) {
  const series = seriesOf(buckets)
  return drawSeries(series, extentOf([series]))
}

describe('a drawing', () => {
  test('leads from point to point, the greatest on top', () => {
    const { line, band, dots, marks } = drawn([bucket(0, 1), bucket(1, 3), bucket(2, 2)])
    expect(line).toBe('M0 396L500 4L1000 200')
    expect([band, dots, marks]).toEqual(['', '', ''])
  })

  test('leaves a gap where points are missing, and a dot for one that stands alone', () => {
    const steps = [0, 1, 2, 3, 40, 41, 90]
    const { line, dots } = drawn(steps.map((x) => bucket(x, x)))
    expect(line.match(/M/g)).toHaveLength(2)
    expect(dots).toMatch(/^M1000 4h0$/)
  })

  test('leads no line across NaN, and marks it at the foot', () => {
    const { line, marks } = drawn([0, 1, 2, 3, 4].map((x) => bucket(x, x === 2 ? undefined : x)))
    expect(line.match(/M/g)).toHaveLength(2)
    expect(marks).toBe('M500 400v-14')
  })

  test('of buckets is a band, so that a spike is always seen', () => {
    const spike = { ...bucket(1, 0), values: { min: 0, max: 100, mean: 1 } }
    const { band } = drawn([bucket(0, 0), spike, bucket(2, 0)])
    expect(band).toContain('500 4')
  })

  test('of equal values stands in the middle, and of the largest doubles too', () => {
    expect(drawn([bucket(0, 5), bucket(1, 5)]).line).toBe('M0 200L1000 200')
    const most = Number.MAX_VALUE / 2
    expect(drawn([bucket(0, -most), bucket(1, most)]).line).toBe('M0 396L1000 4')
  })
})

const most = Number.MAX_VALUE
test.each([
  ['values', [-0.588, 1.97], [2, 1, 0, -1]],
  ['small ones', [0.00012, 0.00093], [0.001, 0.0008, 0.0006, 0.0004, 0.0002, 0]],
  ['round ones', [0, 100], [100, 80, 60, 40, 20, 0]],
  ['equal ones', [5, 5], [5]],
  ['the largest doubles', [-most, most], [most, 0, -most]],
] as const)('beside %s stand round ones at even distances', (_, [from, to], ticks) => {
  const rounded = roundedOf({ x: [0, 1], y: [from, to] })
  expect(rounded.ticks).toEqual(ticks)
  expect(rounded.y?.[0]).toBeLessThanOrEqual(from)
  expect(rounded.y?.[1]).toBeGreaterThanOrEqual(to)
  const heights = [...drawGrid(rounded.ticks, rounded).matchAll(/M0 ([\d.]+)H/g)]
  expect(heights).toHaveLength(ticks.length)
})

describe('the charts of a run', () => {
  test('draw thousands of points in buckets without losing a spike', async () => {
    const { as, rita, logRun } = await runsWorld()
    const metrics = Array.from({ length: 900 }, (_, step) => ({
      key: 'loss',
      value: step === 451 ? 100 : 1,
      timestamp: step,
      step,
    }))
    const run = await logRun({ name: 'long', metrics })
    const { html } = await as(rita).get(`/runs/${run}/charts`)
    expect(textOf(html)).toContain(
      '900 points , 150 drawn: each from least to greatest'.replace(' ,', ','),
    )
    expect(html).toMatch(/class="band" d="M[^"]* 4L/)
    expect(textOf(html)).toContain('1 100 900')
    expect(html.length).toBeLessThan(30_000)
    const large = await as(rita).get(`/runs/${run}/charts?metric=loss&x=time`)
    expect(large.html).not.toContain('class="band"')
    expect(textOf(large.html)).toContain('900 points')
  })

  test('say what cannot be drawn, and show twelve at a time', async () => {
    const { as, rita, logRun } = await runsWorld()
    const at = (key: string, value: number | string, step: number) => ({
      ...{ key, value, step },
      timestamp: step,
    })
    const run = await logRun({
      name: '<img src=x>',
      metrics: [
        ...[1, 2, 'NaN', 4, 'Infinity', 6].map((value, i) => at('odd', value, i)),
        ...Array.from({ length: 13 }, (_, i) => at(`one/${i}`, i, 0)),
      ],
    })
    const first = await as(rita).get(`/runs/${run}/charts`)
    const text = textOf(first.html)
    expect(text).toContain(
      'NaN at 1 point, marked at the foot. Infinite at 1 point, marked at the head.',
    )
    expect(text).toContain('Page 1 of 2, 14 metrics')
    expect(first.html.match(/<figure/g)).toHaveLength(12)
    expect(markupIn(first.html)).toEqual([])
    const next = await as(rita).get(`/runs/${run}/charts?page=2`)
    expect(next.html.match(/<figure/g)).toHaveLength(2)
    expect((await as(rita).get(`/runs/${run}/charts?x=y`)).status).toBe(400)
    expect(textOf((await as(rita).get(`/runs/${run}/charts?metric=none`)).html)).toContain(
      'No metric is here',
    )
  })
})

describe('what the metrics of a run are held against', () => {
  test('is a line: what gates ask for, and the version that is live', async () => {
    const { as, rita, eve, admin, mlflow, logRun } = await runsWorld()
    const metrics = [0.5, 0.91].map((value, step) => ({
      ...{ key: 'accuracy', value, step },
      timestamp: step,
    }))
    const far = [5, 6].map((value, step) => ({
      ...{ key: 'latency_ms', value: value / 100, step },
      timestamp: step,
    }))
    const run = await logRun({ name: 'candidate', metrics: [...metrics, ...far] })
    const { html } = await as(rita).get(`/runs/${run}/charts`)
    const text = textOf(html)
    expect(text).toContain('gate 0.9: production-sign-off asks for at least that in Production')
    expect(text).toContain('live (2) 0.918: fraud-detector 2 in Production')
    expect(text).toContain('live (2) 12: fraud-detector 2 in Production')
    // The latency of the one that is live is too far off for a line in this chart.
    expect(html.match(/class="reference (gate|live)" d="M0 \d[^"]*H1000/g)).toHaveLength(2)
    const none = { name: 'fraud-detector', username: 'eve', permission: 'NO_PERMISSIONS' }
    await mlflow(admin, 'POST', 'registered-models/permissions/create', none)
    expect(textOf((await as(eve).get(`/runs/${run}/charts`)).html)).not.toContain('fraud-detector')
  })

  test('groups metrics by what stands before a slash, those of the machine folded', async () => {
    const { as, rita, logRun } = await runsWorld()
    const keys = ['zeta', 'train/loss', 'train/acc', 'val/loss', 'system/cpu']
    const run = await logRun({
      name: 'grouped',
      metrics: keys.map((key) => ({ key, value: 1, step: 0, timestamp: 0 })),
    })
    const { html } = await as(rita).get(`/runs/${run}/charts`)
    const titles = [...html.matchAll(/<figcaption><strong><a[^>]*><bdi>([^<]*)/g)]
    expect(titles.map(([, title]) => title)).toEqual([
      'zeta',
      'train/acc',
      'train/loss',
      'val/loss',
    ])
    expect(textOf(html)).toContain('System metrics 1 Draw all system/cpu')
    expect(textOf(html)).toMatch(/train \/ 2/)
    const drawn = await as(rita).get(`/runs/${run}/charts?q=system/`)
    expect(drawn.html.match(/<figure/g)).toHaveLength(1)
  })
})

describe('how the charts of a run are drawn', () => {
  test('stands in the address: a part of the axis, logarithms, smoothing', async () => {
    const { as, rita, logRun } = await runsWorld()
    const metrics = Array.from({ length: 400 }, (_, step) => ({
      ...{ key: 'loss', step, timestamp: step * 10 },
      value: step === 123 ? 50 : step === 7 ? -1 : 1 + (step % 2),
    }))
    const path = `/runs/${await logRun({ name: 'long', metrics })}/charts`
    const read = async (query: string) => {
      const { html, status } = await as(rita).get(`${path}?${query}`)
      return { html, status, text: textOf(html) }
    }
    const whole = await read('')
    expect(whole.text).toContain('400 points, 150 drawn: each from least to greatest')
    expect(whole.html).toContain('data-from="0" data-to="399"')
    expect(whole.html).toMatch(/api\/v1\/metrics\/series\?run=\w+&amp;key=loss&amp;points=150/)
    const part = await read('x0=100&x1=149&smooth=0.9')
    expect(part.text).toContain('50 points')
    expect(part.html).toContain('data-from="100" data-to="149"')
    expect(part.html).toMatch(/metric=loss&amp;x0=100&amp;x1=149&amp;smooth=0\.9/)
    expect(part.html.match(/class="line smooth"/g)).toHaveLength(1)
    const timed = await read('x=time&x0=1230&x1=1239')
    expect(timed.text).toContain('1 point 50')
    expect(timed.html).toContain('x=time&amp;from=1230&amp;to=1239&amp;points=150')
    const log = await read('log=1')
    expect(log.text).toContain('1 place with values that are not above 0')
    expect(log.html).toContain('name="log" value="1" checked')
    expect((await read('x0=5000')).text).toContain('Nothing was logged in this part of the axis')
    for (const wrong of ['x0=a', 'smooth=1', 'smooth=-0.1', 'x0=Infinity']) {
      expect((await read(wrong)).status, wrong).toBe(400)
    }
  })
})

describe('a comparison of runs', () => {
  test('shows what differs, the best marked, and a line for each', async () => {
    const { as, rita, logRun } = await runsWorld()
    const ids: string[] = []
    for (const [i, lr] of ['0.1', '0.01', '0.1'].entries()) {
      ids.push(
        await logRun({
          name: `try-${i}`,
          metrics: [0, 1, 2].map((step) => ({
            ...{ key: 'accuracy', step, timestamp: step },
            value: (i + step) / 10,
          })),
          params: [
            { key: 'lr', value: lr },
            { key: 'model', value: 'rf' },
          ],
        }),
      )
    }
    const chosen = await as(rita).get(
      `/runs/compare?${ids.map((id) => `sel=${id}`).join('&')}&sort=name`,
    )
    const address = `/runs/compare?ids=${ids.join('%2C')}`
    expect([chosen.status, chosen.location]).toEqual([302, address])
    const { html } = await as(rita).get(address)
    const text = textOf(html)
    expect(text).toContain('2 values differ, 1 are equal')
    expect(text).toContain(
      'accuracy more is better 0.2 0.3 +0.1 (+50 %) better 0.4 best +0.2 (+100 %) better',
    )
    expect(text).toContain('lr 0.1 0.01 0.1')
    expect(text).not.toContain('model rf')
    expect(html.match(/class="series-[012]"><path class="line" d="M0 /g)?.length).toBe(6)
    expect(textOf((await as(rita).get(`${address}&all=1`)).html)).toContain('model rf')
    const gone = await as(rita).get(`${address},0123`)
    expect(textOf(gone.html)).toContain('1 run of the address is not there')
    expect(textOf((await as(rita).get('/runs/compare')).html)).toContain('at least two runs')
  })

  test('shows the values of runs though the points of one are lost, and says so', async () => {
    const { as, rita, logRun, platform } = await runsWorld()
    const ids: string[] = []
    for (const value of [0.25, 0.75]) {
      ids.push(
        await logRun({
          name: `run-${value}`,
          metrics: [{ key: 'accuracy', step: 1, timestamp: 1, value }],
        }),
      )
    }
    await platform.db.batch({
      pack: sql`insert into metric_packs (id, key, size_bytes, created_at_ms) values (1, 'metrics/00/gone', 9, 1)`,
      folded: sql`insert into folded_metrics (run, pack, start, length, directory_length, points)
        select id, 1, 0, 9, 5, 1 from runs where run_id = ${ids[0]}`,
    })
    const { status, html } = await as(rita).get(`/runs/compare?ids=${ids.join('%2C')}`)
    expect(status).toBe(200)
    expect(textOf(html)).toContain('accuracy more is better 0.25 0.75')
    expect(textOf(html)).toContain(`Stored points of the metrics of run '${ids[0]}' are lost`)
  })

  test('is refused where one of the runs may not be read', async () => {
    const { as, eve, logRun, mlflow, admin } = await runsWorld()
    const ids = [await logRun({ name: 'a' }), await logRun({ name: 'b' })]
    const none = { experiment_id: '1', username: 'eve', permission: 'NO_PERMISSIONS' }
    await mlflow(admin, 'POST', 'experiments/permissions/create', none)
    const paths = [
      `/runs/compare?ids=${ids.join(',')}`,
      `/runs/${ids[0]}`,
      `/runs/${ids[0]}/charts`,
      `/runs/${ids[0]}/points.csv`,
    ]
    for (const path of [...paths, `/runs/${ids[0]}/files`]) {
      expect((await as(eve).get(path)).status, path).toBe(403)
    }
  })
})
