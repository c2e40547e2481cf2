import { expect, test } from 'vitest'
import { programAt } from '../support/program.ts'
import { testServer } from '../support/server.ts'

/** The clock stands at 2025-11-24 16:00:00 UTC. */
async function program() {
  const { app, post } = await testServer({ now: () => 1_764_000_000_000 })
  const ask = programAt(app)
  const good = async (...args: string[]) => {
    const { code, out, err } = await ask(args)
    expect([code, err]).toEqual([0, ''])
    return out
  }
  return {
    post,
    ask,
    good,
    json: async (...args: string[]) => JSON.parse(await good(...args, '--json')),
  }
}

test('experiments are made, listed, found, shown, tagged, renamed, deleted and restored', async () => {
  const { good, json, ask } = await program()
  expect(await good('experiments', 'create', 'fraud', '--tag', 'team=risk')).toBe(
    "made the experiment 'fraud' with the id 1\n",
  )
  expect(await good('experiments', 'list', '--order-by', 'name ASC')).toMatch(
    /^ID {2}EXPERIMENT {2}STATE +UPDATED +TAGS\n0 +Default +active.*\n1 +fraud +active +2025-11-24 16:00:00 +team=risk\n$/,
  )
  expect(await json('experiments', 'search', "tags.team = 'risk'")).toMatchObject([
    { experiment_id: '1' },
  ])
  expect(await good('experiments', 'show', '1')).toMatch(
    /^experiment +fraud\nid +1\nstate +active\n/,
  )
  await good('experiments', 'tag', 'fraud', 'a=b', 'c=d')
  await good('experiments', 'untag', '1', 'a')
  await good('experiments', 'rename', 'fraud', 'fraud-2')
  expect((await json('experiments', 'show', 'fraud-2')).tags).toEqual([
    { key: 'c', value: 'd' },
    { key: 'team', value: 'risk' },
  ])
  expect(await good('experiments', 'delete', 'fraud-2')).toBe("deleted the experiment 'fraud-2'\n")
  expect(await json('experiments', 'list', '--view', 'deleted')).toMatchObject([
    { name: 'fraud-2' },
  ])
  expect(await good('experiments', 'restore', '1')).toBe("restored the experiment 'fraud-2'\n")
  expect((await ask(['experiments', 'show', 'nope'])).err).toMatch(/^gatehouse: .*nope/)
})

test('runs are listed, found, shown, tagged, deleted and restored', async () => {
  const { post, good, json, ask } = await program()
  expect(await good('runs', 'list')).toBe('no runs\n')
  await post('experiments/create', { name: 'fraud' })
  const start = { experiment_id: '1', run_name: 'nightly', start_time: 1_764_000_000_000 }
  const { run_id } = (await post('runs/create', start)).json.run.info
  await post('runs/log-parameter', { run_id, key: 'depth', value: '3' })
  for (const [step, value] of [0.5, 0.75].entries()) {
    await post('runs/log-metric', { run_id, key: 'auc', value, timestamp: 5000, step })
  }
  const dataset = { name: 'txns', digest: 'd1', source_type: 's3', source: 's3://b/txns' }
  await post('runs/log-inputs', { run_id, datasets: [{ dataset, tags: [] }] })
  expect(await good('runs', 'list', '--experiment', 'fraud')).toBe(
    [
      'RUN                               NAME     EXPERIMENT  STATUS   STARTED              METRICS   PARAMS',
      `${run_id}  nightly  1           RUNNING  2025-11-24 16:00:00  auc=0.75  depth=3\n`,
    ].join('\n'),
  )
  expect(await json('runs', 'search', 'metrics.auc > 0.7')).toMatchObject([{ info: { run_id } }])
  expect(await good('runs', 'search', 'metrics.auc > 0.8')).toBe('no run fits the filter\n')
  expect((await ask(['runs', 'search', 'auc >'])).code).toBe(1)
  expect(await good('runs', 'show', run_id)).toMatch(
    /^run +\w{32}\nname +nightly\n[\s\S]*data +txns \(digest d1\)\n\nMETRIC {2}VALUE\nauc +0\.75\n\nPARAM {2}VALUE\ndepth {2}3\n/,
  )
  expect(await good('runs', 'metrics', run_id, 'auc')).toBe(
    'STEP  VALUE  AT\n0     0.5    1970-01-01 00:00:05\n1     0.75   1970-01-01 00:00:05\n',
  )
  await good('runs', 'tag', run_id, 'a=b')
  expect((await json('runs', 'show', run_id)).data.tags).toContainEqual({ key: 'a', value: 'b' })
  await good('runs', 'untag', run_id, 'a')
  expect(await good('runs', 'delete', run_id)).toBe(`deleted the run ${run_id}\n`)
  expect(await json('runs', 'list', '--view', 'deleted')).toHaveLength(1)
  expect(await json('runs', 'list')).toEqual([])
  expect(await good('runs', 'restore', run_id)).toBe(`restored the run ${run_id}\n`)
})

test('how long traces are kept and what of them never is, is shown and said', async () => {
  const { good, json, ask } = await program()
  await good('experiments', 'create', 'fraud')
  expect(await good('traces', 'keep', 'fraud')).toMatch(/^older than +no bound\n/)
  expect(await json('traces', 'keep', 'fraud', '--days', '30', '--assessed', 'no')).toEqual({
    ...{ revision: 1, days_max: 30, traces_max: null },
    ...{ keep_assessed: false, keep_of_versions: true },
  })
  expect(await json('traces', 'keep', '1', '--days', 'none', '--newest', '5')).toMatchObject({
    ...{ revision: 2, days_max: null, traces_max: 5, keep_assessed: false },
  })
  expect((await ask(['traces', 'keep', 'fraud', '--days', '0'])).err).toContain('from 1, or none')

  const redact = (...args: string[]) => json('traces', 'redact', ...args)
  expect(await redact('fraud', '--key', '*password*', 'token', '--sample', '0.5')).toMatchObject({
    ...{ revision: 1, redact_keys: ['*password*', 'token'], sample_rate: 0.5 },
  })
  expect(await redact('fraud', '--pattern', 'a+', '--sample', 'none')).toMatchObject({
    redact_keys: ['*password*', 'token'],
    ...{ revision: 2, redact_patterns: ['a+'], sample_rate: null },
  })
  expect(await redact('fraud', '--no-keys')).toMatchObject({
    ...{ revision: 3, redact_keys: [], redact_patterns: ['a+'] },
  })
  expect(await redact('--key', 'secret')).toEqual({
    ...{ revision: 1, redact_keys: ['secret'], redact_patterns: [], sample_rate: null },
  })
  expect(await good('traces', 'redact')).toMatch(/^names redacted +secret\n/)
})
