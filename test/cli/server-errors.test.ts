import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { runHere } from '../support/program.ts'

/** What a command says of a server that answers in this way. */
async function told(answer: RequestListener, args: readonly string[] = ['whoami']) {
  const server = createServer(answer)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  try {
    return { port, ...(await runHere([...args, '--server', `http://127.0.0.1:${port}`])) }
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const page = '<!doctype html>\n<html><head><title>Welcome to nginx!</title></head></html>'

test('what a server says steers no terminal', async () => {
  const { err } = await told((_req, res) => {
    const body = { error_code: 'BAD_REQUEST', message: 'no\u001b[2J\u202e\u009b31m' }
    res.writeHead(400).end(JSON.stringify(body))
  })
  expect(err).toBe('gatehouse: no\\u001b[2J\\u202e\\u009b31m\n')
})

test.each<[string, RequestListener, string]>([
  [
    'a page',
    (_req, res) => res.writeHead(200, { 'content-type': 'text/html' }).end(page),
    'answered 200 with no JSON .* is it a Gatehouse\\? The answer begins: Welcome to nginx!',
  ],
  [
    'a page that says no',
    (_req, res) => res.writeHead(502).end('<h1>Bad Gateway</h1>\n<hr>nginx'),
    'answered 502 with no JSON .* begins: Bad Gateway nginx',
  ],
  [
    "another server's JSON",
    (_req, res) => res.writeHead(404).end('{"detail":"Not Found"}'),
    'answered 404 with no JSON .* begins: \\{"detail":"Not Found"\\}',
  ],
  ['nothing', (_req, res) => res.writeHead(200).end(), 'begins: \\(nothing\\)'],
  ['a cut connection', (req) => req.socket.destroy(), 'cannot reach a server at .*: .+'],
])(
  'of a server that answers with %s there is one sentence and the exit code 1',
  async (_what, answer, words) => {
    const { code, out, err } = await told(answer)
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(new RegExp(`^gatehouse: .*${words}\\n$`))
  },
)

test("MLflow's own calls tell of it too", async () => {
  const { code, err } = await told((_req, res) => res.end(page), ['models', 'list'])
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(/^gatehouse: http.*is it a Gatehouse\?.*\n$/),
  ])
})

test('a refusal is the words of the server', async () => {
  const body = JSON.stringify({ error_code: 'PERMISSION_DENIED', message: 'Not you' })
  const { code, err } = await told((_req, res) => res.writeHead(403).end(body))
  expect([code, err]).toEqual([1, 'gatehouse: Not you\n'])
})

test('where nobody listens, or the address is none, there is one sentence and the exit code 1', async () => {
  const closed = await runHere(['whoami', '--server', 'http://127.0.0.1:1'])
  expect(closed.code).toBe(1)
  expect(closed.err).toMatch(/^gatehouse: cannot reach a server at http:\/\/127\.0\.0\.1:1: .+\n$/)
  for (const server of ['localhost:5000', 'ftp://example.com', 'nonsense']) {
    expect(await runHere(['whoami', '--server', server])).toEqual({
      code: 1,
      out: '',
      err: `gatehouse: '${server}' is no address of a server; give e.g. http://localhost:5000\n`,
    })
  }
})
