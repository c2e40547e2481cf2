import { Command } from 'commander'
import * as endpoints from '../../api/endpoints/whoami.ts'
import { print } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'

/** `gatehouse whoami`: the account that this command line uses. */
export function whoamiCommand(): Command {
  const command = new Command('whoami').description('say as whom this command line asks')
  return addServer(command).action(async () => {
    await callServer(command, async (client) => {
      const principal = await client.call(endpoints.whoami, {})
      print(command, principal, [`${principal.name} (${principal.verified ? '' : 'not '}verified)`])
    })
  })
}
