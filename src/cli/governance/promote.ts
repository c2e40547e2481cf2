import { Command } from 'commander'
import { ApiError, type GatehouseClient } from '../../client/client.ts'
import { StartError } from '../../platform/start-error.ts'
import { parseDuration } from '../duration.ts'
import { resolveModel } from '../serving/pull-version.ts'
import { placedToWire } from '../transfer/promote/place-version.ts'
import { statementLines, statementsToWire } from '../transfer/promote/send-statements.ts'
import { type Arrived, sendVersion } from '../transfer/promote/send-version.ts'
import { SourceError } from '../transfer/sources/source-error.ts'
import { addServer, callServer, serverOf } from '../with-server.ts'
import {
  addMoveFlags,
  type Candidate,
  checkMoveFlags,
  type MoveFlags,
  requestMove,
  requestMoveOfArrived,
} from './request-move.ts'

type Flags = MoveFlags & {
  to?: string
  toWorkspace?: string
  as?: string
  experiment?: string
}

/** `gatehouse promote`: ask for a move, here or on another server, and with `--wait` wait for it. */
export function promoteCommand(): Command {
  const command = new Command('promote')
    .description(
      'ask for a version to enter a stage, and merge when nothing blocks it; exit code 0: it is there, 2: refused, 3: it waits',
    )
    .argument('<model>', 'its name, or models:/<name>/<version>')
    .argument('[version]')
  addMoveFlags(command)
    .option(
      '--to <url>',
      'on another server, to which the version goes first; GATEHOUSE_TARGET_TOKEN signs in there',
    )
    .option('--to-workspace <name>', 'the workspace there')
    .option('--as <model>', "the model's name there, if it is another")
    .option('--experiment <name>', 'the experiment there for its run, else promoted-<model>')
  return addServer(command, 'changes').action(
    async (model: string, version: string | undefined) => {
      const flags = command.opts<Flags>()
      checkMoveFlags(flags)
      const untilMs = Date.now() + parseDuration(flags.timeout)
      await callServer(command, async (client) => {
        if (flags.to === undefined) {
          const candidate = await candidateOf(client, model, version)
          return requestMove(command, client, { candidate, untilMs })
        }
        const uri = version === undefined ? model : `models:/${model}/${version}`
        await promoteTo(command, client, { uri, to: flags.to, untilMs }).catch((err) => {
          if (err instanceof SourceError) throw new StartError(err.message, { cause: err })
          throw err instanceof ApiError && err.server ? whoRefused(command, err) : err
        })
      })
    },
  )
}

type There = { readonly uri: string; readonly to: string; readonly untilMs: number }

/** Bring a version to another server, and ask there for the move that the flags say. */
async function promoteTo(
  command: Command,
  client: GatehouseClient,
  { uri, to, untilMs }: There,
): Promise<void> {
  const flags = command.opts<Flags>()
  const arrived = await sendVersion(command, client, { uri, terms: { ...flags, to } })
  const told = { wire: arrivedToWire(arrived), lines: arrivedLines(arrived) }
  await requestMoveOfArrived(command, arrived.target, { candidate: arrived, untilMs, told })
}

/** Two servers are asked, each as somebody else: which of them refused, and what lets one in there. */
function whoRefused(command: Command, err: ApiError): StartError {
  const { to = '' } = command.opts<Flags>()
  const isThere = err.server === to.replace(/\/+$/, '')
  const server = isThere ? to : (serverOf(command) ?? 'the database')
  const variables = isThere
    ? 'GATEHOUSE_TARGET_TOKEN'
    : 'MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD'
  const remedy =
    err.status === 401 || err.status === 403
      ? `; ${variables} says who you are there, and \`gatehouse tokens create\` at that server makes a token`
      : ''
  return new StartError(`${server} refused: ${err.message}${remedy}`, { cause: err })
}

async function candidateOf(
  client: GatehouseClient,
  model: string,
  version: string | undefined,
): Promise<Candidate> {
  return version === undefined ? resolveModel(client, model) : { model, version }
}

function arrivedLines(arrived: Arrived): string[] {
  const { model, version, added, sent, known, entry, entryThere, statements } = arrived
  const files = `${sent} files sent, ${known} were there`
  const logs = `audit entries ${entry} here and ${entryThere} there`
  return [
    `${model} version ${version} is there${added ? '' : ' already'}: ${files}; ${logs}`,
    ...statementLines(statements),
  ]
}

function arrivedToWire(arrived: Arrived) {
  const { entry, statements } = arrived
  return { ...placedToWire(arrived), entry, ...statementsToWire(statements) }
}
