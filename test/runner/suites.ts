import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { clientEnvironment, environment, programOf } from './environments.ts'
import { exampleSuite } from './examples.ts'
import { temporaryInMemory } from './memory.ts'
import { run } from './processes.ts'
import {
  type GoProgramName,
  goFolder,
  hintOfGoProgram,
  type ProgramName,
  wantProgram,
} from './programs.ts'
import { startProxiedServers } from './proxied-server.ts'
import {
  localReceivers,
  type Server,
  startAuthServer,
  startNodeServer,
  startWorkerServer,
  startWorkspaceServer,
  startWranglerServer,
} from './servers.ts'
import type { Suite } from './suite.ts'
import { nothing, printedSums, pytestSums, settle, vitestSums } from './sums.ts'

const root = new URL('../..', import.meta.url).pathname
const node = join(root, 'bin/gatehouse-node')

/** Something several suites share: made when first asked for, ended once at the end. */
class Shared {
  private made: Promise<Server> | undefined
  private readonly make: () => Promise<Server>

  constructor(make: () => Promise<Server>) {
    this.make = make
  }

  get(): Promise<Server> {
    this.made ??= this.make()
    return this.made
  }

  async stop(): Promise<void> {
    // One that could not be made has failed its suites already, and there is nothing to stop.
    await this.made?.then((server) => server.stop()).catch(() => {})
  }
}

export const nodeServer = new Shared(() => startNodeServer(undefined, localReceivers))

/**
 * All suites, in the order they begin: the longest first, so that no lane ends long before another.
 * While the first environments are made, those run that need none.
 */
export const suites: readonly Suite[] = [
  // D1 waits for its disk at each write.
  vitest('workerd', 'workerd', { inMemory: true }),
  // What test/node, test/cli and the other folders of Node alone hold, but for those of the browser.
  vitest('node-alone', 'node', { environments: ['s3-server'], programs: ['fish', 'zsh'] }),
  vitest('browser', 'node', {
    // The page of MLflow itself comes with its package.
    environments: ['mlflow-3.17.2'],
    programs: ['chromium'],
  }),
  vitest('node', 'node'),
  script('check', 'check', ['test/check.ts']),
  pytest('mlflow-3.17.2', ['moving'], new Shared(startNodeServer), { suffix: 'moving' }),
  exampleSuite,
  pytest('mlflow-3.17.2', ['any', 'full', 'autolog'], nodeServer),
  pytest('mlflow-3.17.2', ['any', 'full', 'autolog'], new Shared(startWorkerServer), {
    suffix: 'on-workerd',
    marker: 'worker',
  }),
  pytest('mlflow-3.11.1', ['any', 'full'], nodeServer),
  pytest(
    'mlflow-3.17.2',
    [
      'auth/test_users.py',
      'auth/test_permissions.py',
      'auth/test_grants.py',
      'auth/test_review.py',
      'auth/permissions/test_levels.py',
      'auth/permissions/test_roles.py',
    ],
    new Shared(() => startAuthServer()),
    { suffix: 'auth' },
  ),
  pytest(
    'mlflow-3.11.1',
    ['auth/permissions/test_levels.py', 'auth/permissions/test_before_3_13.py'],
    new Shared(() => startAuthServer()),
    { suffix: 'auth' },
  ),
  pytest('mlflow-skinny-2.22.5', ['any'], nodeServer),
  pytest('mlflow-skinny-1.30.1', ['any'], nodeServer),
  pytest('opentelemetry', ['opentelemetry'], nodeServer),
  pytest('databricks-sdk', ['databricks'], new Shared(() => startAuthServer(localReceivers)), {
    marker: 'databricks',
  }),
  pytest(
    'boto3-1.44.8',
    ['sagemaker'],
    new Shared(() => startAuthServer([...localReceivers, '--aws-account', '111122223333'])),
  ),
  pytest('boto3-1.44.8', ['sagemaker'], new Shared(() => startWorkerServer(false)), {
    suffix: 'on-workerd',
  }),
  pytest('model-signing-1.1.1', ['bundles'], nodeServer, { beside: 'cosign' }),
  pytest('model-signing-1.1.1', ['bundles'], new Shared(() => startWorkerServer()), {
    suffix: 'on-workerd',
    beside: 'cosign',
  }),
  pytest('modelscan-0.8.8', ['scanners'], nodeServer),
  pytest('huggingface-hub-2.4.0', ['huggingface'], nodeServer),
  pytest('huggingface-hub-2.4.0', ['huggingface'], new Shared(() => startAuthServer()), {
    suffix: 'auth',
  }),
  pytest('huggingface-hub-2.4.0', ['huggingface'], new Shared(startWorkerServer), {
    suffix: 'on-workerd',
  }),
  pytest('huggingface-hub-0.25.2', ['huggingface'], new Shared(() => startAuthServer()), {
    suffix: 'auth',
  }),
  pytest('mlflow-3.17.2', ['proxies'], new Shared(startProxiedServers), {
    suffix: 'behind-nginx',
    programs: ['nginx', 'openssl'],
  }),
  pytest('mlflow-3.17.2', ['workspaces'], new Shared(startWorkspaceServer), {
    suffix: 'workspaces',
  }),
  pytest('mlflow-3.17.2', ['any'], new Shared(startWranglerServer), {
    suffix: 'on-wrangler',
    marker: 'smoke',
  }),
  script('java', 'clients', ['test/java/run.ts']),
  script('recordings', 'recordings', ['test/recordings/run.ts']),
]

/** A script of ours that prints its sums as its last line, or whose exit code is its one test. */
function script(name: string, group: string, args: readonly string[]): Suite {
  return {
    name,
    group,
    environments: [],
    async run() {
      const finished = await run(node, args, { cwd: root })
      const sums = printedSums(finished.output)
      const counted = sums.passed + sums.failed + sums.skipped > 0
      const one = { passed: finished.code === 0 ? 1 : 0, failed: 0, skipped: 0 }
      const note = /^(skipped: .*)$/m.exec(finished.output)?.[1]
      return { ...settle(counted ? sums : one, finished), ...(note ? { note } : {}) }
    },
  }
}

type VitestNeeds = {
  /** Those that its tests would otherwise make themselves, beside this process. */
  readonly environments?: readonly string[]
  /** Those whose tests are skipped where they cannot be had. */
  readonly programs?: readonly ProgramName[]
  /** Its temporary files lie in memory where the machine has room. */
  readonly inMemory?: boolean
}

/** @param name says which of the project's tests, as vitest.config.ts shares them out */
function vitest(
  name: string,
  project: string,
  { environments = [], programs = [], inMemory = false }: VitestNeeds = {},
): Suite {
  return {
    name,
    group: 'unit',
    environments,
    async run() {
      const problems = await Promise.all(environments.map(environment))
      const problem = problems.find((found) => found !== undefined)
      if (problem !== undefined) return { passed: 0, failed: 1, skipped: 0, output: problem }
      const missing = await firstMissing(programs)
      const report = join(await scratch(), 'report.json')
      const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
      const command = join(root, 'node_modules/vitest/vitest.mjs')
      const args = [command, 'run', '--project', project, ...reporters]
      const folder = inMemory ? temporaryInMemory() : undefined
      const finished = await run(node, args, {
        cwd: root,
        env: {
          ...process.env,
          CI: '1',
          GATEHOUSE_TEST_SHARE: name,
          ...(folder && { TMPDIR: folder }),
        },
      })
      const result = settle(await vitestSums(report), finished)
      return missing === undefined ? result : { ...result, note: missing }
    },
  }
}

type PytestOptions = {
  readonly suffix?: string
  readonly marker?: string
  readonly programs?: readonly ProgramName[]
  readonly beside?: GoProgramName
}

/** What to do about the first program that is not there, or undefined. */
async function firstMissing(programs: readonly ProgramName[]): Promise<string | undefined> {
  const hints = await Promise.all(programs.map(wantProgram))
  return hints.find((hint) => hint !== undefined)
}

/**
 * Tests of test/clients/ in one Python environment against one server.
 *
 * @param server ended afterwards, unless other suites share it
 * @param options.marker run only the tests that carry it
 * @param options.programs what it is skipped without
 * @param options.beside its tests of this program skip themselves where it is not there
 */
function pytest(
  client: string,
  folders: readonly string[],
  server: Shared,
  { suffix, marker, programs = [], beside }: PytestOptions = {},
): Suite {
  return {
    name: suffix ? `${client}-${suffix}` : client,
    group: 'clients',
    environments: [client],
    async run() {
      const problem = await environment(client)
      if (problem !== undefined) return { passed: 0, failed: 1, skipped: 0, output: problem }
      const missing = await firstMissing(programs)
      if (missing !== undefined)
        return { ...nothing, skipped: 1, output: '', note: `skipped: ${missing}` }
      const { url, output, env } = await server.get()
      const folder = await scratch()
      const report = join(folder, 'report.xml')
      const args = ['-m', 'pytest', `--junitxml=${report}`]
      if (marker) args.push('-m', marker)
      args.push(...folders.map((name) => join(root, 'test/clients', name)))
      const finished = await run(programOf(client, 'python'), args, {
        cwd: folder,
        env: {
          ...clientEnvironment(url),
          ...env,
          PATH: `${process.env.PATH}${delimiter}${goFolder}`,
        },
      })
      if (server !== nodeServer) await server.stop()
      const result = settle(await pytestSums(report), finished)
      const tail = output().slice(-4000)
      const note = beside && (await hintOfGoProgram(beside))
      return {
        ...result,
        output: `${result.output}\n--- the server's last words\n${tail}`,
        ...(note && { note: `skipped: ${note}` }),
      }
    },
  }
}

function scratch(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'gatehouse-suite-'))
}
