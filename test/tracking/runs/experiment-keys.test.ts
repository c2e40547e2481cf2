import type { SQL } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import { collectGarbage } from '../../../src/registry/collect-garbage.ts'
import { planOf } from '../../support/plans.ts'
import { testServer } from '../../support/server.ts'
import { askedDatabase } from '../../support/watched-database.ts'

/** Runs of experiment 0: each logs `acc` and one more metric, a param `model` and a tag `team`. */
async function keyedServer(db?: Awaited<ReturnType<typeof freshPlatform>>['db']) {
  const server = await testServer(db && { db })
  const logRun = async (more: string, model = 'rf', experiment_id = '0') => {
    const tags = [{ key: 'team', value: 'risk' }]
    const { json } = await server.post('runs/create', { experiment_id, tags })
    const { run_id } = json.run.info
    const metrics = ['acc', more].map((key) => ({ key, value: 1, timestamp: 1, step: 0 }))
    const params = [{ key: 'model', value: model }]
    for (const _ of [1, 2]) await server.post('runs/log-batch', { run_id, metrics, params })
    return run_id as string
  }
  const keys = async (query: string, id = 0) =>
    (await server.call('GET', `/api/v1/experiments/${id}/keys?${query}`)).json
  const values = async (key: string, rest = '') =>
    (await server.call('GET', `/api/v1/experiments/0/values?key=${encodeURIComponent(key)}${rest}`))
      .json
  const counts = async (query: string, id = 0) =>
    Object.fromEntries(
      (await keys(query, id)).items.map((item: { key: string; runs: number }) => [
        item.key,
        item.runs,
      ]),
    )
  return { ...server, logRun, keys, values, counts }
}

describe('names of an experiment', () => {
  test('are counted by run, those of most runs first, page by page', async () => {
    const { logRun, keys, counts } = await keyedServer()
    for (const more of ['loss', 'loss', 'Val Acc']) await logRun(more)
    expect(await counts('kind=metric')).toEqual({ acc: 3, loss: 2, 'Val Acc': 1 })
    expect(await counts('kind=param')).toEqual({ model: 3 })
    expect(await counts('kind=tag&prefix=t')).toEqual({ team: 3 })
    expect(await counts('kind=metric&contains=ACC')).toEqual({ acc: 3, 'Val Acc': 1 })
    const first = await keys('kind=metric&max_results=2')
    expect(first.items.map(({ key }: { key: string }) => key)).toEqual(['acc', 'loss'])
    const token = encodeURIComponent(first.next_page_token)
    const second = await keys(`kind=metric&max_results=2&page_token=${token}`)
    expect(second).toEqual({ items: [{ key: 'Val Acc', runs: 1 }] })
    expect((await keys(`kind=param&page_token=${token}`)).error_code).toBe(
      'INVALID_PARAMETER_VALUE',
    )
  })

  test('belong to their experiment alone, and go with a tag and with the purge of a run', async () => {
    const { logRun, counts, post, platform } = await keyedServer()
    const { json } = await post('experiments/create', { name: 'other' })
    const other = Number(json.experiment_id)
    const [run] = [await logRun('loss'), await logRun('f1', 'rf', String(other))]
    expect(await counts('kind=metric')).toEqual({ acc: 1, loss: 1 })
    expect(await counts('kind=metric', other)).toEqual({ acc: 1, f1: 1 })
    await post('runs/delete-tag', { run_id: run, key: 'team' })
    expect(await counts('kind=tag&prefix=te')).toEqual({})
    await post('runs/delete', { run_id: run })
    await collectGarbage({ ...platform, graceMs: 0, dryRun: false }, Date.now() + 1)
    expect(await counts('kind=metric')).toEqual({})
    expect(await counts('kind=metric', other)).toEqual({ acc: 1, f1: 1 })
  })

  test('are found without reading the runs', async () => {
    const { db } = await freshPlatform()
    const heard: SQL[] = []
    const { logRun, keys } = await keyedServer(askedDatabase(db, (query) => heard.push(query)))
    await logRun('loss')
    heard.length = 0
    await keys('kind=metric&prefix=lo')
    const plans = (await Promise.all(heard.map(planOf))).flat()
    expect(plans.join('\n')).toMatch(/SEARCH k USING PRIMARY KEY \(experiment=\? AND kind=\?/)
    expect(
      plans.filter((line) =>
        /latest_metrics|SCAN (?!CONSTANT|w VIRTUAL TABLE|\(subquery)/.test(line),
      ),
    ).toEqual([])
  })
})

describe('values of a key', () => {
  test('are those of active runs, the most frequent first', async () => {
    const { logRun, values, post } = await keyedServer()
    for (const model of ['rf', 'xgb', 'xgb']) await logRun('loss', model)
    const deleted = await logRun('loss', 'svm')
    await post('runs/delete', { run_id: deleted })
    await logRun('loss', 'z'.repeat(501))
    expect(await values('params.model')).toEqual({
      items: [
        { value: 'xgb', runs: 2 },
        { value: 'rf', runs: 1 },
      ],
      runs_max: 2000,
    })
    expect((await values('params.`model`', '&prefix=r')).items).toEqual([{ value: 'rf', runs: 1 }])
    expect((await values('status')).items).toEqual([{ value: 'RUNNING', runs: 4 }])
    expect((await values('tags.team')).items).toEqual([{ value: 'risk', runs: 4 }])
    expect((await values('datasets.name')).items).toEqual([])
  })

  test.each(['metrics.acc', 'colour', 'params.', 'params.a b', "'x'", 'start_time'])(
    'of %s cannot be told',
    async (key) => {
      const { values } = await keyedServer()
      expect((await values(key)).error_code).toBe('INVALID_PARAMETER_VALUE')
    },
  )
})
