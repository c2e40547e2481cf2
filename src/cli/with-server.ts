import type { Command } from 'commander'
import { createApp } from '../app.ts'
import { runBackgroundWork } from '../background.ts'
import { ApiError, GatehouseClient, type Send } from '../client/client.ts'
import { operator } from '../core/principal.ts'
import { logged } from '../platform/coalesced.ts'
import { StartError } from '../platform/start-error.ts'
import { type CliIo, ioOf } from './io.ts'
import { addSettings } from './options.ts'
import { openStorage, type StorageUse } from './storage.ts'

const changing = new WeakSet<Command>()

/**
 * Give a command the flags of `callServer`: the server's, `--json`, `--utc` and the storage settings.
 *
 * @param use `changes`: without a server it says where it works
 */
export function addServer(command: Command, use: 'reads' | 'changes' = 'reads'): Command {
  if (use === 'changes') changing.add(command)
  addWorkspace(command)
    .option(
      '--server <url>',
      'ask a running server, as MLFLOW_TRACKING_TOKEN or MLFLOW_TRACKING_USERNAME and _PASSWORD say; without it the database is opened (env: GATEHOUSE_SERVER)',
    )
    .option('--json', 'print what the API answers, as JSON')
    .option('--utc', 'times in UTC instead of your own zone')
  return addSettings(command, ['storage'], 'Storage options, where no server is named:')
}

/**
 * Run `work` with a client of the server that `--server` names, or else of an application in this
 * process on the database that the settings name. A refusal is one clear line.
 *
 * @param use of the database; what `addServer` was told when absent
 */
export async function callServer(
  command: Command,
  work: (client: GatehouseClient) => Promise<void>,
  use: StorageUse = changing.has(command) ? 'makes' : 'reads',
): Promise<void> {
  const io = ioOf(command)
  const server = serverOf(command)
  try {
    const headers = { ...credentials(io), ...workspaceHeader(command) }
    if (server) await work(new GatehouseClient(server, headers, reachable(server, io.send)))
    else await withDatabase(command, use, work)
  } catch (err) {
    if (err instanceof ApiError) throw new StartError(err.message, { cause: err })
    throw err
  }
}

/** The server that `--server` or GATEHOUSE_SERVER names. @throws StartError it is no URL */
export function serverOf(command: Command): string | undefined {
  const given = command.opts<{ server?: string }>().server ?? ioOf(command).env.GATEHOUSE_SERVER
  if (!given) return undefined
  const { protocol = '' } = URL.parse(given) ?? {}
  if (['http:', 'https:'].includes(protocol)) return given
  throw new StartError(`'${given}' is no address of a server; give e.g. http://localhost:5000`)
}

/**
 * A client of the other server that a command writes to.
 *
 * @throws StartError it is no URL, or has credentials
 */
export function targetOf(
  command: Command,
  { to, toWorkspace }: { readonly to: string; readonly toWorkspace?: string | undefined },
): GatehouseClient {
  const { env, send } = ioOf(command)
  const { protocol = '', username, password } = URL.parse(to) ?? {}
  if (!['http:', 'https:'].includes(protocol)) {
    throw new StartError(`'${to}' is no address of a server; give e.g. https://prod.example.com`)
  }
  if (username || password) {
    throw new StartError('give no credentials in the URL; GATEHOUSE_TARGET_TOKEN signs in there')
  }
  const token = env.GATEHOUSE_TARGET_TOKEN
  const headers = {
    ...(token && { Authorization: `Bearer ${token}` }),
    ...(toWorkspace !== undefined && { 'X-MLFLOW-WORKSPACE': toWorkspace }),
  }
  return new GatehouseClient(to, headers, reachable(to, send))
}

/** Nobody answered, or the connection broke; it may pass. */
export class UnreachableError extends StartError {
  override name = 'UnreachableError'
}

/** That nobody answers is one sentence too. */
function reachable(server: string, send: Send): Send {
  return async (request) => {
    try {
      return await send(request)
    } catch (err) {
      throw new UnreachableError(`cannot reach a server at ${server}: ${whyUnreached(err)}`, {
        cause: err,
      })
    }
  }
}

/** `fetch` hides the reason in its causes, and a name of several addresses has one for each. */
function whyUnreached(err: unknown): string {
  if (err instanceof AggregateError && err.errors.length > 0) return whyUnreached(err.errors[0])
  if (!(err instanceof Error)) return String(err)
  if (err.cause) return whyUnreached(err.cause)
  return err.message || ('code' in err ? String(err.code) : err.name)
}

async function withDatabase(
  command: Command,
  use: StorageUse,
  work: (client: GatehouseClient) => Promise<void>,
): Promise<void> {
  const platform = await openStorage(command, use)
  const within = workspaceHeader(command)
  // Whoever has the database may name any workspace that is in it, and manage them.
  const isAbout = command.parent?.name() === 'workspaces'
  const settings = { ...platform.settings, workspaces: isAbout || Object.keys(within).length > 0 }
  const app = createApp(() => ({ ...platform, settings }), { principalOf: () => operator })
  try {
    // If a server ended in the middle, some audit entries are not sealed yet.
    await logged(() => runBackgroundWork(platform), Date.now)()
    const headers = { 'User-Agent': 'gatehouse', ...within }
    await work(
      new GatehouseClient('http://localhost', headers, async (request) => app.fetch(request)),
    )
    await runBackgroundWork(platform)
  } finally {
    await platform.close()
  }
}

/** Give a command the flag that `workspaceOf` reads. */
export function addWorkspace(command: Command): Command {
  return command.option(
    '--workspace <name>',
    'the workspace to work in, default when absent (env: GATEHOUSE_WORKSPACE, MLFLOW_WORKSPACE)',
  )
}

/** The workspace that somebody named; undefined: nobody did. */
export function workspaceOf(command: Command): string | undefined {
  const { env } = ioOf(command)
  const given = command.opts<{ workspace?: string }>().workspace
  return given ?? (env.GATEHOUSE_WORKSPACE || env.MLFLOW_WORKSPACE || undefined)
}

function workspaceHeader(command: Command): Record<string, string> {
  const workspace = workspaceOf(command)
  return workspace === undefined ? {} : { 'X-MLFLOW-WORKSPACE': workspace }
}

function credentials({ env }: CliIo): Record<string, string> {
  const { MLFLOW_TRACKING_TOKEN: token, MLFLOW_TRACKING_USERNAME: user } = env
  if (token) return { Authorization: `Bearer ${token}` }
  if (!user) return {}
  const pair = Buffer.from(`${user}:${env.MLFLOW_TRACKING_PASSWORD ?? ''}`)
  return { Authorization: `Basic ${pair.toString('base64')}` }
}
