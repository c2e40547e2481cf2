import { access } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { run } from './processes.ts'

/** Programs that npm and pip do not bring: where Debian has them, and in which package. */
const programs = {
  chromium: { path: '/usr/bin/chromium', package: 'chromium' },
  fish: { path: '/usr/bin/fish', package: 'fish' },
  nginx: { path: '/usr/sbin/nginx', package: 'nginx-light' },
  openssl: { path: '/usr/bin/openssl', package: 'openssl' },
  zsh: { path: '/usr/bin/zsh', package: 'zsh' },
} as const

export type ProgramName = keyof typeof programs

const wanted = new Map<ProgramName, Promise<string | undefined>>()
/** Two installations at once would wait for one another's lock, and fail. */
let installed: Promise<unknown> = Promise.resolve()

/** A program, installed if it is missing and this process may. @returns what to do, or undefined */
export function wantProgram(name: ProgramName): Promise<string | undefined> {
  const known = wanted.get(name) ?? findOrInstall(name)
  wanted.set(name, known)
  return known
}

export function pathOfProgram(name: ProgramName): string {
  return programs[name].path
}

async function findOrInstall(name: ProgramName): Promise<string | undefined> {
  const { path, package: packageName } = programs[name]
  if (await isThere(path)) return undefined
  const hint = `no ${name} at ${path}: apt-get install ${packageName}`
  if (process.getuid?.() !== 0 || !(await isThere('/usr/bin/apt-get'))) return hint
  const turn = installed.then(() => install(packageName))
  installed = turn
  const output = await turn
  return (await isThere(path)) ? undefined : `${hint}\n${output}`
}

/** As root on Debian and its kin, such as in a container of continuous integration. */
async function install(packageName: string): Promise<string> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const options = { env, timeoutMs: 120_000 }
  const updated = await run('apt-get', ['update', '-q'], options)
  const args = ['install', '-q', '-y', '--no-install-recommends', packageName]
  const { output } = await run('apt-get', args, options)
  return `${updated.output}\n${output}`.slice(-4000)
}

/** Programs that Go's module proxy alone brings, and takes minutes to build: used where somebody has them. */
const goPrograms = { cosign: 'github.com/sigstore/cosign/v2/cmd/cosign@v2.6.5' } as const

export type GoProgramName = keyof typeof goPrograms

/** Where `go install` puts programs, which is on few a PATH. */
export const goFolder =
  process.env.GOBIN ?? join(process.env.GOPATH ?? join(homedir(), 'go'), 'bin')

/** @returns how to get a program that is neither on PATH nor where Go puts it; undefined: it is there */
export async function hintOfGoProgram(name: GoProgramName): Promise<string | undefined> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), goFolder]
  const found = await Promise.all(folders.map((folder) => isThere(join(folder, name))))
  return found.includes(true) ? undefined : `no ${name}: go install ${goPrograms[name]}`
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch (err) {
    if (err instanceof Error && 'code' in err && err.code === 'ENOENT') return false
    throw err
  }
}
