import { Command } from 'commander'
import type { GatehouseClient } from '../client/client.ts'
import { type KeyAndValue, pairsOf } from './mlflow-calls.ts'
import { print } from './print.ts'
import { addServer, callServer } from './with-server.ts'

type Tagged = {
  /** The arguments that name the thing: `['<model>', '<version>']`. */
  readonly names: readonly string[]
  readonly set: (client: GatehouseClient, names: string[], tag: KeyAndValue) => Promise<unknown>
  readonly remove: (client: GatehouseClient, names: string[], key: string) => Promise<unknown>
}

/** `tag` and `untag` of one kind of thing. */
export function tagCommands({ names, set, remove }: Tagged): Command[] {
  return [
    tagCommand('tag', { names, last: '<key=value...>', use: 'set tags' }, async (client, given) => {
      const tags = pairsOf(given.rest)
      for (const tag of tags) await set(client, given.names, tag)
      return `set ${tags.map(({ key }) => key).join(', ')} of ${given.names.join(' version ')}`
    }),
    tagCommand('untag', { names, last: '<keys...>', use: 'delete tags' }, async (client, given) => {
      for (const key of given.rest) await remove(client, given.names, key)
      return `deleted ${given.rest.join(', ')} of ${given.names.join(' version ')}`
    }),
  ]
}

type Form = { readonly names: readonly string[]; readonly last: string; readonly use: string }
type Given = { readonly names: string[]; readonly rest: string[] }

function tagCommand(
  name: string,
  { names, last, use }: Form,
  work: (client: GatehouseClient, given: Given) => Promise<string>,
): Command {
  const command = new Command(name).description(use)
  for (const argument of [...names, last]) command.argument(argument)
  return addServer(command, 'changes').action(() =>
    callServer(command, async (client) => {
      const given = {
        names: command.args.slice(0, names.length),
        rest: command.args.slice(names.length),
      }
      print(command, {}, [await work(client, given)])
    }),
  )
}
