import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Command } from 'commander'
import { variableOf } from '../../platform/settings/setting.ts'
import { type Given, givenBy } from '../../platform/settings/setting-table.ts'
import { StartError } from '../../platform/start-error.ts'
import { ioOf, note } from '../io.ts'
import { beginWrangler, waitForEnd } from './wrangler.ts'

type DeployOptions = { readonly env?: string; readonly dryRun?: boolean }

/** How long a new Worker's address may take to be known everywhere. */
const readyMs = 120_000

const signingKey = variableOf('signing-key')
const bundleKey = variableOf('bundle-key')
const adminPassword = variableOf('admin-password')

/** `gatehouse deploy`: all that a Worker needs on Cloudflare, made where it is not there yet. */
export function deployCommand(): Command {
  return new Command('deploy')
    .description(
      'deploy to Cloudflare Workers; makes database, bucket and secrets where they are not there',
    )
    .option('--env <name>', 'Environment of wrangler.toml, such as staging')
    .option('--dry-run', 'Build and check what would be deployed; needs no account')
    .action(runDeploy)
}

async function runDeploy(options: DeployOptions, command: Command): Promise<void> {
  const { env } = ioOf(command)
  const environment = ['--env', options.env ?? '']
  const known = options.dryRun ? [] : await listSecrets(environment)
  const made = newSecrets(known, givenBy(env))
  const args = ['deploy', ...environment, ...(options.dryRun ? ['--dry-run'] : [])]
  const address = await withSecretsFile(made, (file) =>
    deployWith([...args, '--secrets-file', file], command),
  )
  const names = new Intl.ListFormat('en').format(Object.keys(made))
  if (names) note(command, `${options.dryRun ? 'would set' : 'set'} the secrets ${names}`)
  if (options.dryRun) return
  const password = made[adminPassword]
  if (password !== undefined && env[adminPassword] === undefined) {
    note(command, `the administrator's password is ${password}; nothing shows it again`)
  }
  if (address === undefined) note(command, 'ask for /ready at the route of wrangler.toml')
  else await waitUntilReady(address)
}

/** @returns the address that it printed, where the Worker has one below workers.dev */
async function deployWith(args: readonly string[], command: Command): Promise<string | undefined> {
  const child = beginWrangler(args, { stdin: 'inherit' })
  const { code, output } = await waitForEnd(child, ioOf(command).out)
  if (code !== 0) throw new StartError('wrangler could not deploy; its reason stands above')
  return /https:\/\/[\w.-]+\.workers\.dev\b/.exec(output)?.[0]
}

/** Secrets that are not there yet, with their values. What is there stays. */
function newSecrets(known: readonly string[], given: Given): Readonly<Record<string, string>> {
  const wanted = {
    [signingKey]: given('signing-key') ?? randomBytes(32).toString('hex'),
    [bundleKey]: given('bundle-key') ?? newBundleKey(),
    [adminPassword]: given('admin-password') ?? randomBytes(18).toString('base64url'),
  }
  return Object.fromEntries(Object.entries(wanted).filter(([name]) => !known.includes(name)))
}

function newBundleKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')
}

/** Names of the secrets that the Worker has; none before its first deployment. */
async function listSecrets(environment: readonly string[]): Promise<readonly string[]> {
  const { code, output } = await waitForEnd(beginWrangler(['secret', 'list', ...environment]))
  if (code === 0) {
    const list: readonly { readonly name: string }[] = JSON.parse(output.slice(output.indexOf('[')))
    return list.map(({ name }) => name)
  }
  // Cloudflare's code for a Worker that is not there.
  if (/\b10007\b|not found/i.test(output)) return []
  throw new StartError(
    `wrangler could not ask Cloudflare; sign in with \`npx wrangler login\`, or set CLOUDFLARE_API_TOKEN:\n${output.trim()}`,
  )
}

/** The file is readable by this user alone, and gone when `use` ends. */
async function withSecretsFile<T>(
  secrets: Readonly<Record<string, string>>,
  use: (file: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-deploy-'))
  try {
    const file = join(folder, 'secrets.json')
    await writeFile(file, JSON.stringify(secrets), { mode: 0o600 })
    return await use(file)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The first request migrates the database. @throws StartError what `/ready` says */
async function waitUntilReady(address: string): Promise<void> {
  const giveUpAt = Date.now() + readyMs
  let last = 'it did not answer'
  while (Date.now() < giveUpAt) {
    const answer = await fetch(`${address}/ready`).catch((err) => String(err))
    if (answer instanceof Response && answer.ok) return
    last = answer instanceof Response ? await answer.text() : answer
    await wait(2000)
  }
  throw new StartError(`${address} is deployed and not ready after ${readyMs / 1000} s: ${last}`)
}
