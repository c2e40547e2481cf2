import { execFile, spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { Miniflare } from 'miniflare'
import { afterAll, beforeAll, expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }

const root = new URL('../..', import.meta.url).pathname
const folder = await mkdtemp(join(tmpdir(), 'gatehouse-package-'))
const prefix = join(folder, 'prefix')
const installed = join(prefix, 'lib/node_modules/gatehouse')
const command = join(prefix, 'bin/gatehouse')
const modules = join(root, 'node_modules')

/** The Node that runs this test comes first, as on a machine that has no other. */
const path = [dirname(process.execPath), process.env.PATH].join(delimiter)

/** npm tells the programs that it runs of itself; an install of its own is run by nobody. */
const own = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))
const env = { ...Object.fromEntries(own), PATH: path }

/** What it prints. A compiler prints what is wrong too, so a failure shows both. */
function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((done, failed) => {
    execFile(program, args, { cwd, env, maxBuffer: 10_000_000 }, (err, stdout, stderr) => {
      if (err) failed(new Error(`${err.message}\n${stdout}${stderr}`))
      else done(stdout)
    })
  })
}

/** What a clone holds that the package is made from. */
const clone = [
  'bin',
  'deploy',
  'drizzle',
  'src',
  'package.json',
  'tsconfig.json',
  'tsconfig.client.json',
]
const texts = ['README.md', 'LICENSE', 'CHANGELOG.md']

let tarball = ''
let server: ReturnType<typeof spawn> | undefined
let url = ''

beforeAll(async () => {
  const source = join(folder, 'clone')
  await mkdir(source)
  for (const name of [...clone, ...texts]) {
    await cp(join(root, name), join(source, name), { recursive: true })
  }
  await symlink(modules, join(source, 'node_modules'))
  const packed = await run('npm', ['pack', '--json', '--pack-destination', folder], source)
  tarball = join(folder, /"filename": *"([^"]+)"/.exec(packed)?.[1] ?? 'no tarball')
  await npmInstall(['--global', '--prefix', prefix], folder)
}, 240_000)

afterAll(() => {
  server?.kill('SIGKILL')
})

function npmInstall(flags: readonly string[], cwd: string) {
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']
  return run('npm', ['install', ...flags, ...quiet, tarball], cwd)
}

test('the package holds what it runs, and neither sources nor tests', async () => {
  const names = await readdir(installed)
  expect(names.sort()).toEqual(
    ['bin', 'deploy', 'dist', 'node_modules', 'package.json', ...texts].sort(),
  )
  expect(await readdir(join(installed, 'bin'))).toEqual(['gatehouse.js'])
  // Failures name lines of the sources by the map.
  expect(await readdir(join(installed, 'dist'))).toEqual(
    expect.arrayContaining(['gatehouse.js.map', 'server.js.map']),
  )
  const dependencies = await readdir(join(installed, 'node_modules'))
  expect(dependencies).toEqual(expect.arrayContaining(['libsql', 'zod']))
  expect(dependencies).not.toContain('hono')
})

test('its text has characters of one byte alone, as V8 would keep all of it in two bytes each for one other', async () => {
  for (const name of ['gatehouse.js', 'server.js', ...(await partsOfBundles())]) {
    const text = await readFile(join(installed, 'dist', name), 'utf8')
    expect(text.match(/\P{ASCII}/u)).toBeNull()
  }
})

test('what a server may never need is not in what it reads at its start', async () => {
  const text = await readFile(join(installed, 'dist/server.js'), 'utf8')
  const imported = [...text.matchAll(/\bimport\("\.\/(part-[^"]+)"\)/g)].map(([, name]) => name)
  expect(await partsOfBundles()).toEqual(expect.arrayContaining(imported))
  for (const name of ['replace-dispatcher', 'graphql']) {
    expect(imported).toContainEqual(expect.stringMatching(`^part-${name}-`))
  }
  // One of zod's languages, of which only English is spoken.
  expect(text).not.toContain('Ogiltig')
})

/** The files of which a bundle imports each when it first needs it. */
async function partsOfBundles() {
  const names = await readdir(join(installed, 'dist'))
  return names.filter((name) => name.startsWith('part-'))
}

test('the installed command says its version', async () => {
  expect((await run(command, ['--version'], folder)).trim()).toBe(packageJson.version)
})

test('the installed server serves, and writes nothing where it is installed', async () => {
  const before = await filesBelow(prefix)
  await startServer()
  const version = await fetch(`${url}/version`)
  expect(await version.text()).toMatch(/^3\./)
  expect((await fetch(`${url}/ready`)).status).toBe(200)
  const created = await fetch(`${url}/api/2.0/mlflow/experiments/create`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'installed' }),
  })
  expect(created.status).toBe(200)
  // A search runs in a thread, whose file lies beside the bundle.
  const found = await fetch(`${url}/api/2.0/mlflow/experiments/search?max_results=5`)
  expect(await found.text()).toContain('installed')
  expect(await filesBelow(prefix)).toEqual(before)
}, 60_000)

test('a program of strict types compiles against gatehouse/client and calls the server', async () => {
  const consumer = join(folder, 'consumer')
  await mkdir(consumer)
  await writeFile(join(consumer, 'package.json'), '{ "type": "module", "private": true }')
  await npmInstall([], consumer)
  await writeFile(
    join(consumer, 'program.ts'),
    `import { GatehouseClient, listStages, replaceStages, whoami } from 'gatehouse/client'
const client = new GatehouseClient(process.argv[2] ?? '')
const { name } = await client.call(whoami, {})
const { items } = await client.call(listStages, {})
const first: string | undefined = items[0]?.name
// @ts-expect-error: a call gives what its endpoint takes
const wrong = () => client.call(replaceStages, { body: { items: [{ nam: 'Canary' }] } })
console.log(JSON.stringify({ name, first, wrong: typeof wrong }))
`,
  )
  const options = { target: 'ES2024', module: 'NodeNext', strict: true, types: ['node'] }
  const typeRoots = [join(modules, '@types')]
  await writeFile(
    join(consumer, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...options, typeRoots }, files: ['program.ts'] }),
  )
  await run(process.execPath, [join(modules, 'typescript/bin/tsc')], consumer)
  if (url === '') await startServer()
  const printed = await run(process.execPath, ['program.js', url], consumer)
  expect(JSON.parse(printed)).toEqual({ name: 'anonymous', first: 'None', wrong: 'function' })
}, 120_000)

test('the Worker of the package answers in workerd', async () => {
  const contents = await readFile(join(installed, 'dist/worker.js'), 'utf8')
  const miniflare = new Miniflare({
    cf: false,
    resourcePersistencePath: join(folder, 'worker'),
    workers: [
      {
        config: {
          name: 'gatehouse',
          compatibilityDate: '2026-10-01',
          manifest: {
            mainModule: 'worker.js',
            modulesRoot: installed,
            modules: { 'worker.js': { type: 'esm', contents } },
          },
          env: {
            DB: { type: 'd1', id: 'gatehouse' },
            ARTIFACTS: { type: 'r2', name: 'gatehouse-artifacts' },
          },
          exports: {},
        },
        dev: { rootPath: installed },
      },
    ],
  })
  const answer = await miniflare.dispatchFetch('http://localhost/version')
  expect(await answer.text()).toMatch(/^3\./)
  await miniflare.dispose()
}, 60_000)

async function startServer(): Promise<void> {
  const args = ['server', '--port', '0', '--data', join(folder, 'data')]
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  server = child
  url = await new Promise((done, failed) => {
    child.once('exit', (code) => failed(new Error(`the server ended with ${code}`)))
    child.stdout.on('data', (chunk) => {
      const found = /listening on (\S+)/.exec(String(chunk))?.[1]
      if (found) done(found)
    })
  })
}

async function filesBelow(place: string): Promise<string[]> {
  return (await readdir(place, { recursive: true })).sort()
}
