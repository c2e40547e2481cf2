/**
 * `light-scorer.ts FOLDER PORT`: answers MLflow's scoring protocol as fast as it can. `behaviour.json` in
 * the folder says how it starts, the query of a request how it answers.
 */
import { readFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const [folder = '', port = ''] = process.argv.slice(2)
const { startMs = 0, dies = false, refuses = false, hangs = false } = await readBehaviour()
if (dies) {
  console.error('the weights are not those of this model')
  process.exit(3)
}
await wait(startMs)

const server = createServer(async (req, res) => {
  const { pathname, searchParams: query } = new URL(req.url ?? '', 'http://scorer')
  let bytes = 0
  try {
    for await (const chunk of req) bytes += chunk.length
  } catch {
    // The caller has gone.
    return
  }
  if (pathname === '/ping' || pathname === '/version') return void res.end('\n')
  if (hangs) return
  await wait(Number(query.get('wait') ?? 0))
  block(Number(query.get('block') ?? 0))
  answer(res, query, { bytes, traceparent: req.headers.traceparent })
})
server.listen(Number(port), '127.0.0.1')

type Heard = { readonly bytes: number; readonly traceparent: string | string[] | undefined }

function answer(res: ServerResponse, query: URLSearchParams, heard: Heard): void {
  const how = query.get('how')
  if (how === 'die') process.exit(9)
  if (how === 'hang') return
  if (how === 'garbage') return void res.socket?.end('\u0000\u0001 what is HTTP?\r\n\r\n')
  if (how === 'switch') {
    return void res.socket?.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nx',
    )
  }
  if (how === 'half') {
    res.writeHead(200, { 'Content-Length': 1000 })
    return void res.write('{', () => res.socket?.destroy())
  }
  const big = query.get('big')
  if (big) return void res.end(Buffer.alloc(Number(big), 'x'))
  if (refuses) return void res.writeHead(400).end('{"error_code": "BAD_REQUEST"}')
  const { pid, env } = process
  const isSignedIn = env.MLFLOW_TRACKING_TOKEN !== undefined
  res.writeHead(200, { 'Content-Type': 'application/json' })
  res.end(
    JSON.stringify({ predictions: [1], version: env.GATEHOUSE_VERSION, pid, isSignedIn, ...heard }),
  )
}

/** Work of a kind that keeps everything else waiting, pings too. */
function block(ms: number): void {
  if (ms > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

type Behaviour = { startMs?: number; dies?: boolean; refuses?: boolean; hangs?: boolean }

async function readBehaviour(): Promise<Behaviour> {
  return JSON.parse(await readFile(join(folder, 'behaviour.json'), 'utf8'))
}
