import type { Command } from 'commander'
import type { Send } from '../client/client.ts'

export type CliOutput = NodeJS.WritableStream & {
  readonly isTTY?: boolean
  readonly columns?: number
}

/** What the program has of the outside: the process's own, or what a test gives. */
export type CliIo = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly in: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly out: CliOutput
  readonly err: CliOutput
  /** How a server is asked. */
  readonly send: Send
  /** Of the reader; that of the machine when absent. */
  readonly timeZone?: string
}

type CliRun = { readonly io: CliIo; exitCode: number }

const runs = new WeakMap<Command, CliRun>()

/** Say with what a program runs. @param program the root of all commands */
export function startRun(program: Command, io: CliIo): void {
  runs.set(program, { io, exitCode: 0 })
}

export function ioOf(command: Command): CliIo {
  return runOf(command).io
}

/** Let the program end with this code when all is done; src/cli/exit-codes.ts has their meaning. */
export function setExitCode(command: Command, code: number): void {
  runOf(command).exitCode = code
}

export function exitCodeOf(program: Command): number {
  return runOf(program).exitCode
}

/** A line for people on standard error, which no pipe takes for output. */
export function note(command: Command, text: string): void {
  writeError(ioOf(command), text)
}

/** A line on standard error, in which nothing that a server or a source said steers the terminal. */
export function writeError({ err }: CliIo, text: string): void {
  err.write(`gatehouse: ${text.split('\n').map(printable).join('\n')}\n`)
}

function runOf(command: Command): CliRun {
  let root = command
  while (root.parent) root = root.parent
  const run = runs.get(root)
  if (!run) throw new Error(`'${command.name()}' is run outside a program`)
  return run
}

/** Escapes control characters and those that change the direction of text. */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
