import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startServer, temporaryFolder } from '../../support/gatehouse-process.ts'
import { startS3Server } from './s3-server.ts'
import { startSqld } from './sqld.ts'

type Server = Awaited<ReturnType<typeof startServer>>

const sqld = await startSqld(join(await temporaryFolder(), 'sqld'), [
  '--checkpoint-interval-s',
  '300',
])
const model = 'shared'
const writers = 4
/** So many answers of a writer are waited for before a server is killed, and after. */
const rounds = 8

/** What writers were told is done. */
type Acknowledged = {
  readonly versions: string[]
  readonly files: string[]
  readonly metrics: number[]
}

test.skipIf(!sqld.server)(
  'of two servers on one database and one bucket one is killed under load: nothing acknowledged is lost, and no caller is told to come back',
  { timeout: 180_000 },
  async ({ onTestFinished }) => {
    const s3 = await startS3Server()
    onTestFinished(() => Promise.all([s3.stop(), sqld.server?.stop()]).then(() => undefined))
    const { bucket } = await s3.bucket()
    const start = async () => startServer(await temporaryFolder(), [], settings(s3, bucket))

    // Both find an empty database at the same time.
    const [first, second] = await Promise.all([start(), start()])
    const run = await makeRun(first)
    const told: Acknowledged = { versions: [], files: [], metrics: [] }
    const write = (server: Server, from: number) =>
      Promise.all(
        Array.from({ length: writers }, (_, i) =>
          writeRounds(server, { run, told, from: from + i * rounds }),
        ),
      )
    const alive = write(second, 0)
    const doomed = write(first, writers * rounds).then(() => 'all were answered', String)
    await expect.poll(() => told.metrics.length, { timeout: 60_000 }).toBeGreaterThan(rounds)
    await first.stop('SIGKILL')
    const [ended] = await Promise.all([doomed, alive])
    // Its callers hear that the connection broke, never an answer that is wrong.
    expect(ended).toMatch(/^TypeError: (fetch failed|terminated)/)

    const third = await start()
    await write(third, 2 * writers * rounds)
    for (const server of [second, third]) await expectWhole(server, run, told)
    const ends = await Promise.all([second.stop(), third.stop()])
    for (const { code, err } of ends) {
      expect(code).toBe(0)
      expect(err).not.toContain('checkpoints by pages')
    }
  },
)

test('an operator is told of a database server that copies its log in the middle of writes', async () => {
  const other = await startSqld(join(await temporaryFolder(), 'sqld'))
  if (!other.server) return expect(sqld.server, 'neither can be had').toBeUndefined()
  try {
    const env = { GATEHOUSE_DATABASE_URL: other.server.url }
    const server = await startServer(await temporaryFolder(), [], env)
    const { err } = await server.stop()
    expect(err).toContain('start sqld with --checkpoint-interval-s')
  } finally {
    other.server.stop()
  }
})

function settings({ endpoint }: { endpoint: string }, bucket: string): Record<string, string> {
  return {
    GATEHOUSE_DATABASE_URL: sqld.server?.url ?? '',
    GATEHOUSE_ARTIFACTS: `s3://${bucket}/files`,
    GATEHOUSE_SIGNING_KEY: 'one key for all servers',
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test-secret',
  }
}

async function makeRun(server: Server): Promise<string> {
  await server.post('registered-models/create', { name: model })
  const { json, text } = await server.post('runs/create', { experiment_id: '0' })
  expect(json.run, text).toBeDefined()
  return json.run.info.run_id
}

/** A version, a file and a metric in each round. What is refused fails the test; a broken connection ends it. */
async function writeRounds(
  server: Server,
  { run, told, from }: { run: string; told: Acknowledged; from: number },
): Promise<void> {
  for (let round = from; round < from + rounds; round++) {
    const made = await server.post('model-versions/create', {
      ...{ name: model, source: `mlflow-artifacts:/0/${run}/artifacts/m`, run_id: run },
    })
    expect(made.status, made.text).toBe(200)
    told.versions.push(made.json.model_version.version)
    const file = await fetch(
      `${server.url}/api/2.0/mlflow-artifacts/artifacts/${path(run, round)}`,
      {
        ...{ method: 'PUT', body: `round ${round}` },
      },
    )
    expect(file.status, await file.text()).toBe(200)
    told.files.push(path(run, round))
    const logged = await server.post('runs/log-metric', {
      ...{ run_id: run, key: 'm', value: round, timestamp: 1, step: round },
    })
    expect(logged.status, logged.text).toBe(200)
    told.metrics.push(round)
  }
}

function path(run: string, round: number): string {
  return `0/${run}/artifacts/${round}.txt`
}

async function expectWhole(server: Server, run: string, told: Acknowledged): Promise<void> {
  expect(new Set(told.versions).size, 'a number is given once').toBe(told.versions.length)
  const query = new URLSearchParams({ filter: `name = '${model}'`, max_results: '1000' })
  const { json } = await server.get(`model-versions/search?${query}`)
  const versions = json.model_versions.map(({ version }: { version: string }) => version)
  expect(versions).toEqual(expect.arrayContaining(told.versions))
  const history = await server.get(
    `metrics/get-history?run_id=${run}&metric_key=m&max_results=25000`,
  )
  const values = history.json.metrics.map(({ value }: { value: number }) => value)
  expect(values).toEqual(expect.arrayContaining(told.metrics))
  for (const file of told.files) {
    const res = await fetch(`${server.url}/api/2.0/mlflow-artifacts/artifacts/${file}`)
    expect(await res.text()).toMatch(/^round \d+$/)
  }
  const audit = await server.call('GET', '/api/v1/audit/verify')
  expect(audit.json).toMatchObject({ ok: true })
  expect((await server.call('GET', '/ready')).status).toBe(200)
}
