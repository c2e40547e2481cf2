import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './processes.ts'

const root = new URL('../..', import.meta.url).pathname
const requirementsFolder = join(root, 'test/clients')
const environmentsFolder = join(root, '.clients')

const pythonHint =
  'needs Python 3.11 or newer with venv and pip as `python3` (Debian, Ubuntu: apt-get install python3-venv; or https://www.python.org)'

/** Where a program of an environment lies. */
export function programOf(environment: string, program: string): string {
  return join(environmentsFolder, environment, 'bin', program)
}

/** An environment is made without compiled files: here lie those that somebody has used. */
export const compiling = {
  PYTHONDONTWRITEBYTECODE: '',
  PYTHONPYCACHEPREFIX: join(environmentsFolder, 'compiled'),
}

const environments = new Map<string, Promise<string | undefined>>()
/** One after another: the first is there sooner, and the tests that need none have a processor. */
let latest: Promise<unknown> = Promise.resolve()

/** An environment, made when first asked for. @returns what went wrong, or undefined */
export function environment(name: string): Promise<string | undefined> {
  const known = environments.get(name)
  if (known) return known
  const made = latest.then(async () => (await pythonProblem()) ?? prepareEnvironment(name))
  environments.set(name, made)
  // One that fails says so to whoever asked for it.
  latest = made.catch(() => {})
  return made
}

/** What a client's process sees: our server, and no retries that would hide a 5xx. */
export function clientEnvironment(url: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    MLFLOW_TRACKING_URI: url,
    MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1',
    MLFLOW_DISABLE_TELEMETRY: 'true',
    GIT_PYTHON_REFRESH: 'quiet',
    MPLBACKEND: 'Agg',
    ...compiling,
    PYTHONWARNINGS: 'ignore',
  }
}

/** What stops this machine from having Python environments, or undefined. */
async function pythonProblem(): Promise<string | undefined> {
  const script = 'import ensurepip, sys, venv; sys.exit(0 if sys.version_info >= (3, 11) else 3)'
  const { code, output } = await run('python3', ['-c', script])
  return code === 0 ? undefined : `${pythonHint}\n${output}`
}

/**
 * Make `.clients/<name>` hold what `test/clients/<name>.txt` pins. The stamp in it is the hash of that
 * file, written last: an environment that is half made, or made from other pins, is made anew.
 *
 * @returns what went wrong, or undefined
 */
async function prepareEnvironment(name: string): Promise<string | undefined> {
  const requirements = join(requirementsFolder, `${name}.txt`)
  const folder = join(environmentsFolder, name)
  const stampFile = join(folder, 'requirements.sha256')
  const stamp = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
  if ((await readStamp(stampFile)) === stamp) return undefined

  await mkdir(environmentsFolder, { recursive: true })
  if (!(await installByUv(folder, requirements))) {
    const problem = await installByPip(name, folder, requirements)
    if (problem !== undefined) return problem
  }
  await writeFile(stampFile, stamp)
  return undefined
}

/**
 * uv installs in two seconds what pip takes half a minute of a processor for. It reads none of pip's
 * settings, so where pip was told of a mirror it may fail.
 */
async function installByUv(folder: string, requirements: string): Promise<boolean> {
  uv ??= installUv()
  const program = await uv
  if (program === undefined) return false
  const options = { env: { ...process.env, UV_PYTHON_DOWNLOADS: 'never' } }
  const venv = ['venv', '--quiet', '--seed', '--clear', '--python', 'python3', folder]
  const made = await run(program, venv, options)
  if (made.code !== 0) return false
  const python = join(folder, 'bin/python')
  const install = ['pip', 'install', '--quiet', '--python', python, '-r', requirements]
  return (await run(program, install, options)).code === 0
}

let uv: Promise<string | undefined> | undefined

/** @returns the program; undefined: it cannot be had here */
async function installUv(): Promise<string | undefined> {
  const folder = join(environmentsFolder, 'uv')
  const problem = await installByPip('uv', folder, join(requirementsFolder, 'uv.txt'))
  return problem === undefined ? join(folder, 'bin/uv') : undefined
}

/** @returns what went wrong, or undefined */
async function installByPip(
  name: string,
  folder: string,
  requirements: string,
): Promise<string | undefined> {
  const made = await run('python3', ['-m', 'venv', '--clear', folder])
  if (made.code !== 0) return `.clients/${name} could not be made; ${pythonHint}\n${made.output}`
  // To compile all that a package brings takes half a minute of a processor; little of it is used.
  const pip = ['-m', 'pip', 'install', '--no-compile', '--quiet', '--disable-pip-version-check']
  const installed = await run(programOf(name, 'python'), [...pip, '-r', requirements])
  if (installed.code === 0) return undefined
  return `.clients/${name}: packages could not be installed; pip needs the network or a mirror\n${installed.output}`
}

async function readStamp(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (err) {
    if (err instanceof Error && 'code' in err && err.code === 'ENOENT') return undefined
    throw err
  }
}
