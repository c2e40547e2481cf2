import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { StartError } from '../platform/start-error.ts'

/**
 * A secret that no process list shows: from the variable, else typed without echo, else the first
 * line of standard input.
 *
 * @param asked the prompt: `New password of rita`
 * @throws StartError there is none
 */
export async function readSecret(variable: string, asked: string): Promise<string> {
  const given = process.env[variable]
  if (given) return given
  const typed = process.stdin.isTTY ? await prompted(asked) : await firstLine()
  if (typed === '') {
    throw new StartError(`no password: type it, pipe it in, or set ${variable}`)
  }
  return typed
}

async function prompted(asked: string): Promise<string> {
  // Swallows the terminal's echo.
  const output = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output, terminal: true })
  process.stderr.write(`${asked}: `)
  try {
    return await terminal.question('')
  } finally {
    terminal.close()
    process.stderr.write('\n')
  }
}

async function firstLine(): Promise<string> {
  return (await text(process.stdin)).split(/\r?\n/, 1)[0] ?? ''
}
