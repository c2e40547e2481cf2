import { Command, Option } from 'commander'
import { ApiError, type GatehouseClient } from '../../client/client.ts'
import {
  addListFlags,
  callMlflow,
  type KeyAndValue,
  listFlagsOf,
  pairsOf,
  pairsText,
  searchMlflow,
} from '../mlflow-calls.ts'
import { fieldLines, momentText, print, printList } from '../print.ts'
import { tagCommands } from '../tag-commands.ts'
import { addServer, callServer } from '../with-server.ts'

export type WireExperiment = {
  readonly experiment_id: string
  readonly name: string
  readonly artifact_location?: string
  readonly lifecycle_stage?: string
  readonly creation_time?: number
  readonly last_update_time?: number
  readonly tags?: readonly KeyAndValue[]
}

/** `gatehouse experiments`: what runs belong to. */
export function experimentsCommand(): Command {
  const group = new Command('experiments').description('list, make and change experiments')
  for (const command of [
    listCommand(),
    searchCommand(),
    showCommand(),
    createCommand(),
    renameCommand(),
    deletionCommand('delete', 'mark an experiment as deleted, with its runs'),
    deletionCommand('restore', 'take the mark away again'),
    ...tagCommands({
      names: ['<experiment>'],
      set: async (client, [name = ''], tag) =>
        callMlflow(client, 'POST experiments/set-experiment-tag', {
          experiment_id: (await findExperiment(client, name)).experiment_id,
          ...tag,
        }),
      remove: async (client, [name = ''], key) =>
        callMlflow(client, 'POST experiments/delete-experiment-tag', {
          experiment_id: (await findExperiment(client, name)).experiment_id,
          key,
        }),
    }),
  ]) {
    group.addCommand(command)
  }
  return group
}

function addDeleted(command: Command): Command {
  return command.addOption(
    new Option('--view <which>', 'which of them')
      .choices(['active', 'deleted', 'all'])
      .default('active'),
  )
}

function listCommand(): Command {
  const command = new Command('list').description('list experiments, the last changed first')
  return addServer(addListFlags(addDeleted(command), 'name ASC')).action(() =>
    listExperiments(command),
  )
}

function searchCommand(): Command {
  const command = new Command('search')
    .description('list the experiments that a filter finds')
    .argument('<filter>', "in MLflow's words: name LIKE 'fraud%' AND tags.team = 'risk'")
  return addServer(addListFlags(addDeleted(command), 'name ASC')).action((filter: string) =>
    listExperiments(command, filter),
  )
}

function listExperiments(command: Command, filter?: string): Promise<void> {
  return callServer(command, async (client) => {
    const { view } = command.opts<{ view: string }>()
    const { items, hasMore } = await searchMlflow<WireExperiment>(
      client,
      'POST experiments/search',
      { key: 'experiments', filter, view_type: viewType(view), ...listFlagsOf(command) },
    )
    printList(command, items, {
      heads: ['ID', 'EXPERIMENT', 'STATE', 'UPDATED', 'TAGS'],
      row: ({ experiment_id, name, lifecycle_stage = '', last_update_time, tags }) => [
        ...[experiment_id, name, lifecycle_stage],
        ...[momentText(command, last_update_time), pairsText(tags)],
      ],
      empty: 'no experiments',
      hasMore,
    })
  })
}

/** MLflow's name for what `--view` says. */
export function viewType(view: string): string {
  return view === 'all' ? 'ALL' : `${view.toUpperCase()}_ONLY`
}

function showCommand(): Command {
  const command = new Command('show')
    .description('show an experiment')
    .argument('<experiment>', 'its name or id')
  return addServer(command).action((name: string) =>
    callServer(command, async (client) => {
      const found = await findExperiment(client, name)
      print(command, found, () =>
        fieldLines({
          experiment: found.name,
          id: found.experiment_id,
          state: found.lifecycle_stage,
          created: momentText(command, found.creation_time),
          updated: momentText(command, found.last_update_time),
          artifacts: found.artifact_location,
          tags: pairsText(found.tags),
        }),
      )
    }),
  )
}

function createCommand(): Command {
  const command = new Command('create')
    .description('make an experiment')
    .argument('<name>')
    .option('--artifact-location <uri>', 'where its runs keep their files; this server when absent')
    .option('--tag <key=value...>', 'tags that it has from the start')
  return addServer(command, 'changes').action((name: string) =>
    callServer(command, async (client) => {
      const { artifactLocation, tag = [] } = command.opts<{
        artifactLocation?: string
        tag?: string[]
      }>()
      const fields = { name, artifact_location: artifactLocation, tags: pairsOf(tag) }
      const made = await callMlflow<Pick<WireExperiment, 'experiment_id'>>(
        ...([client, 'POST experiments/create', fields] as const),
      )
      print(command, made, [`made the experiment '${name}' with the id ${made.experiment_id}`])
    }),
  )
}

function renameCommand(): Command {
  const command = new Command('rename')
    .description('give an experiment another name')
    .argument('<experiment>', 'its name or id')
    .argument('<name>', 'the other name')
  return addServer(command, 'changes').action((experiment: string, newName: string) =>
    callServer(command, async (client) => {
      const { experiment_id, name } = await findExperiment(client, experiment)
      await callMlflow(client, 'POST experiments/update', { experiment_id, new_name: newName })
      print(command, {}, [`'${name}' is called '${newName}'`])
    }),
  )
}

function deletionCommand(verb: 'delete' | 'restore', description: string): Command {
  const command = new Command(verb)
    .description(description)
    .argument('<experiment>', 'its name or id')
  return addServer(command, 'changes').action((experiment: string) =>
    callServer(command, async (client) => {
      const { experiment_id, name } = await findExperiment(client, experiment)
      await callMlflow(client, `POST experiments/${verb}`, { experiment_id })
      print(command, {}, [`${verb}d the experiment '${name}'`])
    }),
  )
}

/** The experiment of a name, or else of an id. @throws ApiError there is neither */
export async function findExperiment(
  client: GatehouseClient,
  nameOrId: string,
): Promise<WireExperiment> {
  type Found = { experiment: WireExperiment }
  try {
    const fields = { experiment_name: nameOrId }
    return (await callMlflow<Found>(client, 'GET experiments/get-by-name', fields)).experiment
  } catch (err) {
    if (!(err instanceof ApiError && err.status === 404 && /^\d+$/.test(nameOrId))) throw err
    const fields = { experiment_id: nameOrId }
    return (await callMlflow<Found>(client, 'GET experiments/get', fields)).experiment
  }
}
