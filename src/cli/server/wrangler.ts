import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { StartError } from '../../platform/start-error.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const script = `${root}node_modules/wrangler/bin/wrangler.js`

type WranglerRun = {
  readonly env?: Readonly<Record<string, string>>
  /** Where its questions are answered from. */
  readonly stdin?: 'ignore' | 'inherit'
}

/** Cloudflare's tool on this repository's `wrangler.toml`. @throws StartError it is not installed */
export function beginWrangler(args: readonly string[], run: WranglerRun = {}): ChildProcess {
  if (!existsSync(script)) {
    throw new StartError('this needs a clone of the repository, which brings wrangler')
  }
  return spawn(process.execPath, [script, ...args], {
    cwd: root,
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', ...run.env },
    stdio: [run.stdin ?? 'ignore', 'pipe', 'pipe'],
  })
}

/** What a program printed until it ended. */
export type WranglerEnd = { readonly code: number | null; readonly output: string }

/** @param echo where its output goes while it runs, beside being kept */
export function waitForEnd(
  child: ChildProcess,
  echo?: NodeJS.WritableStream,
): Promise<WranglerEnd> {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      output += chunk
      echo?.write(chunk)
    })
  }
  return new Promise((done, failed) => {
    child.once('error', failed)
    child.once('close', (code) => done({ code, output }))
  })
}
