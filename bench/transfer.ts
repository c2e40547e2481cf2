import { request } from 'node:http'
import { Readable } from 'node:stream'
import { cpuMsOf } from './process-tree.ts'
import type { BenchServer } from './servers.ts'

export type Transfer = { readonly mbPerSecond: number; readonly cpuMsPerGb: number }

const mebibyte = 2 ** 20
const path = '/api/2.0/mlflow-artifacts/artifacts/bench/'

/** Send a file of `mebibytes` in one PUT, from memory, as clients send model files. */
export function upload(server: BenchServer, name: string, mebibytes: number): Promise<Transfer> {
  return timed(server, mebibytes, async () => {
    const headers = { 'content-length': mebibytes * mebibyte, ...server.headers }
    const req = request(`${server.url}${path}${name}`, { method: 'PUT', headers })
    const answer = new Promise<number>((resolve, reject) => {
      req.once('response', (res) => {
        res.resume()
        res.once('end', () => resolve(res.statusCode ?? 0))
      })
      req.once('error', reject)
    })
    Readable.from(chunks(mebibytes)).pipe(req)
    const status = await answer
    if (status !== 200) throw new Error(`${server.name}: PUT ${name} answered ${status}`)
  })
}

/** Fetch it again, whole; its length is checked. */
export function download(server: BenchServer, name: string, mebibytes: number): Promise<Transfer> {
  return timed(server, mebibytes, () => {
    return new Promise<void>((resolve, reject) => {
      const req = request(`${server.url}${path}${name}`, { headers: server.headers }, (res) => {
        let bytes = 0
        res.on('data', (chunk: Buffer) => {
          bytes += chunk.byteLength
        })
        res.once('end', () => {
          if (res.statusCode === 200 && bytes === mebibytes * mebibyte) resolve()
          else reject(new Error(`${server.name}: GET ${name}: ${res.statusCode}, ${bytes} bytes`))
        })
        res.once('error', reject)
      })
      req.once('error', reject)
      req.end()
    })
  })
}

async function timed(
  server: BenchServer,
  mebibytes: number,
  work: () => Promise<void>,
): Promise<Transfer> {
  const cpuBefore = cpuMsOf(server.pid)
  const begun = performance.now()
  await work()
  const seconds = (performance.now() - begun) / 1000
  const gigabytes = (mebibytes * mebibyte) / 1e9
  return {
    mbPerSecond: (gigabytes * 1000) / seconds,
    cpuMsPerGb: (cpuMsOf(server.pid) - cpuBefore) / gigabytes,
  }
}

/** Bytes that differ from block to block, so that no store can keep one and count it twice. */
function* chunks(mebibytes: number): Generator<Buffer> {
  const block = Buffer.alloc(mebibyte, 'gatehouse bench ')
  for (let i = 0; i < mebibytes; i += 1) {
    const copy = Buffer.from(block)
    copy.writeUInt32LE(i, 0)
    yield copy
  }
}
