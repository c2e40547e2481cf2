import { Command } from 'commander'
import type { GatehouseClient } from '../../client/client.ts'
import { parseDuration } from '../duration.ts'
import { note } from '../io.ts'
import { print } from '../print.ts'
import { resolveModel } from '../serving/pull-version.ts'
import { type Arrived, sendVersion } from '../transfer/promote/send-version.ts'
import { addServer, callServer } from '../with-server.ts'
import { addMoveFlags, type Candidate, type MoveFlags, requestMove } from './request-move.ts'

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
      const untilMs = Date.now() + parseDuration(flags.timeout)
      await callServer(command, async (client) => {
        if (flags.to === undefined) {
          const candidate = await candidateOf(client, model, version)
          return requestMove(command, client, { candidate, untilMs })
        }
        const uri = version === undefined ? model : `models:/${model}/${version}`
        const arrived = await sendVersion(command, client, {
          uri,
          terms: { ...flags, to: flags.to },
        })
        if (flags.stage === undefined && flags.alias === undefined) {
          return print(command, arrivedToWire(arrived), [arrivedText(arrived)])
        }
        note(command, arrivedText(arrived))
        await requestMove(command, arrived.target, { candidate: arrived, untilMs })
      })
    },
  )
}

async function candidateOf(
  client: GatehouseClient,
  model: string,
  version: string | undefined,
): Promise<Candidate> {
  return version === undefined ? resolveModel(client, model) : { model, version }
}

function arrivedText({ model, version, added, sent, known, entry, entryThere }: Arrived): string {
  const files = `${sent} files sent, ${known} were there`
  const logs = `audit entries ${entry} here and ${entryThere} there`
  return `${model} version ${version} is there${added ? '' : ' already'}: ${files}; ${logs}`
}

function arrivedToWire({ model, version, added, ...counts }: Arrived) {
  const { sent, sentBytes, known, entry, entryThere } = counts
  return {
    model,
    version,
    added,
    sent,
    sent_bytes: sentBytes,
    known,
    entry,
    entry_there: entryThere,
  }
}
