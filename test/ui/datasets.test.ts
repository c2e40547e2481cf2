import type { SQL } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import type { Database } from '../../src/db/database.ts'
import { planOf } from '../support/plans.ts'
import { markupIn, pagesOf, rowsOf, textOf } from './page.ts'
import { runsWorld } from './runs-world.ts'

async function world() {
  const made = await runsWorld()
  const read = async (name: string, digest: string, more: object = {}) => {
    const run_id = await made.logRun({ name: `reads ${name}`.slice(0, 40) })
    const dataset = { name, digest, source_type: 'local', source: '{"path": "a"}', ...more }
    const res = await made.mlflow(made.ann, 'POST', 'runs/log-inputs', {
      ...{ run_id, datasets: [{ dataset }] },
    })
    if (res.status !== 200) throw new Error(res.text)
    return run_id
  }
  const hide = (what: object, kind: string) =>
    made.mlflow(made.admin, 'POST', `${kind}/permissions/create`, {
      ...{ ...what, username: 'alice', permission: 'NO_PERMISSIONS' },
    })
  return { ...made, read, hide }
}

const digest = '9f2c01aa'
const page = `/datasets/${digest}`

describe('the list of datasets', () => {
  test('says how many runs read each, what was trained on it, and how much of that is live', async () => {
    const { as, rita, read, mlflow, ann } = await world()
    await read('holdout', 'aa11', { source: 's3://key:secret@lake/x' })
    const gone = await read('holdout', 'aa11')
    await mlflow(ann, 'POST', 'runs/delete', { run_id: gone })
    const { html } = await as(rita).get('/datasets')
    expect(rowsOf(html)).toEqual([
      expect.stringMatching(/^holdout aa11 .* 1 0 none$/),
      expect.stringMatching(/^transactions 9f2c01aa .* 3 3 2 live$/),
    ])
    expect(html).not.toContain('secret')
    const found = async (q: string) =>
      rowsOf((await as(rita).get(`/datasets?q=${encodeURIComponent(q)}`)).html).length
    expect([await found('TRANS'), await found('aa1'), await found('%'), await found("'")]).toEqual([
      1, 1, 0, 0,
    ])
  })

  test('leads from page to page, each dataset once, whatever its experiments', async () => {
    const { as, rita, post, read, logRun } = await world()
    for (let i = 10; i < 36; i++) await read(`d${i}`, `${i}`)
    const { experiment_id } = await post('experiments/create', { name: 'other' })
    const { run } = await post('runs/create', { experiment_id })
    const dataset = { name: 'd10', digest: '10', source_type: 'local', source: 'newer' }
    await post('runs/log-inputs', { run_id: run.info.run_id, datasets: [{ dataset }] })
    await logRun({ name: 'reads nothing' })
    const first = (await as(rita).get('/datasets')).html
    expect(rowsOf(first)).toHaveLength(25)
    expect(rowsOf(first)[0]).toBe('d10 10 newer 2 0 none')
    const next = /href="([^"]+)"[^>]*>\s*Next datasets/.exec(first)?.[1]?.replaceAll('&amp;', '&')
    const names = rowsOf((await as(rita).get(next ?? '')).html).map((row) => row.split(' ')[0])
    expect(names).toEqual(['d35', 'transactions'])
    expect((await as(rita).get('/datasets?after=x')).status).toBe(400)
  })

  test('has none of an experiment that the caller may not read, and no version of such a model', async () => {
    const { as, alice, hide, name } = await world()
    await hide({ name }, 'registered-models')
    expect(rowsOf((await as(alice).get('/datasets')).html)).toEqual([
      expect.stringMatching(/ 3 0 none$/),
    ])
    await hide({ experiment_id: '1' }, 'experiments')
    expect(textOf((await as(alice).get('/datasets')).html)).toContain('named a dataset')
  })
})

test('pages of datasets read by indexes, whatever else there is', async () => {
  const { platform, rita } = await world()
  const asked: SQL[] = []
  const { db } = platform
  const noting: Database = {
    all: (query) => {
      asked.push(query)
      return db.all(query)
    },
    first: (query) => db.first(query),
    batch: (queries) => db.batch(queries),
  }
  const app = createApp(() => ({ ...platform, db: noting }))
  for (const path of ['/datasets', page])
    expect((await pagesOf(app, rita).get(path)).status).toBe(200)
  const plans = await Promise.all(asked.map(planOf))
  const found = plans.filter((lines) => lines.some((line) => line.includes('datasets_by_')))
  expect(found.length).toBeGreaterThanOrEqual(4)
  expect(
    found.flat().filter((line) => /SCAN [demoruv]\b|by_name \(workspace|newest_first/.test(line)),
  ).toEqual([])
})

describe('the page of a dataset', () => {
  test('begins with what is live, and says who is to know', async () => {
    const { as, rita, call, ann, name } = await world()
    const uri = `models:/${name}/2`
    const live = (await call(ann, 'GET', `/api/v1/resolve?uri=${uri}`)).json
    await call(ann, 'POST', '/api/v1/serving/replicas', {
      ...{ replica: 'r1', host: 'scorer-1', uri, live: { version: 2, digest: live.digest, at: 1 } },
    })
    const { html } = await as(rita).get(page)
    const text = textOf(html)
    expect(rowsOf(html)).toEqual([
      `${name} 2 Production 1 process training ann Roll back Production…`,
      `${name} 3 Staging 0 processes training ann Roll back Staging…`,
    ])
    expect(text).toMatch(/Other versions .*fraud-detector 1 Archived 0 processes training ann/)
    expect(text).toContain('s3://lake/tx/2026-10')
    expect(text).toContain(`${name} version 2, in Production, 1 process, registered by ann`)
    expect(text).toContain('nightly transactions 3')
    const [, runs = ''] = /href="(\/experiments\/1\?q=[^"]+)"/.exec(html) ?? []
    expect(rowsOf((await as(rita).get(runs.replaceAll('&#39;', "'"))).html)).toHaveLength(3)
    const lineage = await as(rita).get(`/models/${name}/2`)
    expect(lineage.html).toContain(`href="${page}"`)
  })

  test('tells nothing of experiments and models that the caller may not read', async () => {
    const { as, alice, hide, name } = await world()
    await hide({ name }, 'registered-models')
    const text = textOf((await as(alice).get(page)).html)
    expect(text).toContain('No version that was trained on it is in a stage that serves')
    expect(text).not.toContain(name)
    await hide({ experiment_id: '1' }, 'experiments')
    const hidden = await as(alice).get(page)
    expect([hidden.status, hidden.html.includes('transactions')]).toEqual([404, false])
    expect((await as(alice).get('/datasets/nope')).status).toBe(404)
  })

  test('shows schema, profile and whatever names there are as texts', async () => {
    const { as, rita, read } = await world()
    const evil = '"><img src=x onerror=alert(1)>'
    await read(evil, "d'<b>", { source: evil, schema: `{"x": "${evil}"}`, profile: '‮{}' })
    for (const path of ['/datasets', `/datasets/${encodeURIComponent("d'<b>")}`]) {
      const { html, status } = await as(rita).get(path)
      expect([status, markupIn(html), textOf(html).includes('onerror')]).toEqual([200, [], true])
    }
  })
})
