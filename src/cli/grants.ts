import { Argument, Command } from 'commander'
import { createGrant, deleteGrant, listGrants } from '../api/endpoints/grants.ts'
import type { Given } from '../client/client.ts'
import { print } from './print.ts'
import { addServer, withServer } from './with-server.ts'

type Action = Given<typeof createGrant>['body']['action']

/** `gatehouse grants`: rights per model, stage and alias. */
export function grantsCommand(): Command {
  return new Command('grants')
    .description("rights beyond MLflow's permissions: per model, stage and alias")
    .addCommand(listCommand())
    .addCommand(addCommand())
    .addCommand(removeCommand())
}

function listCommand(): Command {
  const command = new Command('list').description('every grant')
  return addServer(command).action(() =>
    withServer(command, async (client) => {
      const { items } = await client.call(listGrants, { query: {} })
      print(
        command,
        items,
        items.map(({ id, principal, action, models, stage, alias }) => {
          const place = stage ? ` into ${stage}` : alias ? ` alias ${alias}` : ''
          return `${id} ${principal} may ${action} ${models}${place}`
        }),
      )
    }),
  )
}

function addCommand(): Command {
  const command = new Command('add')
    .description('give a right')
    .argument('<principal>', 'user:NAME, group:NAME or service:NAME')
    .addArgument(
      new Argument('<action>').choices([
        ...['register', 'promote', 'approve'],
        ...['manage_policies', 'read_audit', 'manage_webhooks'],
      ]),
    )
    .option('--models <glob>', 'models that it is for', '*')
    .option('--stage <glob>', 'the stage, of promote')
    .option('--alias <glob>', 'or the alias')
  return addServer(command).action((principal: string, action: Action) =>
    withServer(command, async (client) => {
      const flags = command.opts<{ models: string; stage?: string; alias?: string }>()
      const { models, stage, alias } = flags
      const body = { principal, action, models, stage, alias }
      const grant = await client.call(createGrant, { body })
      print(command, grant, [`grant ${grant.id}: ${principal} may ${action} ${models}`])
    }),
  )
}

function removeCommand(): Command {
  const command = new Command('remove')
    .description('take a right back, at once')
    .argument('<id>', 'as `grants list` shows it')
  return addServer(command).action((id: string) =>
    withServer(command, async (client) => {
      await client.call(deleteGrant, { params: { id } })
      print(command, { id }, [`grant ${id} is removed`])
    }),
  )
}
