import { Readable, Writable } from 'node:stream'
import type { CliIo } from '../../src/cli/io.ts'
import { commandGroups } from '../../src/cli/program/commands.ts'
import { runProgram } from '../../src/cli/program/run-program.ts'
import type { Answering } from './client.ts'
import type { Ended } from './gatehouse-process.ts'

type Terms = {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  /** The width of the terminal that it writes to; none when absent. */
  readonly columns?: number
  readonly timeZone?: string
  /** Whoever answers at the server that `--server` names. */
  readonly send?: CliIo['send']
}

/** Run the command line in this process. */
export async function runHere(args: readonly string[], terms: Terms = {}): Promise<Ended> {
  const { env = {}, input = '', columns, timeZone = 'UTC', send = fetch } = terms
  const [out, err] = [collector(columns), collector(columns)]
  const io = { env, in: Readable.from([input]), out: out.stream, err: err.stream, send, timeZone }
  const code = await runProgram(args, io, commandGroups())
  return { code, out: out.text(), err: err.text() }
}

/** The command line of an application in this process. @param headers of whoever runs it */
export function programAt(app: Answering, headers: Readonly<Record<string, string>> = {}) {
  const send: CliIo['send'] = async (request) => {
    const { method } = request
    const body = method === 'GET' ? {} : { body: await request.text() }
    const url = request.url.replace('http://gatehouse.test', '')
    const all = { ...Object.fromEntries(request.headers), ...headers }
    return app.request(url, { method, headers: all, ...body })
  }
  return (args: readonly string[], terms: Omit<Terms, 'send'> = {}) =>
    runHere(args, {
      ...terms,
      env: { GATEHOUSE_SERVER: 'http://gatehouse.test', ...terms.env },
      send,
    })
}

function collector(columns: number | undefined) {
  const chunks: string[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk))
      done()
    },
  })
  const terminal = columns === undefined ? stream : Object.assign(stream, { isTTY: true, columns })
  return { stream: terminal, text: () => chunks.join('') }
}
