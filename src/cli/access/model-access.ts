import { Command } from 'commander'
import * as endpoints from '../../api/endpoints/model-access.ts'
import type { GatehouseClient } from '../../client/client.ts'
import { columns, print } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'
import { placeOf } from './grants.ts'

/** `gatehouse models access`: who may do what with a model. */
export function modelAccessCommand(): Command {
  const command = new Command('access')
    .description('who may do what with a model, and by what')
    .argument('<model>')
  return addServer(command).action((name: string) =>
    callServer(command, async (client) => {
      const access = await readAccess(client, name)
      print(command, access, () => [
        ownLine(access),
        ...(access.needed === undefined ? [] : [`${access.needed}: then this says who has what`]),
        ...columns(command, rowsOf(access)),
        ...(access.more ? ['more permissions than these were given'] : []),
      ])
    }),
  )
}

type Access = Awaited<ReturnType<typeof readAccess>>

function readAccess(client: GatehouseClient, name: string) {
  return client.call(endpoints.getModelAccess, {
    params: { name },
    query: { max_results: '1000' },
  })
}

function ownLine({ access_control, level, is_admin, others }: Access): string {
  if (!access_control) return 'with access control off everybody may do everything; with it on:'
  const own = is_admin ? 'all rights, as an administrator' : level
  return `you have ${own}; everybody to whom nothing was given has ${others}`
}

function rowsOf({ permissions = [], grants = [] }: Access): string[][] {
  const rows = [
    ...permissions.map(({ username, role, permission, resource_type, on_all }) => [
      username ?? `role ${role?.name} (${role?.holder_count})`,
      permission,
      on_all ? `all: ${resource_type}` : 'this model',
    ]),
    ...grants.map((grant) => [
      grant.principal,
      grant.action,
      [grant.models, placeOf(grant)].filter((text) => text !== '').join(' to '),
    ]),
  ]
  return rows.length === 0 ? [] : [['WHO', 'MAY', 'ON'], ...rows]
}
