import { Command } from 'commander'
import { type GatehouseClient, readJson } from '../../client/client.ts'
import { print, printList } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'

type WireWorkspace = {
  readonly name: string
  readonly description?: string
  readonly default_artifact_root?: string
}

type Flags = { readonly description?: string; readonly artifactRoot?: string }

/** `gatehouse workspaces`: what keeps several teams on one server apart. */
export function workspacesCommand(): Command {
  return new Command('workspaces')
    .description('list, make, change and delete workspaces')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(createCommand())
    .addCommand(updateCommand())
    .addCommand(deleteCommand())
}

function listCommand(): Command {
  const command = addServer(new Command('list').description('list the workspaces you may enter'))
  return command.action(() =>
    callServer(command, async (client) => {
      const { workspaces } = await ask<{ workspaces: WireWorkspace[] }>(client, 'GET')
      printList(command, workspaces, {
        heads: ['WORKSPACE', 'DESCRIPTION', 'ARTIFACTS'],
        row: ({ name, description = '', default_artifact_root = '' }) => [
          ...[name, description, default_artifact_root],
        ],
        empty: 'no workspaces that you may enter',
      })
    }),
  )
}

function showCommand(): Command {
  const command = new Command('show').description('show a workspace').argument('<name>')
  return addServer(command).action((name: string) =>
    callServer(command, async (client) =>
      printOne(command, await ask<Answer>(client, 'GET', { name })),
    ),
  )
}

function createCommand(): Command {
  const command = new Command('create').description('make a workspace').argument('<name>')
  return addServer(addFields(command), 'changes').action((name: string) =>
    callServer(command, async (client) => {
      const made = await ask<Answer>(client, 'POST', { body: { name, ...fieldsOf(command) } })
      print(command, made.workspace, [`made the workspace '${name}'`])
    }),
  )
}

function updateCommand(): Command {
  const command = new Command('update')
    .description('change the description or the place of new artifacts')
    .argument('<name>')
  return addServer(addFields(command), 'changes').action((name: string) =>
    callServer(command, async (client) =>
      printOne(command, await ask<Answer>(client, 'PATCH', { name, body: fieldsOf(command) })),
    ),
  )
}

function deleteCommand(): Command {
  const command = new Command('delete')
    .description('delete a workspace that holds nothing')
    .argument('<name>')
  return addServer(command, 'changes').action((name: string) =>
    callServer(command, async (client) => {
      await client.request('DELETE', pathOf(name))
      print(command, {}, [`deleted the workspace '${name}'`])
    }),
  )
}

function addFields(command: Command): Command {
  return command
    .option('--description <text>', 'what it is for')
    .option('--artifact-root <uri>', 'where new experiments in it keep their artifacts')
}

function fieldsOf(command: Command) {
  const { description, artifactRoot } = command.opts<Flags>()
  return { description, default_artifact_root: artifactRoot }
}

type Answer = { readonly workspace: WireWorkspace }

function printOne(command: Command, { workspace }: Answer): void {
  const { name, description, default_artifact_root: root } = workspace
  print(command, workspace, [
    `workspace    ${name}`,
    `description  ${description ?? ''}`.trimEnd(),
    `artifacts    ${root ?? 'where the server keeps them'}`,
  ])
}

/** The caller names the shape that MLflow documents. */
async function ask<T>(
  client: GatehouseClient,
  method: string,
  { name, body }: { readonly name?: string; readonly body?: object } = {},
): Promise<T> {
  const answer = await client.request(method, pathOf(name), body ? { body } : {})
  return (await readJson(answer)) as T
}

function pathOf(name?: string): string {
  const root = '/api/3.0/mlflow/workspaces'
  return name === undefined ? root : `${root}/${encodeURIComponent(name)}`
}
