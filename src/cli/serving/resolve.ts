import { Command } from 'commander'
import { print } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'
import { resolveModel } from './pull-version.ts'

/** `gatehouse resolve`: the version that a URI means now. */
export function resolveCommand(): Command {
  const command = new Command('resolve')
    .description('show which version a URI means now, and where its files are')
    .argument('<uri>', 'models:/<name>/<version, stage or latest> or models:/<name>@<alias>')
  return addServer(command).action((uri: string) =>
    callServer(command, async (client) => {
      const found = await resolveModel(client, uri)
      const names = found.aliases.length > 0 ? `, also @${found.aliases.join(', @')}` : ''
      print(command, found, [
        `${found.model} version ${found.version}, in ${found.stage}${names}`,
        `digest  ${found.digest ?? 'not sealed'}`,
        `files   ${found.download_uri}`,
      ])
    }),
  )
}
