import { Command } from 'commander'
import * as endpoints from '../../api/endpoints/model-versions.ts'
import { momentText, print } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'

/** `gatehouse holds`: legal holds on versions. */
export function holdsCommand(): Command {
  return new Command('holds')
    .description('show, place and lift legal holds, which keep a version from being deleted')
    .addCommand(showCommand())
    .addCommand(placeCommand())
    .addCommand(liftCommand())
}

function showCommand(): Command {
  const command = new Command('show')
    .description('show the legal hold that a version is under')
    .argument('<model>')
    .argument('<version>')
  return addServer(command).action((name: string, version: string) =>
    callServer(command, async (client) => {
      const hold = await client.call(endpoints.getHold, { params: { name, version } })
      print(command, hold, () => [
        `${name} version ${version} is under a legal hold by ${hold.placed_by.name} since ${momentText(command, hold.placed_at)}: ${hold.reason}`,
      ])
    }),
  )
}

function placeCommand(): Command {
  const command = new Command('place')
    .description('place a legal hold: nothing deletes the version until somebody else lifts it')
    .argument('<model>')
    .argument('<version>')
    .requiredOption('--reason <text>', 'why, for the audit log')
  return addServer(command, 'changes').action((name: string, version: string) =>
    callServer(command, async (client) => {
      const { reason } = command.opts<{ reason: string }>()
      const params = { name, version }
      const hold = await client.call(endpoints.placeHold, { params, body: { reason } })
      print(command, hold, [`${name} version ${version} is under a legal hold`])
    }),
  )
}

function liftCommand(): Command {
  const command = new Command('lift')
    .description('lift the legal hold that somebody else placed')
    .argument('<model>')
    .argument('<version>')
  return addServer(command, 'changes').action((name: string, version: string) =>
    callServer(command, async (client) => {
      await client.call(endpoints.liftHold, { params: { name, version } })
      print(command, {}, [`${name} version ${version} is under no legal hold`])
    }),
  )
}
