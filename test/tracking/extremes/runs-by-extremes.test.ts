import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { metrics, type Point } from '../points.ts'
import { startedRun } from '../started-run.ts'

/** Runs by name, each with the values that its metrics had one after another. */
async function runsWith(
  histories: Readonly<Record<string, Record<string, readonly (number | string)[]>>>,
) {
  const s = await startedRun()
  await s.post('runs/delete', { run_id: s.runId })
  const ids: Record<string, string> = {}
  for (const [i, [run_name, logged]] of Object.entries(histories).entries()) {
    const made = await s.post('runs/create', { experiment_id: '0', run_name, start_time: i })
    const { run_id } = made.json.run.info
    const batch = Object.entries(logged).flatMap(([key, values]) =>
      metrics(
        key,
        values.map((value, step): Point => [step, step, value]),
      ),
    )
    if (batch.length > 0) await s.post('runs/log-batch', { run_id, metrics: batch })
    ids[run_name] = run_id
  }
  const list = async (query: string) =>
    (await s.call('GET', `/api/v1/runs?experiment=0&${query}`)).json
  const names = async (query: string) =>
    (await list(query)).items.map(({ run_name }: { run_name: string }) => run_name)
  return { ...s, ids, list, names }
}

const some = {
  a: { loss: [3, 1, 2] },
  b: { loss: [0.5, 4] },
  c: { loss: ['NaN', 'NaN'] },
  d: {},
  e: { loss: [2, 'Infinity', 'NaN', 0.7] },
  f: { loss: [1, 1] },
}

test('runs are in the order of the least and of the greatest value, those without one last', async () => {
  const { names } = await runsWith(some)
  expect(await names('sort=m.loss:min')).toEqual(['b', 'e', 'f', 'a', 'd', 'c'])
  expect(await names('sort=-m.loss:min')).toEqual(['f', 'a', 'e', 'b', 'd', 'c'])
  expect(await names('sort=m.loss:max')).toEqual(['f', 'a', 'b', 'e', 'd', 'c'])
  expect(await names('sort=-m.loss:max&sort=name')).toEqual(['e', 'b', 'a', 'f', 'c', 'd'])
  expect(await names('sort=m.loss:min&filter=metrics.loss > 1.5')).toEqual(['b', 'a'])
})

test('pages go on behind the run where the one before ended, in both directions', async () => {
  const { list } = await runsWith(some)
  for (const [sort, order] of [
    ['m.loss:min', 'befadc'],
    ['-m.loss:max', 'ebafdc'],
  ]) {
    const found: string[] = []
    for (let token: string | undefined = ''; token !== undefined; ) {
      const page = await list(`sort=${sort}&max_results=1&page_token=${token}`)
      found.push(page.items[0].run_name)
      token = page.next_page_token
    }
    expect(found.join('')).toBe(order)
  }
  const first = await list('sort=m.loss:min&max_results=1')
  const other = await list(`sort=m.loss&max_results=1&page_token=${first.next_page_token}`)
  expect(other.error_code, 'a token of another order').toBe('INVALID_PARAMETER_VALUE')
})

test('columns have the latest value and the extremes, params and tags, and nothing that the run lacks', async () => {
  const { list, post, ids } = await runsWith(some)
  await post('runs/log-parameter', { run_id: ids.e, key: 'lr', value: '0.1' })
  const query =
    'column=m.loss&column=m.loss:min&column=m.loss:max&column=p.lr&column=t.none&sort=name'
  const { items, extremes_missing } = await list(query)
  expect(extremes_missing).toBe(false)
  expect(items.map(({ values }: { values: object }) => values)).toEqual([
    { 'm.loss': 2, 'm.loss:min': 1, 'm.loss:max': 3 },
    { 'm.loss': 4, 'm.loss:min': 0.5, 'm.loss:max': 4 },
    { 'm.loss': 'NaN' },
    {},
    { 'm.loss': 0.7, 'm.loss:min': 0.7, 'm.loss:max': Number.MAX_VALUE, 'p.lr': '0.1' },
    { 'm.loss': 1, 'm.loss:min': 1, 'm.loss:max': 1 },
  ])
})

test("a metric that is named as an extreme is spelled with ':last', and MLflow's grammar knows no extremes", async () => {
  const { list, names, post } = await runsWith({
    a: { 'loss:min': [5, 8], loss: [1] },
    b: { 'loss:min': [7, 3], loss: [2] },
  })
  expect(await names('sort=m.loss:min:last')).toEqual(['b', 'a'])
  expect(await names('sort=m.loss:min:min')).toEqual(['b', 'a'])
  expect(await names('sort=m.loss:min')).toEqual(['a', 'b'])
  const { items } = await list(
    'column=m.loss:min:last&column=m.loss:min:max&column=m.loss:min&sort=name',
  )
  expect(items[0].values).toEqual({ 'm.loss:min:last': 8, 'm.loss:min:max': 8, 'm.loss:min': 1 })
  const search = { experiment_ids: ['0'], order_by: ['metrics.`loss:min`'] }
  const { json } = await post('runs/search', search)
  expect(json.runs.map((run: { info: { run_name: string } }) => run.info.run_name)).toEqual([
    'b',
    'a',
  ])
})

test('what an earlier release logged comes last until it was read, and the answer says so', async () => {
  const { list, names, platform } = await runsWith(some)
  const place = (run: number) =>
    platform.db.all(
      sql`insert or replace into metric_extremes (id, run, key) values (1, ${run}, '')`,
    )
  const [{ run } = { run: 0 }] = await platform.db.all(sql<{ run: number }>`select l.run
    from latest_metrics l join runs r on r.id = l.run where r.name = 'e'`)
  await place(run)
  expect(await names('sort=m.loss:min')).toEqual(['e', 'f', 'd', 'c', 'b', 'a'])
  const { items, extremes_missing } = await list('column=m.loss&column=m.loss:min&sort=name')
  expect(extremes_missing).toBe(true)
  expect(items[0].values).toEqual({ 'm.loss': 2 })
})

test('the metrics of a run have their latest point and their extremes, in pages by name', async () => {
  const { call, ids } = await runsWith({
    a: { loss: [3, 1, 2], acc: ['NaN'], big: [1] },
  })
  const path = `/api/v1/runs/${ids.a}/metrics`
  const first = (await call('GET', `${path}?max_results=2`)).json
  expect(first.items).toEqual([
    { key: 'acc', value: 'NaN', step: 0, timestamp: 0 },
    { key: 'big', value: 1, step: 0, timestamp: 0, min: 1, max: 1 },
  ])
  const second = (await call('GET', `${path}?max_results=2&page_token=${first.next_page_token}`))
    .json
  expect(second).toEqual({
    items: [{ key: 'loss', value: 2, step: 2, timestamp: 2, min: 1, max: 3 }],
  })
  expect((await call('GET', `/api/v1/runs/${'0'.repeat(32)}/metrics`)).status).toBe(404)
})

test('what is no column, no order or no experiment is refused', async () => {
  const { call } = await runsWith({})
  for (const query of [
    'column=loss',
    'column=m.',
    'sort=took',
    'sort=x.y',
    'experiment=x',
    'filter=metrics',
  ]) {
    const { status, json } = await call('GET', `/api/v1/runs?experiment=0&${query}`)
    expect([status, json.error_code], query).toEqual([400, 'INVALID_PARAMETER_VALUE'])
  }
})
