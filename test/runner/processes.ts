import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'

/** Process groups that this run started and that have not ended. */
const groups = new Set<number>()

/** Longer than any suite takes on a slow machine that runs four of them. */
const timeoutMs = 3_600_000

/** What a finished command said. `output` is stdout and stderr as they came. */
export type Finished = { readonly code: number; readonly output: string }

/** Start a command as a process group of its own, so that ending it ends its children too. */
export function start(command: string, args: readonly string[], options: SpawnOptions = {}) {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
    detached: true,
  })
  const { pid } = child
  if (pid !== undefined) {
    groups.add(pid)
    child.once('exit', () => signalGroup(pid, 'SIGKILL'))
  }
  return child
}

/** Run a command to its end. One that can't be started or runs past `timeoutMs` has code 127 or 124. */
export function run(
  command: string,
  args: readonly string[],
  options: SpawnOptions & { readonly timeoutMs?: number } = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = start(command, args, options)
    const output = collect(child)
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      end(child)
    }, options.timeoutMs ?? timeoutMs)
    child.once('error', (err) => {
      clearTimeout(timer)
      resolve({ code: 127, output: `${command}: ${err.message}` })
    })
    child.once('close', (code) => {
      clearTimeout(timer)
      const note = timedOut ? `\n${command} was ended: it ran for too long` : ''
      resolve({ code: timedOut ? 124 : (code ?? 1), output: output() + note })
    })
  })
}

/** Keep what a child prints; the function returned says what it has been so far. */
export function collect(child: ChildProcess): () => string {
  const chunks: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString('utf8')
}

/** Ask a child's group to end, and end it for sure five seconds later. */
export function end(child: ChildProcess): Promise<void> {
  const { pid } = child
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve()
  }
  return new Promise((resolve) => {
    const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), 5000)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
    signalGroup(pid, 'SIGTERM', false)
  })
}

/** End everything still running; for a run that is interrupted or crashes. */
export function endAll(): void {
  for (const pid of groups) signalGroup(pid, 'SIGKILL')
}

function signalGroup(pid: number, signal: NodeJS.Signals, forget = true): void {
  if (forget) groups.delete(pid)
  try {
    process.kill(-pid, signal)
  } catch (err) {
    // ESRCH: the whole group has ended already, which is what was wanted.
    if (!(err instanceof Error && 'code' in err && err.code === 'ESRCH')) throw err
  }
}
