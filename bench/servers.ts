import { closeSync, openSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { findFreePort } from '../src/cli/serving/serve/find-free-port.ts'
import { environment, programOf } from '../test/runner/environments.ts'
import { end, run, start } from '../test/runner/processes.ts'

const root = new URL('..', import.meta.url).pathname
const startMsMax = 400_000

/** What of the cases a server can answer. */
export type CaseKind = 'tracking' | 'search' | 'registry' | 'files'

type Described = { readonly name: string; readonly serves: readonly CaseKind[] }

const everything: readonly CaseKind[] = ['tracking', 'search', 'registry', 'files']

export type BenchServer = Described & {
  readonly url: string
  readonly pid: number
  readonly folder: string
  /** From the start of the command to the first 200 of `/health`. */
  readonly startMs: number
  /** Of every request. */
  readonly headers: Readonly<Record<string, string>>
  stop(): Promise<void>
}

const gatehouse: Described = { name: 'Gatehouse', serves: everything }

/** `gatehouse server` on an empty folder, as a user starts it. */
export async function startGatehouse(profileFolder?: string): Promise<BenchServer> {
  // Bundles what has changed, so that the start that is timed does not.
  const bundled = await run(join(root, 'bin/gatehouse'), ['--help'])
  if (bundled.code !== 0) throw new Error(bundled.output)
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'))
  const port = await findFreePort()
  const server = ['server', '--port', `${port}`, '--data', folder]
  const profiling = ['--cpu-prof', '--cpu-prof-dir', profileFolder ?? '']
  return profileFolder === undefined
    ? startedServer(gatehouse, { folder, port }, [join(root, 'bin/gatehouse'), ...server])
    : startedServer(gatehouse, { folder, port }, [
        join(root, 'bin/gatehouse-node'),
        ...profiling,
        join(root, 'dist/server.js'),
        ...server,
      ])
}

/** As `startGatehouse`, with access control on; requests are signed in by an access token. */
export async function startGatehouseWithAuth(profiles?: string): Promise<BenchServer> {
  const password = 'the password of the benchmark'
  process.env.GATEHOUSE_AUTH = '1'
  process.env.GATEHOUSE_ADMIN_PASSWORD = password
  const server = await startGatehouse(profiles)
  const admin = async (path: string, body: object) => {
    const res = await fetch(server.url + path, {
      method: 'POST',
      headers: {
        authorization: `Basic ${btoa(`admin:${password}`)}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
    })
    if (!res.ok) throw new Error(`${path}: ${res.status} ${await res.text()}`)
    return res.json()
  }
  // No administrator: those are asked for no rights, which is part of what is measured.
  await admin('/api/2.0/mlflow/users/create', { username: 'bench', password })
  const { token } = (await admin('/api/v1/tokens', { name: 'bench', for: 'bench' })) as {
    token: string
  }
  return { ...server, headers: { authorization: `Bearer ${token}` } }
}

/** MLflow's own server with its defaults: four workers, SQLite, artifacts in a folder. */
export async function startMlflow(): Promise<BenchServer> {
  const name = 'mlflow-3.17.2'
  const problem = await environment(name)
  if (problem !== undefined) throw new Error(problem)
  const folder = await mkdtemp(join(tmpdir(), 'mlflow-bench-'))
  const port = await findFreePort()
  return startedServer({ name: 'MLflow', serves: everything }, { folder, port }, [
    // Not the program `mlflow`, which fails where the environment was moved.
    programOf(name, 'python'),
    ...['-m', 'mlflow', 'server'],
    ...['--host', '127.0.0.1', '--port', `${port}`],
    ...['--backend-store-uri', `sqlite:///${mlflowDatabase(folder)}`],
    ...['--artifacts-destination', join(folder, 'artifacts')],
    // On a busy machine its workers take longer to start than the 5 s after which it ends them.
    ...['--uvicorn-opts', '--timeout-worker-healthcheck 120'],
  ])
}

export function mlflowDatabase(folder: string): string {
  return join(folder, 'mlflow.db')
}

/** The server that a command starts, once its `/health` answers. @throws Error with what it printed */
export async function startedServer(
  { name, serves }: Described,
  { folder, port }: { readonly folder: string; readonly port: number },
  [command, ...args]: readonly [string, ...string[]],
): Promise<BenchServer> {
  const log = join(folder, 'server.log')
  const output = openSync(log, 'w')
  const begun = performance.now()
  const child = start(command, args, {
    cwd: folder,
    stdio: ['ignore', output, output],
    env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: 'true' },
  })
  closeSync(output)
  const url = `http://127.0.0.1:${port}`
  const stop = async () => {
    await end(child)
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  while (!(await answers(url))) {
    if (child.exitCode !== null || performance.now() - begun > startMsMax) {
      const text = await readFile(log, 'utf8')
      await stop()
      throw new Error(`${name} did not start:\n${text}`)
    }
    await wait(10)
  }
  const startMs = performance.now() - begun
  return { name, serves, url, pid: child.pid ?? 0, folder, startMs, headers: {}, stop }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health`, { signal: AbortSignal.timeout(5000) })).ok
  } catch {
    // Not listening yet: the deadline in `started` decides.
    return false
  }
}
