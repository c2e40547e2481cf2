import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { findFreePort } from '../../src/cli/serving/serve/find-free-port.ts'
import { collect, end, start } from './processes.ts'

const root = new URL('../..', import.meta.url).pathname

export type Server = {
  readonly url: string
  stop(): Promise<void>
  /** What it has printed, for the report of a failure. */
  output(): string
  /** What its clients need in their environment besides its address. */
  readonly env?: NodeJS.ProcessEnv
}

const command = join(root, 'bin/gatehouse')
/** Where clients find the command. */
const commandEnv = { GATEHOUSE_COMMAND: command }

/** `gatehouse server` on an empty temporary folder. @param flags further settings */
export async function startNodeServer(
  port?: number,
  flags: readonly string[] = [],
): Promise<Server> {
  const server = await startServer(
    (on, data) => [command, ['server', '--port', `${on}`, '--data', data, ...flags]],
    port,
  )
  return { ...server, env: commandEnv }
}

/** A server on which callers name a workspace. */
export function startWorkspaceServer(): Promise<Server> {
  return startNodeServer(undefined, ['--enable-workspaces'])
}

/** Flags by which webhooks reach receivers that a test starts on this machine. */
export const localReceivers = ['--webhook-hosts', '127.0.0.1']

/**
 * `gatehouse server --auth`; its clients are the administrator unless they say otherwise.
 *
 * @param flags further settings
 */
export async function startAuthServer(flags: readonly string[] = []): Promise<Server> {
  const { user, password } = administrator
  const server = await startServer(
    (on, data) => [
      join(root, 'bin/gatehouse'),
      ['server', '--auth', '--port', `${on}`, '--data', data, ...flags],
    ],
    undefined,
    { GATEHOUSE_ADMIN_USER: user, GATEHOUSE_ADMIN_PASSWORD: password },
  )
  return { ...server, env: asAdministrator }
}

const administrator = { user: 'admin', password: 'the password of the tests' }
const asAdministrator = {
  MLFLOW_TRACKING_USERNAME: administrator.user,
  MLFLOW_TRACKING_PASSWORD: administrator.password,
}

/** The Worker in workerd, without wrangler's proxy in front, which makes it ten times slower. */
export async function startWorkerServer(isOpen = true): Promise<Server> {
  const script = join(root, 'test/runner/worker-server.ts')
  // src/ has parameter properties, which Node only strips when it may also transform.
  const flags = ['--experimental-transform-types', '--disable-warning=ExperimentalWarning']
  const server = await startServer((on, data) => [
    join(root, 'bin/gatehouse-node'),
    [...flags, script, `${on}`, data, ...(isOpen ? [] : [administrator.password])],
  ])
  return { ...server, env: isOpen ? commandEnv : asAdministrator }
}

/** The Worker as `npm run worker` serves it: wrangler dev. */
export function startWranglerServer(): Promise<Server> {
  return startServer((on, data) => [
    join(root, 'bin/gatehouse'),
    ['worker', '--port', `${on}`, '--data', data],
  ])
}

/** Start a server on an empty temporary folder, and wait until it answers. */
async function startServer(
  commandFor: (port: number, data: string) => [string, string[]],
  wantedPort?: number,
  env: NodeJS.ProcessEnv = {},
): Promise<Server> {
  const port = wantedPort ?? (await findFreePort())
  const data = await mkdtemp(join(tmpdir(), 'gatehouse-clients-'))
  const [command, args] = commandFor(port, data)
  const child = start(command, args, { cwd: root, env: { ...process.env, ...env } })
  const output = collect(child)
  const url = `http://127.0.0.1:${port}`
  const stop = async () => {
    await end(child)
    await rm(data, { recursive: true, force: true })
  }
  const problem = await untilReady(url, child, output)
  if (problem !== undefined) {
    await stop()
    throw new Error(`${command} ${args[0]} ${problem}\n${output()}`)
  }
  return { url, stop, output }
}

/** @returns why the server will not answer, or undefined once it says it listens and answers */
async function untilReady(
  url: string,
  child: ChildProcess,
  output: () => string,
): Promise<string | undefined> {
  const deadline = Date.now() + 150_000
  while (Date.now() < deadline) {
    if (child.exitCode !== null) return `ended with code ${child.exitCode} instead of listening`
    if (!/listening on/.test(output())) {
      await wait(50)
      continue
    }
    try {
      const res = await fetch(`${url}/health`, { signal: AbortSignal.timeout(5000) })
      if (res.ok) return undefined
    } catch {
      // Not listening yet, or not answering yet: the deadline decides.
    }
    await wait(100)
  }
  return 'did not answer /health within 150 s'
}

/** Whether nothing listens on `port` of this machine. */
export function portIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, () => probe.close(() => resolve(true)))
  })
}
