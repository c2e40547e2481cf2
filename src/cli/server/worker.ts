import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { Command } from 'commander'
import { readNumber } from '../../platform/settings/read-settings.ts'
import { variableOf } from '../../platform/settings/setting.ts'
import { type Given, givenBy, settingTable } from '../../platform/settings/setting-table.ts'
import { StartError } from '../../platform/start-error.ts'
import { beginWrangler } from './wrangler.ts'

const readyMs = 120_000

/** Without these wrangler asks the network for a sample of `request.cf`, and asks questions. */
const offline = { CLOUDFLARE_CF_FETCH_ENABLED: 'false', CI: 'true' }

/** `gatehouse worker`: the same server in Cloudflare's runtime on this machine, on local D1 and R2. */
export function workerCommand(): Command {
  const command = new Command('worker')
    .description("serve from Cloudflare's runtime on this machine, on local D1 and R2")
    .option('--host <address>', 'Address to listen on', '127.0.0.1')
    .option('--port <number>', 'Port to listen on', '5000')
    .option('--data <folder>', "Folder of D1's and R2's local state", '.wrangler/state')
  return command.action(async (options: { host: string; port: string; data: string }) => {
    const port = readNumber((name) => (name === 'port' ? options.port : undefined), 'port', 65_535)
    await checkPortFree(options.host, port)
    const dev = beginWrangler(
      [
        'dev',
        ...['--ip', options.host, '--port', String(port), '--log-level', 'warn'],
        ...['--persist-to', options.data],
        ...workerVars(givenBy(process.env)).flatMap((entry) => ['--var', entry]),
      ],
      { env: offline },
    )
    dev.stdout?.pipe(process.stdout)
    dev.stderr?.pipe(process.stderr)
    endWith(dev)
    const url = `http://${options.host}:${port}`
    await answering(url)
    console.log(`gatehouse: listening on ${url} (workerd, local D1 and R2)`)
  })
}

/** wrangler would silently take another port. @throws StartError the port is taken */
async function checkPortFree(host: string, port: number): Promise<void> {
  const probe = createServer()
  await new Promise<void>((done, failed) => {
    probe.once('error', () => failed(new StartError(`port ${port} of ${host} is taken`)))
    probe.listen(port, host, () => probe.close(() => done()))
  })
}

/**
 * The settings in this environment that a Worker reads, in wrangler's form. Here only this machine
 * reaches it, so callers need not sign in, and an empty list of hosts means those of `gatehouse server`.
 */
function workerVars(given: Given): string[] {
  const kept = new Map<string, string>([
    ['signing-key', given('signing-key') ?? randomBytes(32).toString('hex')],
    ['auth', given('auth') ?? '0'],
    ['allowed-hosts', given('allowed-hosts') ?? ''],
  ])
  for (const { name, worker } of settingTable) {
    const value = worker ? given(name) : undefined
    if (value !== undefined && !kept.has(name)) kept.set(name, value)
  }
  return [...kept].map(([name, value]) => `${variableOf(name)}:${value}`)
}

/** End when wrangler ends, and tell it to end when this process is told to. */
function endWith(dev: ChildProcess): void {
  let stopping = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      stopping = true
      dev.kill(signal)
    })
  }
  dev.once('close', (code) => process.exit(stopping ? 0 : (code ?? 1)))
}

async function answering(url: string): Promise<void> {
  const giveUpAt = Date.now() + readyMs
  while (Date.now() < giveUpAt) {
    const res = await fetch(`${url}/health`).catch(() => undefined)
    if (res?.ok) return
    await new Promise((done) => setTimeout(done, 100))
  }
  throw new StartError(`wrangler dev did not answer on ${url} within ${readyMs / 1000} s`)
}
