import { Command } from 'commander'
import type { GatehouseClient } from '../../client/client.ts'
import { modelAccessCommand } from '../access/model-access.ts'
import {
  addListFlags,
  callMlflow,
  type KeyAndValue,
  listFlagsOf,
  pairsOf,
  pairsText,
  searchMlflow,
} from '../mlflow-calls.ts'
import { columns, fieldLines, momentText, print, printList } from '../print.ts'
import { tagCommands } from '../tag-commands.ts'
import { addServer, callServer } from '../with-server.ts'

export type WireModel = {
  readonly name: string
  readonly description?: string
  readonly creation_timestamp?: number
  readonly last_updated_timestamp?: number
  readonly tags?: readonly KeyAndValue[]
  readonly aliases?: readonly { readonly alias: string; readonly version: string }[]
  readonly latest_versions?: readonly {
    readonly version: string
    readonly current_stage?: string
    readonly creation_timestamp?: number
  }[]
}

/** `gatehouse models`: registered models. */
export function modelsCommand(): Command {
  const group = new Command('models').description('list, make and change registered models')
  for (const command of [
    listCommand(),
    searchCommand(),
    showCommand(),
    createCommand(),
    updateCommand(),
    renameCommand(),
    deleteCommand(),
    modelAccessCommand(),
    ...tagCommands({
      names: ['<model>'],
      set: (client, [name], tag) =>
        callMlflow(client, 'POST registered-models/set-tag', { name, ...tag }),
      remove: (client, [name], key) =>
        callMlflow(client, 'DELETE registered-models/delete-tag', { name, key }),
    }),
  ]) {
    group.addCommand(command)
  }
  return group
}

function listCommand(): Command {
  const command = new Command('list').description('list registered models by name')
  return addServer(addListFlags(command, 'name DESC')).action(() => listModels(command))
}

function searchCommand(): Command {
  const command = new Command('search')
    .description('list the registered models that a filter finds')
    .argument('<filter>', "in MLflow's words: name ILIKE '%fraud%' AND tags.team = 'risk'")
  return addServer(addListFlags(command, 'last_updated_timestamp DESC')).action((filter: string) =>
    listModels(command, filter),
  )
}

function listModels(command: Command, filter?: string): Promise<void> {
  return callServer(command, async (client) => {
    const { items, hasMore } = await searchMlflow<WireModel>(
      client,
      'GET registered-models/search',
      { key: 'registered_models', filter, ...listFlagsOf(command) },
    )
    printList(command, items, {
      heads: ['MODEL', 'VERSIONS', 'ALIASES', 'UPDATED', 'TAGS'],
      row: ({ name, latest_versions, aliases, last_updated_timestamp, tags }) => [
        name,
        (latest_versions ?? []).map((v) => `${v.version} ${v.current_stage ?? ''}`).join(', '),
        (aliases ?? []).map(({ alias, version }) => `${alias}=${version}`).join(', '),
        ...[momentText(command, last_updated_timestamp), pairsText(tags)],
      ],
      empty: filter === undefined ? 'no registered models' : 'no registered model fits the filter',
      hasMore,
    })
  })
}

function showCommand(): Command {
  const command = new Command('show')
    .description('show a registered model and its newest versions')
    .argument('<model>')
  return addServer(command).action((name: string) =>
    callServer(command, async (client) => {
      const model = await getModel(client, name)
      print(command, model, () => modelLines(command, model))
    }),
  )
}

function modelLines(command: Command, model: WireModel): string[] {
  const latest = model.latest_versions ?? []
  return [
    ...fieldLines({
      model: model.name,
      description: model.description,
      created: momentText(command, model.creation_timestamp),
      updated: momentText(command, model.last_updated_timestamp),
      aliases: (model.aliases ?? []).map(({ alias, version }) => `${alias}=${version}`).join(', '),
      tags: pairsText(model.tags),
    }),
    ...(latest.length === 0
      ? ['no versions']
      : columns(command, [
          ['NEWEST VERSION', 'IN', 'REGISTERED'],
          ...latest.map(({ version, current_stage = '', creation_timestamp }) => [
            ...[version, current_stage, momentText(command, creation_timestamp)],
          ]),
        ])),
  ]
}

function createCommand(): Command {
  const command = new Command('create')
    .description('make a registered model, which has no versions yet')
    .argument('<model>', 'its name')
    .option('--description <text>', 'what it is for')
    .option('--tag <key=value...>', 'tags that it has from the start')
  return addServer(command, 'changes').action((name: string) =>
    callServer(command, async (client) => {
      const { description, tag = [] } = command.opts<{ description?: string; tag?: string[] }>()
      const fields = { name, description, tags: pairsOf(tag) }
      const model = await changeModel(client, 'POST registered-models/create', fields)
      print(command, model, [`made the model '${model.name}'`])
    }),
  )
}

function updateCommand(): Command {
  const command = new Command('update')
    .description('change the description')
    .argument('<model>')
    .requiredOption('--description <text>', 'what it is for')
  return addServer(command, 'changes').action((name: string) =>
    callServer(command, async (client) => {
      const { description } = command.opts<{ description: string }>()
      const fields = { name, description }
      const model = await changeModel(client, 'PATCH registered-models/update', fields)
      print(command, model, [`changed the model '${model.name}'`])
    }),
  )
}

function renameCommand(): Command {
  const command = new Command('rename')
    .description('give a registered model another name')
    .argument('<model>')
    .argument('<name>', 'the other name')
  return addServer(command, 'changes').action((name: string, newName: string) =>
    callServer(command, async (client) => {
      const fields = { name, new_name: newName }
      const model = await changeModel(client, 'POST registered-models/rename', fields)
      print(command, model, [`'${name}' is called '${model.name}'`])
    }),
  )
}

function deleteCommand(): Command {
  const command = new Command('delete')
    .description('delete a registered model with its versions')
    .argument('<model>')
  return addServer(command, 'changes').action((name: string) =>
    callServer(command, async (client) => {
      await callMlflow(client, 'DELETE registered-models/delete', { name })
      print(command, {}, [`deleted the model '${name}'`])
    }),
  )
}

export async function getModel(client: GatehouseClient, name: string): Promise<WireModel> {
  return changeModel(client, 'GET registered-models/get', { name })
}

async function changeModel(
  client: GatehouseClient,
  call: string,
  fields: Readonly<Record<string, unknown>>,
): Promise<WireModel> {
  const answer = await callMlflow<{ registered_model: WireModel }>(client, call, fields)
  return answer.registered_model
}
