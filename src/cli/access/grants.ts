import { Argument, Command, Option } from 'commander'
import { rights } from '../../access/permissions/right-names.ts'
import * as endpoints from '../../api/endpoints/grants.ts'
import type { GatehouseClient } from '../../client/client.ts'
import { readEveryPage } from '../../client/every-page.ts'
import { print, printList } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'

/** `gatehouse grants`: what accounts may do beyond MLflow's permissions. */
export function grantsCommand(): Command {
  return new Command('grants')
    .description('say who may register, promote, approve and so on')
    .addCommand(listCommand())
    .addCommand(addCommand())
    .addCommand(removeCommand())
}

type Shown = Awaited<ReturnType<typeof allGrants>>[number]

function listCommand(): Command {
  const command = new Command('list').description('all grants')
  return addServer(command).action(async () => {
    await callServer(command, async (client) => {
      const grants = await allGrants(client)
      printList(command, grants, {
        heads: ['ID', 'PRINCIPAL', 'MAY', 'MODELS', 'TO'],
        row: (grant) => [grant.id, grant.principal, grant.action, grant.models, placeOf(grant)],
        empty: 'no grants',
      })
    })
  })
}

function addCommand(): Command {
  const command = new Command('add')
    .description('let a principal do something')
    .argument('<principal>', 'user:<name>, group:<name> or service:<name>')
    .addArgument(new Argument('<action>').choices(rights))
    .option('--models <glob>', 'which models; * stands for any text', '*')
    .addOption(new Option('--stage <glob>', 'of promote: which stage').conflicts('alias'))
    .option('--alias <glob>', 'of promote: which alias')
  return addServer(command, 'changes').action(
    async (principal: string, action: Shown['action']) => {
      const { models, stage, alias } = command.opts<{
        models: string
        stage?: string
        alias?: string
      }>()
      await callServer(command, async (client) => {
        const grant = await client.call(endpoints.createGrant, {
          body: { principal, action, models, stage, alias },
        })
        const { id, models: on } = grant
        const place = placeOf(grant)
        print(command, grant, [
          `grant ${id}: ${grant.principal} may ${grant.action} ${on}${place && ` to ${place}`}`,
        ])
      })
    },
  )
}

function removeCommand(): Command {
  const command = new Command('delete')
    .alias('remove')
    .description('take a grant away')
    .argument('<id>', 'as list shows it')
  return addServer(command, 'changes').action(async (id: string) => {
    await callServer(command, async (client) => {
      await client.call(endpoints.deleteGrant, { params: { id } })
      print(command, {}, [`took the grant ${id} away`])
    })
  })
}

function allGrants(client: GatehouseClient) {
  return readEveryPage((page_token) => client.call(endpoints.listGrants, { query: { page_token } }))
}

/** `stage Production`, of grants that name a place. */
export function placeOf({ stage, alias }: Pick<Shown, 'stage' | 'alias'>): string {
  return stage ? `stage ${stage}` : alias ? `alias ${alias}` : ''
}
