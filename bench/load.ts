import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { cpuMsOf } from './process-tree.ts'
import type { BenchServer } from './servers.ts'

/** One request; a text as its body makes it JSON, and bytes make it protobuf where `type` names nothing else. */
export type Call = {
  readonly method: string
  readonly path: string
  readonly body?: string | Uint8Array
  readonly type?: string
}

export type Measured = {
  readonly requests: number
  /** Answers that were no 2xx. */
  readonly failures: number
  readonly perSecond: number
  /** Of the server's whole process tree. */
  readonly cpuMsPerRequest: number
  readonly p50Ms: number
  readonly p99Ms: number
}

const timeoutMs = 120_000

type Loop = {
  readonly warmUp: number
  readonly measured: number
  /** 16 where it is not said. */
  readonly connections?: number | undefined
}

/**
 * A closed loop of keep-alive connections for about `seconds`. What is under way at the end is
 * waited for, so that CPU time and answers belong together.
 *
 * @param callOf the request of each place in the order; places count on over warm-up and measurement
 */
export async function measure(
  server: BenchServer,
  callOf: (i: number) => Call,
  { warmUp, measured, connections = 16 }: Loop,
): Promise<Measured> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  let next = 0
  const loop = async (until: number, latencies: number[]) => {
    let failures = 0
    const connection = async () => {
      do {
        const begun = performance.now()
        const status = await send(server, agent, callOf(next++))
        latencies.push(performance.now() - begun)
        if (status < 200 || status > 299) failures += 1
      } while (performance.now() < until)
    }
    await Promise.all(Array.from({ length: connections }, connection))
    return failures
  }
  await loop(performance.now() + warmUp * 1000, [])
  await settled(server)

  const latencies: number[] = []
  const cpuBefore = cpuMsOf(server.pid)
  const begun = performance.now()
  const failures = await loop(begun + measured * 1000, latencies)
  const elapsedMs = performance.now() - begun
  await settled(server)
  const cpuMs = cpuMsOf(server.pid) - cpuBefore
  agent.destroy()
  const sorted = latencies.toSorted((a, b) => a - b)
  const quantile = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN
  return {
    requests: sorted.length,
    failures,
    perSecond: (sorted.length * 1000) / elapsedMs,
    cpuMsPerRequest: cpuMs / sorted.length,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
  }
}

/** Until the server's work after replies is done: writing behind, collecting garbage. */
async function settled(server: BenchServer): Promise<void> {
  for (let round = 0; round < 10; round += 1) {
    const before = cpuMsOf(server.pid)
    await wait(50)
    if (cpuMsOf(server.pid) - before < 10) return
  }
}

function send(server: BenchServer, agent: Agent, call: Call): Promise<number> {
  return new Promise((resolve, reject) => {
    const type = typeof call.body === 'string' ? 'application/json' : 'application/x-protobuf'
    const typed = call.body === undefined ? {} : { 'content-type': call.type ?? type }
    const headers = { ...typed, ...server.headers }
    const req = request(
      `${server.url}${call.path}`,
      { method: call.method, agent, headers, timeout: timeoutMs },
      (res) => {
        res.resume()
        res.once('end', () => resolve(res.statusCode ?? 0))
        res.once('error', reject)
      },
    )
    req.once('error', reject)
    req.once('timeout', () => req.destroy(new Error(`${call.path}: no answer in ${timeoutMs} ms`)))
    req.end(call.body)
  })
}
