/**
 * `bin/gatehouse-node bench/watchers.ts [count]`: how soon all watchers of a URI are told of a promotion,
 * and what that takes of the server's CPU time. Beside it what a change costs that concerns none of them,
 * and one of access, after which each is judged again. See README.md here.
 */
import { Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { cpuMsOf, usageOf } from './process-tree.ts'
import { type BenchServer, startGatehouseWithAuth } from './servers.ts'

const count = Number(process.argv[2] ?? 1000)
const rounds = 5
/** A watch looks twice a second. */
const roundMs = 2000

const server = await startGatehouseWithAuth()
try {
  await post('/api/2.0/mlflow/registered-models/create', { name: 'm' })
  for (let i = 0; i < 2; i++) {
    await post('/api/2.0/mlflow/model-versions/create', { name: 'm', source: 's3://b/m' })
  }
  await promote(1)
  const idleBytes = usageOf(server.pid).pssBytes
  const watchers = await Promise.all(Array.from({ length: count }, () => openWatch(server)))
  await Promise.all(watchers.map(({ told }) => told(1)))
  await wait(roundMs)
  const bytes = (usageOf(server.pid).pssBytes - idleBytes) / count
  const idleMs = await cpuMsWhile(async () => {})
  const told: number[] = []
  const promoted = await cpuMsWhile(async (round) => {
    const begun = performance.now()
    await promote(((round + 1) % 2) + 1)
    await Promise.all(watchers.map((watch) => watch.told(round + 2)))
    told.push(performance.now() - begun)
  })
  const unconcerned = await cpuMsWhile((round) =>
    post('/api/2.0/mlflow/registered-models/create', { name: `other-${round}` }),
  )
  const judged = await cpuMsWhile((round) => post('/api/v1/tokens', { name: `t${round}` }))
  console.log(`${count} watchers of one URI, ${(bytes / 1024).toFixed(0)} KiB each`)
  console.log(`all told after:          ${told.map((ms) => ms.toFixed(0)).join(', ')} ms`)
  console.log(`a promotion:             ${(promoted - idleMs).toFixed(0)} ms CPU`)
  console.log(`a change of another:     ${(unconcerned - idleMs).toFixed(0)} ms CPU`)
  console.log(`a change of access:      ${(judged - idleMs).toFixed(0)} ms CPU`)
  console.log(`${roundMs} ms without a change: ${idleMs.toFixed(0)} ms CPU`)
  for (const { close } of watchers) close()
} finally {
  await server.stop()
}

/** The server's CPU time of a round, on average. */
async function cpuMsWhile(work: (round: number) => Promise<unknown>): Promise<number> {
  const before = cpuMsOf(server.pid)
  for (let round = 0; round < rounds; round++) {
    const until = performance.now() + roundMs
    await work(round)
    await wait(Math.max(until - performance.now(), 0))
  }
  return (cpuMsOf(server.pid) - before) / rounds
}

function promote(version: number): Promise<void> {
  return post('/api/2.0/mlflow/model-versions/transition-stage', {
    ...{ name: 'm', version: String(version), stage: 'Production' },
    archive_existing_versions: true,
  })
}

async function post(path: string, body: object): Promise<void> {
  const res = await fetch(server.url + path, {
    method: 'POST',
    headers: { ...server.headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!res.ok) throw new Error(`${path}: ${res.status} ${await res.text()}`)
  await res.arrayBuffer()
}

type Watch = {
  /** When it has been told so many times in all. */
  told(times: number): Promise<void>
  close(): void
}

function openWatch({ url, headers }: BenchServer): Promise<Watch> {
  return new Promise((resolve, reject) => {
    const path = '/api/v1/watch?uri=models:/m/Production'
    const req = request(url + path, { headers, agent: new Agent() }, (res) => {
      if (res.statusCode === 200) resolve(watchOf(res))
      else reject(new Error(`${path}: ${res.statusCode}`))
    })
    req.once('error', reject)
    req.end()
  })
}

function watchOf(res: IncomingMessage): Watch {
  let seen = 0
  const waiting: { readonly times: number; readonly done: () => void }[] = []
  res.setEncoding('utf8')
  res.on('data', (text: string) => {
    seen += text.split('event: resolved').length - 1
    for (const { times, done } of waiting) if (times <= seen) done()
  })
  return {
    told: (times) =>
      times <= seen ? Promise.resolve() : new Promise((done) => waiting.push({ times, done })),
    close: () => res.destroy(),
  }
}
