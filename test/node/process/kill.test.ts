import { expect, test, vi } from 'vitest'
import { startServer, temporaryFolder } from '../../support/gatehouse-process.ts'

/** Enough for each kill to fall into the middle of writes, few enough for a busy machine. */
const killsAfterWrites = [40, 90]
const writersPerKind = 4

/** Acknowledged means kept: whatever got a 200 before the process died is there after a restart. */
test('a process killed in the middle of writing loses nothing it acknowledged', async () => {
  const data = await temporaryFolder()
  const kept: Kept = { params: [], metrics: [], batches: [], versions: [] }
  let first = await startServer(data)
  const experiment = await first.post('experiments/create', { name: 'killed' })
  const run = await first.post('runs/create', { experiment_id: experiment.json.experiment_id })
  const runId: string = run.json.run.info.run_id
  await first.post('registered-models/create', { name: 'model' })
  await first.post('model-versions/create', { name: 'model', source: 's3://bucket/model' })
  kept.versions.push(1)
  for (const writes of killsAfterWrites) {
    await writeUntilKilled(first, runId, kept, writes)
    first = await startServer(data)
    await expectKept(first, runId, kept)
  }
  await first.stop()
}, 120_000)

type Server = Awaited<ReturnType<typeof startServer>>
type Kept = { params: string[]; metrics: number[]; batches: string[]; versions: number[] }

let last = 0

/** Writers of four kinds go on until the process dies under them. */
async function writeUntilKilled(
  server: Server,
  runId: string,
  kept: Kept,
  writes: number,
): Promise<void> {
  let done = 0
  const writer = async (write: (n: number) => Promise<() => void>) => {
    for (;;) {
      last++
      const acknowledge = await write(last).catch(() => undefined)
      if (!acknowledge) return
      acknowledge()
      done++
      if (done === writes) void server.stop('SIGKILL')
    }
  }
  const kinds = [
    async (n: number) => {
      await ok(server.post('runs/log-parameter', { run_id: runId, key: `p${n}`, value: `v${n}` }))
      return () => kept.params.push(`p${n}`)
    },
    async (n: number) => {
      const metric = { run_id: runId, key: 'loss', value: n / 7, timestamp: n, step: n }
      await ok(server.post('runs/log-metric', metric))
      return () => kept.metrics.push(n)
    },
    async (n: number) => {
      await ok(server.post('runs/log-batch', { run_id: runId, ...batch(`b${n}`) }))
      return () => kept.batches.push(`b${n}`)
    },
    async () => {
      const { json } = await ok(
        server.post('model-versions/create', { name: 'model', source: 's3://bucket/model' }),
      )
      return () => kept.versions.push(Number(json.model_version.version))
    },
  ]
  const writers = kinds.flatMap((kind) => Array.from({ length: writersPerKind }, () => kind))
  await Promise.all(writers.map(writer))
  await server.stop('SIGKILL')
}

async function ok(answer: ReturnType<Server['post']>): ReturnType<Server['post']> {
  const got = await answer
  expect(got.status, JSON.stringify(got.json)).toBe(200)
  return got
}

const batchSize = 50

function batch(name: string) {
  const keys = Array.from({ length: batchSize }, (_, i) => `${name}.${i}`)
  return {
    params: keys.map((key) => ({ key, value: key })),
    tags: keys.map((key) => ({ key, value: key })),
    metrics: keys.map((_key, step) => ({ key: name, value: step, timestamp: 1, step })),
  }
}

async function expectKept(server: Server, runId: string, kept: Kept): Promise<void> {
  const { json } = await server.get(`runs/get?run_id=${runId}`)
  const { params, tags, metrics } = json.run.data
  const keys = new Set<string>(params.map(({ key }: { key: string }) => key))
  expect(kept.params.filter((key) => !keys.has(key))).toEqual([])
  const history = await server.get(
    `metrics/get-history?run_id=${runId}&metric_key=loss&max_results=20000`,
  )
  const steps = new Set(history.json.metrics.map(({ step }: { step: number }) => Number(step)))
  expect(kept.metrics.filter((step) => !steps.has(step))).toEqual([])
  expectWholeBatches([...keys], tags, metrics, kept.batches)
  await expectVersions(server, kept.versions)
  await expectSealed(server, kept.versions.length)
}

/** The audit log has an entry of each version, without a gap, and is sealed within seconds. */
async function expectSealed(server: Server, versions: number): Promise<void> {
  await vi.waitFor(
    async () => {
      const verdict = await (await fetch(`${server.url}/api/v1/audit/verify`)).json()
      expect(verdict).toMatchObject({ ok: true, sealed: verdict.entries })
      expect(verdict.entries).toBeGreaterThan(versions)
    },
    { timeout: 5000, interval: 100 },
  )
}

/** Every batch is there whole, acknowledged or not, or not at all. */
function expectWholeBatches(
  paramKeys: readonly string[],
  tags: readonly { key: string }[],
  metrics: readonly { key: string; step: number }[],
  acknowledged: readonly string[],
): void {
  const names = (keys: readonly string[]) =>
    Map.groupBy(
      keys.filter((key) => /^b\d+\./.test(key)),
      (key) => key.slice(0, key.indexOf('.')),
    )
  const params = names(paramKeys)
  const found = new Set(metrics.map(({ key }) => key).filter((key) => key.startsWith('b')))
  expect(acknowledged.filter((name) => !found.has(name))).toEqual([])
  expect(new Set(params.keys())).toEqual(found)
  expect([...params.values()].map((keys) => keys.length).filter((n) => n !== batchSize)).toEqual([])
  const tagged = names(tags.map(({ key }) => key))
  expect([...tagged.values()].map((keys) => keys.length).filter((n) => n !== batchSize)).toEqual([])
}

async function expectVersions(server: Server, acknowledged: readonly number[]): Promise<void> {
  const { json } = await server.get(
    `model-versions/search?filter=${encodeURIComponent("name='model'")}&max_results=10000`,
  )
  const versions: number[] = json.model_versions.map((v: { version: string }) => Number(v.version))
  expect(new Set(acknowledged).size).toBe(acknowledged.length)
  expect(acknowledged.filter((version) => !versions.includes(version))).toEqual([])
  expect(versions.toSorted((a, b) => a - b)).toEqual(versions.map((_version, i) => i + 1))
}
