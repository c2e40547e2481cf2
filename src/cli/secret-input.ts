import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import { StartError } from '../platform/start-error.ts'
import { type CliIo, ioOf } from './io.ts'

/**
 * A secret that no process list shows: from the variable, else typed without echo, else the first
 * line of standard input.
 *
 * @param asked the variable, and the prompt: `New password of rita`
 * @throws StartError there is none
 */
export async function readSecret(
  command: Command,
  { variable, prompt }: { readonly variable: string; readonly prompt: string },
): Promise<string> {
  const io = ioOf(command)
  const given = io.env[variable]
  if (given) return given
  const typed = io.in.isTTY ? await prompted(io, prompt) : await firstLine(io)
  if (typed === '') {
    throw new StartError(`no password: type it, pipe it in, or set ${variable}`)
  }
  return typed
}

async function prompted(io: CliIo, prompt: string): Promise<string> {
  // Swallows the terminal's echo.
  const output = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: io.in, output, terminal: true })
  io.err.write(`${prompt}: `)
  try {
    return await terminal.question('')
  } finally {
    terminal.close()
    io.err.write('\n')
  }
}

async function firstLine(io: CliIo): Promise<string> {
  return (await text(io.in)).split(/\r?\n/, 1)[0] ?? ''
}
