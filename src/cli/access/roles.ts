import { Command } from 'commander'
import { type GatehouseClient, readJson } from '../../client/client.ts'
import { print, printList } from '../print.ts'
import { addServer, callServer, workspaceOf } from '../with-server.ts'

type WireRole = {
  readonly id: number
  readonly name: string
  readonly workspace: string
  readonly description: string | null
  readonly permissions: readonly WirePermission[]
}

type WirePermission = {
  readonly id: number
  readonly resource_type: string
  readonly resource_pattern: string
  readonly permission: string
}

/** `gatehouse roles`: sets of permissions in a workspace, and who has them. */
export function rolesCommand(): Command {
  return new Command('roles')
    .description('list, make, fill, assign and delete roles')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(createCommand())
    .addCommand(permitCommand())
    .addCommand(withdrawCommand())
    .addCommand(holderCommand('assign'))
    .addCommand(holderCommand('unassign'))
    .addCommand(deleteCommand())
}

function listCommand(): Command {
  const command = new Command('list').description('list roles: of --workspace, else of all')
  return addServer(command).action(() =>
    callServer(command, async (client) => {
      const query = { workspace: workspaceOf(command) }
      const { roles } = await ask<{ roles: WireRole[] }>(client, 'GET list', { query })
      printList(command, roles, {
        heads: ['ID', 'ROLE', 'WORKSPACE', 'PERMISSIONS'],
        row: ({ id, name, workspace, permissions }) => [
          ...[String(id), name, workspace],
          permissions.map(permissionText).join(', '),
        ],
        empty: 'no roles',
      })
    }),
  )
}

function showCommand(): Command {
  const command = new Command('show')
    .description('show a role with its permissions')
    .argument('<id>')
  return addServer(command).action((id: string) =>
    callServer(command, async (client) => {
      const { role } = await ask<{ role: WireRole }>(client, 'GET get', { query: { role_id: id } })
      print(command, role, [
        `role ${role.id}: ${role.name}, in the workspace ${role.workspace}`,
        ...role.permissions.map((one) => `  permission ${one.id}: ${permissionText(one)}`),
      ])
    }),
  )
}

function createCommand(): Command {
  const command = new Command('create')
    .description('make a role in --workspace, which permits nothing yet')
    .argument('<name>')
    .option('--description <text>', 'what it is for')
  return addServer(command, 'changes').action((name: string) =>
    callServer(command, async (client) => {
      const { description } = command.opts<{ description?: string }>()
      const workspace = workspaceOf(command) ?? 'default'
      const body = { name, workspace, description }
      const { role } = await ask<{ role: WireRole }>(client, 'POST create', { body })
      print(command, role, [`made the role ${role.id}: ${name}, in the workspace ${workspace}`])
    }),
  )
}

function permitCommand(): Command {
  const command = new Command('permit')
    .description('add a permission: roles permit 7 registered_model fraud EDIT')
    .argument('<id>')
    .argument('<type>', 'workspace, experiment, registered_model or prompt')
    .argument('<pattern>', 'an id or a name; * for all')
    .argument('<level>', 'READ, USE, EDIT, MANAGE or NO_PERMISSIONS')
  return addServer(command, 'changes').action(() =>
    callServer(command, async (client) => {
      const [role_id, resource_type, resource_pattern, permission] = command.args
      const body = { role_id, resource_type, resource_pattern, permission }
      const { role_permission: added } = await ask<{ role_permission: WirePermission }>(
        client,
        'POST permissions/add',
        { body },
      )
      print(command, added, [
        `role ${role_id} has the permission ${added.id}: ${permissionText(added)}`,
      ])
    }),
  )
}

function withdrawCommand(): Command {
  const command = new Command('withdraw')
    .description('remove a permission by its id, which show lists')
    .argument('<permission>')
  return addServer(command, 'changes').action((id: string) =>
    callServer(command, async (client) => {
      await ask(client, 'DELETE permissions/remove', { body: { role_permission_id: id } })
      print(command, {}, [`removed the permission ${id}`])
    }),
  )
}

function holderCommand(verb: 'assign' | 'unassign'): Command {
  const command = new Command(verb)
    .description(verb === 'assign' ? 'give a role to an account' : 'take a role from an account')
    .argument('<id>')
    .argument('<user>')
  return addServer(command, 'changes').action((role_id: string, username: string) =>
    callServer(command, async (client) => {
      const method = verb === 'assign' ? 'POST' : 'DELETE'
      await ask(client, `${method} ${verb}`, { body: { role_id, username } })
      const done = verb === 'assign' ? 'has' : 'no longer has'
      print(command, {}, [`${username} ${done} the role ${role_id}`])
    }),
  )
}

function deleteCommand(): Command {
  const command = new Command('delete')
    .description('delete a role; who had it loses what it permits')
    .argument('<id>')
  return addServer(command, 'changes').action((id: string) =>
    callServer(command, async (client) => {
      await ask(client, 'DELETE delete', { body: { role_id: id } })
      print(command, {}, [`deleted the role ${id}`])
    }),
  )
}

function permissionText(one: WirePermission): string {
  return `${one.permission} on ${one.resource_type} ${one.resource_pattern}`
}

/** @param call `GET list`, below the roles of MLflow's API; the caller names the shape it documents */
async function ask<T>(
  client: GatehouseClient,
  call: string,
  given: { readonly query?: Readonly<Record<string, unknown>>; readonly body?: object },
): Promise<T> {
  const [method = '', path = ''] = call.split(' ')
  return (await readJson(await client.request(method, `/api/3.0/mlflow/roles/${path}`, given))) as T
}
