import { Command } from 'commander'
import { ioOf } from '../io.ts'
import { print } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'
import { pulledText, pullVersion, resolveModel } from './pull-version.ts'

/** `gatehouse pull`: the files of a version, checked, in a folder of their own. */
export function pullCommand(): Command {
  const command = new Command('pull')
    .description('fetch the files of a version into <folder>/<digest>, each checked by its hash')
    .argument('<uri>', 'models:/<name>/<version, stage or latest> or models:/<name>@<alias>')
    .argument('<folder>', 'where versions go; made when missing')
    .option('--link <path>', 'a link that then names the folder of the version')
  return addServer(command).action((uri: string, root: string) =>
    callServer(command, async (client) => {
      const { link } = command.opts<{ link?: string }>()
      const pulled = await pullVersion(client, await resolveModel(client, uri), {
        root,
        link,
        err: ioOf(command).err,
      })
      print(command, pulled, [pulledText(pulled)])
    }),
  )
}
