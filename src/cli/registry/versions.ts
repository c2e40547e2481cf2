import { Command } from 'commander'
import type { GatehouseClient } from '../../client/client.ts'
import {
  addListFlags,
  callMlflow,
  type KeyAndValue,
  listFlagsOf,
  pairsOf,
  pairsText,
  searchMlflow,
} from '../mlflow-calls.ts'
import { momentText, print, printList } from '../print.ts'
import { tagCommands } from '../tag-commands.ts'
import { addServer, callServer } from '../with-server.ts'
import { filesCommand, scanCommand, showCommand, verifyCommand } from './show-version.ts'

type WireVersion = {
  readonly name: string
  readonly version: string
  readonly current_stage?: string
  readonly aliases?: readonly string[]
  readonly run_id?: string
  readonly source?: string
  readonly status?: string
  readonly creation_timestamp?: number
  readonly tags?: readonly KeyAndValue[]
}

/** `gatehouse versions`: versions of registered models. */
export function versionsCommand(): Command {
  const group = new Command('versions').description('list, register, move and change versions')
  for (const command of [
    listCommand(),
    searchCommand(),
    showCommand(),
    filesCommand(),
    verifyCommand(),
    scanCommand(),
    createCommand(),
    updateCommand(),
    moveCommand(),
    deleteCommand(),
    ...tagCommands({
      names: ['<model>', '<version>'],
      set: (client, [name, version], tag) =>
        callMlflow(client, 'POST model-versions/set-tag', { name, version, ...tag }),
      remove: (client, [name, version], key) =>
        callMlflow(client, 'DELETE model-versions/delete-tag', { name, version, key }),
    }),
  ]) {
    group.addCommand(command)
  }
  return group
}

const newestFirst = 'version_number DESC'

function listCommand(): Command {
  const command = new Command('list')
    .description('list the versions of a model, newest first')
    .argument('<model>')
  return addServer(addListFlags(command, 'creation_timestamp ASC')).action((name: string) =>
    listVersions(command, `name = ${quoted(name)}`),
  )
}

function searchCommand(): Command {
  const command = new Command('search')
    .description('list the versions of all models that a filter finds')
    .argument('<filter>', "in MLflow's words: tags.team = 'risk' AND run_id = '...'")
  return addServer(addListFlags(command, 'creation_timestamp DESC')).action((filter: string) =>
    listVersions(command, filter),
  )
}

/** MLflow's filters have two kinds of quotes, and no way to escape one. */
function quoted(text: string): string {
  return text.includes("'") ? `"${text}"` : `'${text}'`
}

function listVersions(command: Command, filter: string): Promise<void> {
  return callServer(command, async (client) => {
    const { order_by = [newestFirst], limit } = listFlagsOf(command)
    const { items, hasMore } = await searchMlflow<WireVersion>(
      client,
      'GET model-versions/search',
      { key: 'model_versions', filter, order_by, limit, include_aliases: true },
    )
    printList(command, items, {
      heads: ['MODEL', 'VERSION', 'IN', 'ALIASES', 'REGISTERED', 'STATUS', 'RUN', 'TAGS'],
      row: ({ name, version, current_stage = '', aliases, status = '', run_id = '', ...more }) => [
        ...[name, version, current_stage, (aliases ?? []).join(', ')],
        ...[momentText(command, more.creation_timestamp), status, run_id, pairsText(more.tags)],
      ],
      empty: 'no versions',
      hasMore,
    })
  })
}

function createCommand(): Command {
  const command = new Command('create')
    .description('register a version; the server gives it its number')
    .argument('<model>')
    .requiredOption('--source <uri>', 'where its files are: runs:/<run>/model, s3://...')
    .option('--run <run>', 'the run that it came from')
    .option('--description <text>', 'what is to be known of it')
    .option('--tag <key=value...>', 'tags that it has from the start')
  type Flags = { source: string; run?: string; description?: string; tag?: string[] }
  return addServer(command, 'changes').action((name: string) =>
    callServer(command, async (client) => {
      const { source, run, description, tag = [] } = command.opts<Flags>()
      const made = await changeVersion(client, 'POST model-versions/create', {
        ...{ name, source, description },
        ...{ run_id: run, tags: pairsOf(tag) },
      })
      print(command, made, [`registered ${made.name} version ${made.version}`])
    }),
  )
}

function updateCommand(): Command {
  const command = new Command('update')
    .description('change the description')
    .argument('<model>')
    .argument('<version>')
    .requiredOption('--description <text>', 'what is to be known of it')
  return addServer(command, 'changes').action((name: string, version: string) =>
    callServer(command, async (client) => {
      const { description } = command.opts<{ description: string }>()
      const fields = { name, version, description }
      const changed = await changeVersion(client, 'PATCH model-versions/update', fields)
      print(command, changed, [`changed ${changed.name} version ${changed.version}`])
    }),
  )
}

function moveCommand(): Command {
  const command = new Command('move')
    .description(
      'move a version to a stage; where a policy guards it, only when nothing blocks the move (see promote)',
    )
    .argument('<model>')
    .argument('<version>')
    .requiredOption('--stage <stage>', 'the stage to enter')
    .option('--archive', 'archive the versions that are in the stage')
  return addServer(command, 'changes').action((name: string, version: string) =>
    callServer(command, async (client) => {
      const { stage, archive } = command.opts<{ stage: string; archive?: true }>()
      const moved = await changeVersion(client, 'POST model-versions/transition-stage', {
        ...{ name, version, stage },
        archive_existing_versions: archive ?? false,
      })
      print(command, moved, [`${moved.name} version ${moved.version} is in ${moved.current_stage}`])
    }),
  )
}

function deleteCommand(): Command {
  const command = new Command('delete')
    .description('delete a version')
    .argument('<model>')
    .argument('<version>')
  return addServer(command, 'changes').action((name: string, version: string) =>
    callServer(command, async (client) => {
      await callMlflow(client, 'DELETE model-versions/delete', { name, version })
      print(command, {}, [`deleted ${name} version ${version}`])
    }),
  )
}

async function changeVersion(
  client: GatehouseClient,
  call: string,
  fields: Readonly<Record<string, unknown>>,
): Promise<WireVersion> {
  const answer = await callMlflow<{ model_version: WireVersion }>(client, call, fields)
  return answer.model_version
}
