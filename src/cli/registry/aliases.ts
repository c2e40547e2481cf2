import { Command } from 'commander'
import { callMlflow } from '../mlflow-calls.ts'
import { print, printList } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'
import { getModel } from './models.ts'

/** `gatehouse aliases`: names that point at versions of a model. */
export function aliasesCommand(): Command {
  return new Command('aliases')
    .description('list, set and delete the aliases of a registered model')
    .addCommand(listCommand())
    .addCommand(setCommand())
    .addCommand(deleteCommand())
}

function listCommand(): Command {
  const command = new Command('list').description('list the aliases of a model').argument('<model>')
  return addServer(command).action((name: string) =>
    callServer(command, async (client) => {
      const { aliases = [] } = await getModel(client, name)
      printList(command, aliases, {
        heads: ['ALIAS', 'VERSION'],
        row: ({ alias, version }) => [alias, version],
        empty: `${name} has no aliases`,
      })
    }),
  )
}

function setCommand(): Command {
  const command = new Command('set')
    .description('point an alias at a version, if no policy guards it')
    .argument('<model>')
    .argument('<alias>')
    .argument('<version>')
  return addServer(command, 'changes').action((name: string, alias: string, version: string) =>
    callServer(command, async (client) => {
      await callMlflow(client, 'POST registered-models/alias', { name, alias, version })
      print(command, {}, [`${alias} points at ${name} version ${version}`])
    }),
  )
}

function deleteCommand(): Command {
  const command = new Command('delete')
    .description('delete an alias; the version stays')
    .argument('<model>')
    .argument('<alias>')
  return addServer(command, 'changes').action((name: string, alias: string) =>
    callServer(command, async (client) => {
      await callMlflow(client, 'DELETE registered-models/alias', { name, alias })
      print(command, {}, [`deleted the alias ${alias} of ${name}`])
    }),
  )
}
