import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { client, serverAt } from './client.ts'

const command = new URL('../../bin/gatehouse', import.meta.url).pathname

/** What was begun and has not ended. */
const running = new Set<ChildProcess>()

/** A test that fails half-way leaves its processes behind. */
export function endProcesses(): void {
  for (const child of running) child.kill('SIGKILL')
}

export type Ended = { readonly code: number | null; readonly out: string; readonly err: string }

export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'gatehouse-process-'))
}

/** Run the command to its end. @param input what it may read from standard input */
export function run(
  args: readonly string[],
  env: Record<string, string> = {},
  input?: string,
): Promise<Ended> {
  const child = launch(args, env, input === undefined ? 'ignore' : 'pipe')
  child.stdin?.end(input)
  return ended(child)
}

/** A command that goes on until it is stopped, and what it has printed so far. */
export function startCommand(args: readonly string[], env: Record<string, string> = {}) {
  const child = launch(args, env)
  let out = ''
  child.stdout?.on('data', (chunk) => {
    out += chunk
  })
  const end = ended(child)
  return {
    out: () => out,
    stop: (signal: NodeJS.Signals = 'SIGTERM') => {
      child.kill(signal)
      return end
    },
  }
}

/** A real server on a free port, once it says what it listens on. */
export async function startServer(
  data: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
) {
  const child = launch(['server', '--port', '0', '--data', data, ...args], env)
  const end = ended(child)
  const url = await Promise.race([listeningUrl(child), end.then(neverListened)])
  return {
    url,
    /** Send a signal and wait for the end. */
    stop: (signal: NodeJS.Signals = 'SIGTERM') => {
      child.kill(signal)
      return end
    },
    ...client(serverAt(url)),
  }
}

/** Without the variables of whoever runs the tests. */
function launch(
  args: readonly string[],
  env: Record<string, string>,
  stdin: 'ignore' | 'pipe' = 'ignore',
): ChildProcess {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(command, args, {
    env: { PATH, HOME, ...env },
    stdio: [stdin, 'pipe', 'pipe'],
  })
  running.add(child)
  child.once('close', () => running.delete(child))
  return child
}

function ended(child: ChildProcess): Promise<Ended> {
  let out = ''
  let err = ''
  child.stdout?.on('data', (chunk) => {
    out += chunk
  })
  child.stderr?.on('data', (chunk) => {
    err += chunk
  })
  return new Promise((done) => child.once('close', (code) => done({ code, out, err })))
}

function listeningUrl(child: ChildProcess): Promise<string> {
  return new Promise((done) => {
    child.stdout?.on('data', (chunk) => {
      const url = /listening on (\S+)/.exec(String(chunk))?.[1]
      if (url) done(url)
    })
  })
}

function neverListened({ code, err }: Ended): never {
  throw new Error(`the server ended with ${code} before it listened: ${err}`)
}
