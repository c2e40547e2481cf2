import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { StartError } from '../platform/start-error.ts'

/**
 * A password, which never stands in a process list: asked for twice at a terminal, else the first
 * line of standard input, else GATEHOUSE_PASSWORD.
 *
 * @throws StartError there is none
 */
export async function readPassword(what: string): Promise<string> {
  const given = process.env.GATEHOUSE_PASSWORD
  if (given) return given
  if (!process.stdin.isTTY) {
    const [line = ''] = (await text(process.stdin)).split(/\r?\n/)
    if (line === '') throw new StartError('no password: give it on standard input, as one line')
    return line
  }
  const password = await asked(`${what}: `)
  if ((await asked('Again: ')) !== password) throw new StartError('the two differ')
  return password
}

/** What is typed is not shown. */
async function asked(question: string): Promise<string> {
  process.stderr.write(question)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true })
  try {
    return await terminal.question('')
  } finally {
    terminal.close()
    process.stderr.write('\n')
  }
}
