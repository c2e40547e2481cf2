import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { collectGarbage } from '../../../src/registry/collect-garbage.ts'
import { importedExperiment, importedRun } from '../../support/imported.ts'
import { startedRun } from '../started-run.ts'

const base = { name: 'iris', digest: 'd1', source_type: 'local', source: '{}' }
const profileCharsMax = 16_777_215

/** A text that says at each place which place it is. */
const textOf = (chars: number, of = '') =>
  Array.from({ length: Math.ceil(chars / 16) }, (_, i) => `${of}${i}`.padEnd(16, '_'))
    .join('')
    .slice(0, chars)

async function datasetServer() {
  const server = await startedRun()
  return {
    ...server,
    logDataset: (dataset: object, runId = server.runId) =>
      server.post('runs/log-inputs', {
        run_id: runId,
        datasets: [{ dataset: { ...base, ...dataset } }],
      }),
    dataset: async (runId = server.runId) =>
      (await server.run(runId)).inputs.dataset_inputs[0].dataset,
  }
}

test("a profile of MLflow's full length comes back to the letter, and one that is longer is refused", async () => {
  const { logDataset, dataset } = await datasetServer()
  const profile = textOf(profileCharsMax)
  const longer = await logDataset({ profile: `${profile}x` })
  expect([longer.status, longer.json]).toEqual([
    400,
    {
      error_code: 'INVALID_PARAMETER_VALUE',
      message: expect.stringMatching(
        /^'profile' exceeds the maximum length of 16777215 characters/,
      ),
    },
  ])
  expect((await logDataset({ profile })).status).toBe(200)
  const read = await dataset()
  expect(read.profile === profile).toBe(true)
})

test('schema and profile are both kept in parts, and no character is cut at an edge of them', async () => {
  const { logDataset, dataset } = await datasetServer()
  // Characters of two UTF-16 units, so that an edge falls into one of them.
  const schema = `x${'🐙'.repeat(650_000)}`
  const profile = 'ü€'.repeat(700_001)
  expect((await logDataset({ schema, profile })).status).toBe(200)
  const read = await dataset()
  expect([read.schema === schema, read.profile === profile]).toEqual([true, true])
})

const [long, other] = [textOf(150_000, 'a'), textOf(1_300_000, 'b')]

test.each([
  { first: { profile: 'short' }, second: { profile: long } },
  { first: {}, second: { schema: long, profile: other } },
  { first: { profile: long }, second: { profile: 'short' } },
  { first: { profile: long }, second: { profile: other } },
  { first: { profile: other }, second: { profile: long } },
  { first: { schema: long }, second: { profile: other } },
  { first: { profile: other }, second: { schema: long, profile: long } },
])('the dataset that was first stays as it is (case %#)', async ({ first, second }) => {
  const { logDataset, log, dataset, post } = await datasetServer()
  await logDataset(first)
  expect((await logDataset(second)).status).toBe(200)
  expect(await dataset()).toEqual({ ...base, ...first })
  // Both in one request, of another run and another digest.
  const twin = { ...base, digest: 'd2' }
  const made = await post('runs/create', { experiment_id: '0' })
  const runId = made.json.run.info.run_id
  const datasets = [first, second].map((texts) => ({ dataset: { ...twin, ...texts } }))
  expect((await log('log-inputs', { run_id: runId, datasets })).status).toBe(200)
  expect(await dataset(runId)).toEqual({ ...twin, ...first })
})

test('what a deleted run is refused leaves no parts behind', async () => {
  const { logDataset, log, platform } = await datasetServer()
  await log('delete', {})
  expect((await logDataset({ profile: long })).status).toBe(400)
  expect(await platform.db.all(sql`select 1 from dataset_texts`)).toEqual([])
})

test('a dataset goes for good with the last run that used it, and its texts with it', async () => {
  const { logDataset, dataset, post, log, platform } = await datasetServer()
  const other = (await post('runs/create', { experiment_id: '0' })).json.run.info.run_id
  await logDataset({ profile: long })
  await logDataset({ profile: long }, other)
  const purge = () => collectGarbage({ ...platform, graceMs: 0, dryRun: false }, Date.now())
  await log('delete', {})
  expect((await purge()).purged).toMatchObject({ runs: 1 })
  expect((await dataset(other)).profile === long).toBe(true)
  await post('runs/delete', { run_id: other })
  expect((await purge()).purged).toMatchObject({ runs: 1 })
  expect(await platform.db.all(sql`select id from datasets`)).toEqual([])
  expect(await platform.db.all(sql`select part from dataset_texts`)).toEqual([])
})

test('an imported run brings its long datasets, once', async () => {
  const { call, platform, dataset } = await datasetServer()
  const source = 'http://mlflow.example'
  const input = { dataset: { ...base, schema: long, profile: other }, tags: [] }
  await call('POST', '/api/v1/imports/experiments', { source, items: [importedExperiment('41')] })
  for (const digit of ['a', 'b', 'a']) {
    const items = [importedRun(digit, '41', { dataset_inputs: [input] })]
    const sent = await call('POST', '/api/v1/imports/runs', { source, items })
    expect(sent.json.items[0].state).not.toBe('refused')
    expect(await dataset(digit.repeat(32))).toEqual(input.dataset)
  }
  const [{ parts } = { parts: 0 }] = await platform.db.all(
    sql<{ parts: number }>`select count(*) as parts from dataset_texts`,
  )
  expect(parts).toBe(4)
})

test('a page of runs ends early where their datasets are long, and the next page goes on', async () => {
  const { post, logDataset, runId } = await datasetServer()
  const runIds = [runId]
  for (let i = 1; i < 5; i++) {
    const made = await post('runs/create', { experiment_id: '0', start_time: i })
    runIds.push(made.json.run.info.run_id)
  }
  const profile = textOf(2_000_000)
  for (const id of runIds) await logDataset({ profile }, id)
  const found: string[] = []
  const pages: number[] = []
  for (let token: string | undefined = ''; token !== undefined; ) {
    const { json } = await post('runs/search', { experiment_ids: ['0'], page_token: token })
    for (const run of json.runs) {
      found.push(run.info.run_id)
      expect(run.inputs.dataset_inputs[0].dataset.profile === profile).toBe(true)
    }
    pages.push(json.runs.length)
    token = json.next_page_token
  }
  expect(pages).toEqual([2, 2, 1])
  expect(found.toSorted()).toEqual(runIds.toSorted())
})
