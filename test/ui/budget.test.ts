import { expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import type { Database } from '../../src/db/database.ts'
import { busyWorld } from './deployments-world.ts'
import { pagesOf } from './page.ts'
import { runsWorld } from './runs-world.ts'
import { answered, answerSpans, tracesWorld } from './traces-world.ts'
import { askedWorld } from './world.ts'

const model = '/models/fraud-detector'
const pages = [
  '/',
  '/models',
  '/promotions',
  '/promotions/1',
  model,
  `${model}?at=${1_800_010_850_000}`,
  `${model}/versions?metric=accuracy`,
  `${model}/access`,
  `${model}/3`,
  `${model}/compare?v=2,3`,
  `${model}/compare/file?v=2,3&path=MLmodel`,
  `${model}/change`,
  `${model}/3/change`,
  `${model}/3/card`,
  `${model}/3/card/revisions`,
  `${model}/3/gates`,
  '/experiments',
  '/experiments/1',
  '/settings/policies',
  '/settings/policies/production-sign-off',
  '/find?q=fraud',
  '/profile',
  '/settings/users',
  '/datasets',
  '/collections',
  '/datasets/9f2c01aa',
]

const deploymentPages = [
  '/deployments',
  '/deployments/fraud-ab',
  '/deployments/fraud-ab/traffic?weight.champion=50&weight.challenger=50',
  `${model}/serving`,
]

/** Round trips of the dearest pages at most, of any other 8. None may take more than 12. */
const tripsMaxOf: Readonly<Record<string, number>> = {
  '/promotions/1': 12,
  [model]: 11,
  [`${model}/3`]: 11,
  [`${model}/3/gates`]: 9,
}

function tripsMax(page: string): number {
  return tripsMaxOf[page] ?? 8
}

/** A platform that counts the round trips to its database, as of one that is far away. */
async function countingPlatform() {
  const { db, blobs } = await freshPlatform()
  const count = { trips: 0 }
  const counted = <T>(ask: () => T): T => {
    count.trips++
    return ask()
  }
  const counting: Database = {
    all: (query) => counted(() => db.all(query)),
    first: (query) => counted(() => db.first(query)),
    batch: (queries) => counted(() => db.batch(queries)),
    isFar: true,
  }
  return { platform: { db: counting, blobs }, count }
}

type Costs = Record<string, { trips: number; bytes: number }>

/** Round trips to the database, and bytes of HTML, of each page. */
async function costs(more: number): Promise<Costs> {
  const { platform, count } = await countingPlatform()
  const { app, rita, register } = await askedWorld(platform)
  for (let i = 0; i < more; i++) await register()
  const found: Costs = {}
  for (const page of pages) {
    await pagesOf(app, rita).get(page)
    count.trips = 0
    const { html, status } = await pagesOf(app, rita).get(page)
    expect(status, page).toBe(200)
    found[page] = { trips: count.trips, bytes: html.length }
  }
  return found
}

/** As `costs`, of the pages of runs, where so many runs have logged so many metrics of 50 points. */
async function costsOfRuns(runs: number, metrics: number): Promise<Costs> {
  const { platform, count } = await countingPlatform()
  const { as, rita, logRun } = await runsWorld(platform)
  const keys = Array.from({ length: metrics }, (_, i) => `train/loss_${i}`)
  const ids: string[] = []
  for (let i = 0; i < runs; i++) {
    const points = keys.flatMap((key) => {
      const steps = i === 0 && key.length < 14 ? 50 : 1
      return Array.from({ length: steps }, (_, step) => ({
        ...{ key, step, timestamp: step },
        value: Math.sin(step + i),
      }))
    })
    const params = keys.map((key) => ({ key, value: String(i) }))
    ids.push(
      await logRun({
        name: `run-${i}`,
        metrics: points.slice(0, 1000),
        params: params.slice(0, 100),
      }),
    )
  }
  const found: Costs = {}
  const columns = keys.slice(0, 12).map((key) => `col=${encodeURIComponent(`m.${key}`)}`)
  for (const [name, page] of Object.entries({
    table: '/experiments/1',
    chosen: `/experiments/1?${columns.join('&')}&sort=-m.train/loss_1`,
    several: '/runs?in=0,1',
    selected: `/runs/change?${ids
      .slice(-100)
      .map((id) => `sel=${id}`)
      .join('&')}`,
    run: `/runs/${ids[0]}`,
    charts: `/runs/${ids[0]}/charts`,
    comparison: `/runs/compare?ids=${ids.slice(-100).join(',')}`,
    lines: `/runs/compare?ids=${ids.slice(-100).join(',')}&view=charts`,
    parallel: '/runs/compare?in=1&view=parallel',
    scatter: '/runs/compare?in=1&view=scatter',
  })) {
    await as(rita).get(page)
    count.trips = 0
    const { html, status } = await as(rita).get(page)
    expect(status, page).toBe(200)
    found[name] = { trips: count.trips, bytes: html.length }
  }
  return found
}

test('no page asks the database more for more versions, and none grows beyond its bounds', async () => {
  const [few, many] = [await costs(0), await costs(12)]
  for (const page of pages) {
    const [small, large] = [few[page], many[page]]
    expect(large?.trips, page).toBeLessThanOrEqual((small?.trips ?? 0) + 1)
    expect(large?.trips, page).toBeLessThanOrEqual(tripsMax(page))
    expect(large?.bytes, page).toBeLessThan(100_000)
  }
})

/** As `costs`, of the pages of deployments, where a model has so many more of them and of processes. */
async function costsOfDeployments(more: number): Promise<Costs> {
  const { platform, count } = await countingPlatform()
  const { as, ann, call, split, replica, name } = await busyWorld(platform)
  const { guard: _, ...plain } = split
  for (let i = 0; i < more; i++) {
    await call(ann, 'PUT', `/api/v1/deployments/d${i}`, plain)
    const uri = `models:/${name}/${(i % 3) + 1}`
    await replica('Staging', 3, { replica: `r${i}`, uri })
  }
  const found: Costs = {}
  for (const page of deploymentPages) {
    await as(ann).get(page)
    count.trips = 0
    const { html, status } = await as(ann).get(page)
    expect(status, page).toBe(200)
    found[page] = { trips: count.trips, bytes: html.length }
  }
  return found
}

test('no page of deployments asks the database more for more of them and of processes', async () => {
  const [few, many] = [await costsOfDeployments(0), await costsOfDeployments(90)]
  for (const [page, large] of Object.entries(many)) {
    expect(large.trips, page).toBeLessThanOrEqual(few[page]?.trips ?? 0)
    expect(large.trips, page).toBeLessThanOrEqual(tripsMax(page))
    expect(large.bytes, page).toBeLessThan(100_000)
  }
})

test('no page of runs asks the database more for more runs and metrics, and none grows beyond its bounds', async () => {
  const [few, many] = [await costsOfRuns(2, 1), await costsOfRuns(120, 40)]
  for (const [page, large] of Object.entries(many)) {
    expect(large.trips, page).toBeLessThanOrEqual(few[page]?.trips ?? 0)
    expect(large.trips, page).toBeLessThanOrEqual(tripsMax(page))
    expect(large.bytes, page).toBeLessThan(100_000)
  }
})

type TracesWorld = Awaited<ReturnType<typeof tracesWorld>>

/** A queue with these traces, and a set of examples made of as many records. */
async function reviewsOf({
  as,
  ann,
  call,
  ids,
}: Pick<TracesWorld, 'as' | 'ann' | 'call'> & { readonly ids: readonly string[] }) {
  const { location } = await as(ann).post('/experiments/1/reviews/mine', {})
  const queue = location ?? ''
  const sel = ids.slice(0, 100).map((id) => `sel=${id}`)
  expect((await as(ann).post(`${queue}/items?${sel.join('&')}`, {})).status).toBe(303)
  const made = await call(ann, 'POST', '/api/3.0/mlflow/datasets/create', {
    name: 'hard questions',
    experiment_ids: ['1'],
  })
  const { dataset_id } = made.json.dataset
  const records = ids.map((id) => ({ inputs: { question: id, context: 'x'.repeat(2000) } }))
  await call(ann, 'POST', `/api/3.0/mlflow/datasets/${dataset_id}/records`, {
    records: JSON.stringify(records),
  })
  return { queue, evaluation: `/evaluation-datasets/${dataset_id}` }
}

/** As `costs`, of the pages of traces, where there are so many of them with so many spans each. */
async function costsOfTraces(traces: number, spans: number): Promise<Costs> {
  const { platform, count } = await countingPlatform()
  const { as, ann, call, logTrace, list } = await tracesWorld(platform)
  const more = Array.from({ length: spans }, (_, i) => ({ id: 100 + i, parent: 1 + (i % 40) }))
  const long = 'what is asked '.repeat(200)
  const ids: string[] = []
  for (let i = 1; i <= traces; i++) {
    const said = { ...answered, question: long, answer: long }
    ids.push(await logTrace(i, said, i < 3 ? [...answerSpans, ...more] : []))
  }
  const { queue, evaluation } = await reviewsOf({ as, ann, call, ids })
  const found: Costs = {}
  for (const [name, page] of Object.entries({
    list,
    reviews: `/experiments/1/reviews?sel=${ids[0]}`,
    review: queue,
    evaluations: '/experiments/1/evaluation-datasets',
    evaluation,
    filter: `${list}?q=${encodeURIComponent("status = 'OK'")}`,
    deletion: `${list}/delete?${ids
      .slice(0, 100)
      .map((id) => `sel=${id}`)
      .join('&')}`,
    sessions: '/experiments/1/sessions',
    session: '/experiments/1/sessions?id=s-77',
    trace: `/traces/${ids[0]}`,
    comparison: `${list}/compare?sel=${ids[0]}&sel=${ids[1]}`,
  })) {
    await as(ann).get(page)
    count.trips = 0
    const { html, status } = await as(ann).get(page)
    expect(status, page).toBe(200)
    found[name] = { trips: count.trips, bytes: html.length }
  }
  return found
}

test('no page of traces asks the database more for more traces and spans, and none grows beyond its bounds', async () => {
  const [few, many] = [await costsOfTraces(2, 0), await costsOfTraces(110, 5000)]
  for (const [page, large] of Object.entries(many)) {
    expect(large.trips, page).toBeLessThanOrEqual(few[page]?.trips ?? 0)
    expect(large.trips, page).toBeLessThanOrEqual(tripsMax(page))
    expect(large.bytes, page).toBeLessThan(100_000)
  }
})
