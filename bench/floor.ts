/**
 * `floor.ts http|sqlite PORT FOLDER`: the least that a server in Node could do for a case. `http` reads the
 * request and answers a text that was made before; `sqlite` runs the statements of that request by
 * node:sqlite and makes the same answer. No rights, no checks, no audit log.
 */
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { tracking } from './floor-tracking.ts'

const [kind, port, folder = ''] = process.argv.slice(2)
const answerOf = tracking(join(folder, 'floor.db'))
/** The last answer to each path, and how many there were. */
const answered = new Map<string, { readonly text: string; readonly times: number }>()
/** So many runs are really made, since they are asked for. */
const madeMin = 2

createServer((req, res) => {
  void answer(req, res).catch((err) => {
    console.error(err)
    res.writeHead(500).end(String(err))
  })
}).listen(Number(port), '127.0.0.1')

async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const path = (req.url ?? '').replace(/\?.*/, '')
  if (path === '/health') {
    res.end('OK')
  } else if (path.includes('/artifacts/')) {
    await answerFile(req, res, join(folder, path.replaceAll('/', '_')))
  } else {
    const body = await bodyOf(req)
    const text = textFor(path) ?? JSON.stringify(answerOf(path, req.url ?? '', body))
    const { times = 0 } = answered.get(path) ?? {}
    answered.set(path, { text, times: times + 1 })
    res.writeHead(200, { 'content-type': 'application/json' }).end(text)
  }
}

/** What `http` answers. */
function textFor(path: string): string | undefined {
  const known = answered.get(path)
  const isMade = path.endsWith('/create') && (known?.times ?? 0) < madeMin
  return kind === 'http' && !isMade ? known?.text : undefined
}

async function bodyOf(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** To and from the disk; what is written is hashed on the way. */
async function answerFile(req: IncomingMessage, res: ServerResponse, file: string): Promise<void> {
  if (req.method === 'GET') {
    await pipeline(createReadStream(file, { highWaterMark: 256 * 1024 }), res)
    return
  }
  const hash = createHash('sha256')
  const hashed = new Transform({
    transform(chunk, _, done) {
      hash.update(chunk)
      done(undefined, chunk)
    },
  })
  await pipeline(req, hashed, createWriteStream(file))
  res.end(hash.digest('hex'))
}
