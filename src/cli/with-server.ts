import type { Command } from 'commander'
import { createApp } from '../app.ts'
import { runBackgroundWork } from '../background.ts'
import { ApiError, GatehouseClient } from '../client/client.ts'
import { operator } from '../core/principal.ts'
import { openPlatform } from '../node.ts'
import { logged } from '../platform/coalesced.ts'
import { StartError } from '../platform/start-error.ts'
import { addSettings, givenSettings } from './options.ts'

/** Give a command the flags of `withServer`: the server's, the storage settings, and `--json`. */
export function addServer(command: Command): Command {
  command
    .option(
      '--server <url>',
      'ask a running server, with MLFLOW_TRACKING_TOKEN or MLFLOW_TRACKING_USERNAME and _PASSWORD; without it the database is opened (env: GATEHOUSE_SERVER)',
    )
    .option('--json', 'print what the API answers, as JSON')
  return addSettings(command, ['storage'])
}

/**
 * Run `work` with a client of the server that `--server` names, or else of an application in this
 * process on the database that the settings name. A refusal is one clear line.
 */
export async function callServer(
  command: Command,
  work: (client: GatehouseClient) => Promise<void>,
): Promise<void> {
  const server = command.opts<{ server?: string }>().server ?? process.env.GATEHOUSE_SERVER
  try {
    if (server) await work(new GatehouseClient(server, credentials()))
    else await withDatabase(command, work)
  } catch (err) {
    if (err instanceof ApiError) throw new StartError(err.message, { cause: err })
    throw err
  }
}

async function withDatabase(
  command: Command,
  work: (client: GatehouseClient) => Promise<void>,
): Promise<void> {
  const platform = await openPlatform(givenSettings(command, process.env))
  const app = createApp(() => platform, { principal: operator })
  try {
    // If a server ended in the middle, some audit entries are not sealed yet.
    await logged(() => runBackgroundWork(platform), Date.now)()
    const headers = { 'User-Agent': 'gatehouse' }
    await work(
      new GatehouseClient('http://localhost', headers, async (request) => app.fetch(request)),
    )
    await runBackgroundWork(platform)
  } finally {
    platform.close()
  }
}

function credentials(): Record<string, string> {
  const { MLFLOW_TRACKING_TOKEN: token, MLFLOW_TRACKING_USERNAME: user } = process.env
  if (token) return { Authorization: `Bearer ${token}` }
  if (!user) return {}
  const pair = Buffer.from(`${user}:${process.env.MLFLOW_TRACKING_PASSWORD ?? ''}`)
  return { Authorization: `Basic ${pair.toString('base64')}` }
}
