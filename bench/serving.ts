/** `npm run bench -- --serving`: what `gatehouse serve` adds to a call of the scorer. See README.md here. */
import { spawn } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { measurePromotions } from './promotions.ts'
import { type BenchServer, startGatehouse } from './servers.ts'

const perSecond = 500
const seconds = 20
const splitRequests = 20_000
const [scorerPort, routedPort] = [18_099, 18_098]
const direct = `http://127.0.0.1:${scorerPort}`
const routed = `http://127.0.0.1:${routedPort}`

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

type Answer = { readonly ms: number; readonly status: number; readonly variant: string }

function score(url: string): Promise<Answer> {
  const begun = performance.now()
  return new Promise((done, failed) => {
    const sent = request(`${url}/invocations`, { method: 'POST', agent }, (res) => {
      res.resume()
      res.once('end', () =>
        done({
          ms: performance.now() - begun,
          status: res.statusCode ?? 0,
          variant: String(res.headers['x-gatehouse-variant']),
        }),
      )
    })
    sent.once('error', failed)
    sent.end('{"inputs": [[1]]}')
  })
}

/** As many a second as are wanted, however long answers take. */
async function openLoop(url: string): Promise<{ p50: number; p99: number; failed: number }> {
  const answers: Promise<Answer>[] = []
  const begun = performance.now()
  while (answers.length < perSecond * seconds) {
    const due = ((performance.now() - begun) / 1000) * perSecond
    while (answers.length < due) answers.push(score(url))
    await wait(1)
  }
  const all = await Promise.all(answers)
  const sorted = all.map(({ ms }) => ms).toSorted((a, b) => a - b)
  const at = (part: number) => sorted[Math.floor(part * sorted.length)] ?? 0
  return {
    p50: at(0.5),
    p99: at(0.99),
    failed: all.filter(({ status }) => status !== 200).length,
  }
}

type Child = ReturnType<typeof spawn>

/** A light scorer, before which nothing stands yet. */
async function startScorer(folder: string): Promise<Child> {
  await writeFile(join(folder, 'behaviour.json'), '{}')
  const script = new URL('../test/support/serving/light-scorer.ts', import.meta.url).pathname
  return spawn(process.execPath, [script, folder, String(scorerPort)], { stdio: 'ignore' })
}

async function untilAnswered(url: string): Promise<void> {
  for (let i = 0; i < 600; i++) {
    const answer = await score(url).catch(() => undefined)
    if (answer?.status === 200) return
    await wait(50)
  }
  throw new Error(`${url} does not answer`)
}

async function put(server: BenchServer, weight: number): Promise<void> {
  const url = direct
  const variants = [
    { name: 'champion', url, weight: 100 - weight },
    { name: 'challenger', url, weight },
  ]
  const res = await fetch(`${server.url}/api/v1/deployments/bench`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'bench', variants }),
  })
  if (!res.ok) throw new Error(await res.text())
}

async function measureAll(server: BenchServer): Promise<void> {
  for (const url of [direct, routed]) {
    await untilAnswered(url)
    await Promise.all(Array.from({ length: 500 }, () => score(url)))
  }
  console.log(`load of the machine: ${loadavg().map((load) => load.toFixed(2))}`)
  for (let round = 1; round <= 3; round++) {
    const [alone, before] = [await openLoop(direct), await openLoop(routed)]
    const added = (key: 'p50' | 'p99') =>
      `${key} ${alone[key].toFixed(2)} ms, adds ${(before[key] - alone[key]).toFixed(2)}`
    console.log(
      `${perSecond}/s, round ${round}: ${added('p50')}; ${added('p99')}; failed ${alone.failed} and ${before.failed}`,
    )
  }
  await put(server, 10)
  while ((await score(routed)).variant !== 'challenger') await wait(5)
  let challenger = 0
  for (let sent = 0; sent < splitRequests; sent += 50) {
    const answers = await Promise.all(Array.from({ length: 50 }, () => score(routed)))
    challenger += answers.filter(({ variant }) => variant === 'challenger').length
  }
  console.log(`10% of ${splitRequests}: ${((100 * challenger) / splitRequests).toFixed(2)}%`)
}

/** Measure, and print the figures. */
export async function measureServing(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'))
  const server = await startGatehouse()
  const scorer = await startScorer(folder)
  await fetch(`${server.url}/api/2.0/mlflow/registered-models/create`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"name": "bench"}',
  })
  await put(server, 0)
  const gatehouse = new URL('../bin/gatehouse', import.meta.url).pathname
  const serving = spawn(
    gatehouse,
    [
      ...['serve', '--deployment', 'bench', '--server', server.url],
      ...['--port', String(routedPort), '--folder', join(folder, 'models')],
    ],
    { stdio: 'ignore' },
  )
  try {
    await measureAll(server)
    await measurePromotions(server, folder)
  } finally {
    serving.kill()
    scorer.kill()
    agent.destroy()
    await server.stop()
  }
}
