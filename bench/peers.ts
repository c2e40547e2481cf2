import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort } from '../src/cli/serving/serve/find-free-port.ts'
import { programOf } from '../test/runner/environments.ts'
import { run } from '../test/runner/processes.ts'
import { type BenchServer, startedServer } from './servers.ts'

const root = new URL('..', import.meta.url).pathname
const fasttrackml = 'fasttrackml-0.6.0'

/**
 * FastTrackML's server with its defaults on SQLite. Its package has the program and asks for an old
 * MLflow besides, which the server does not need.
 *
 * @throws Error what is missing, where pip cannot bring it
 */
export async function startFastTrackml(): Promise<BenchServer> {
  const folder = join(root, '.clients', fasttrackml)
  const program = programOf(fasttrackml, 'fml')
  if ((await run(program, ['--help'])).code !== 0) {
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps']
    const installed = await run('python3', [...pip, '--prefix', folder, 'FastTrackML==0.6.0'])
    if (installed.code !== 0)
      throw new Error(`pip cannot install FastTrackML 0.6.0:\n${installed.output}`)
  }
  const data = await mkdtemp(join(tmpdir(), 'fasttrackml-bench-'))
  const port = await findFreePort()
  return startedServer(
    { name: 'FastTrackML', serves: ['tracking', 'search'] },
    { folder: data, port },
    [
      program,
      'server',
      ...['--listen-address', `127.0.0.1:${port}`, '--log-level', 'error'],
      ...['--database-uri', `sqlite://${join(data, 'fasttrackml.db')}`],
      ...['--default-artifact-root', join(data, 'artifacts')],
    ],
  )
}

export type FloorKind = 'http' | 'sqlite'

/** The least that a server could do: see floor.ts. */
export async function startFloor(kind: FloorKind): Promise<BenchServer> {
  const folder = await mkdtemp(join(tmpdir(), 'floor-bench-'))
  const port = await findFreePort()
  const name = kind === 'http' ? 'node:http' : 'node:http and node:sqlite'
  const serves = kind === 'http' ? (['tracking', 'files'] as const) : (['tracking'] as const)
  return startedServer({ name, serves }, { folder, port }, [
    join(root, 'bin/gatehouse-node'),
    ...['--disable-warning=ExperimentalWarning', join(root, 'bench/floor.ts')],
    ...[kind, `${port}`, folder],
  ])
}
