import { Command } from 'commander'
import * as endpoints from '../../api/endpoints/collections.ts'
import { readEveryPage } from '../../client/every-page.ts'
import { StartError } from '../../platform/start-error.ts'
import { momentText, print, printList } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'

/** `gatehouse collections`: versions of several models, or workspaces, under one name. */
export function collectionsCommand(): Command {
  return new Command('collections')
    .description('make collections, and link versions in them')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(createCommand())
    .addCommand(deleteCommand())
    .addCommand(linkCommand())
    .addCommand(unlinkCommand())
    .addCommand(linksOfCommand())
    .addCommand(withdrawCommand())
}

function listCommand(): Command {
  const command = new Command('list').description('list the collections of the workspace')
  return addServer(command).action(() =>
    callServer(command, async (client) => {
      const items = await readEveryPage((page_token) =>
        client.call(endpoints.listCollections, { query: { page_token } }),
      )
      printList(command, items, {
        heads: ['NAME', 'LINKS', 'ALIASES', 'PROTECTS', 'CHANGED'],
        row: ({ name, links, aliases, protect, updated_at }) => [
          name,
          String(links ?? ''),
          Object.entries(aliases)
            .map(([alias, version]) => `${alias}: ${version}`)
            .join(', '),
          protect ? 'yes' : '',
          momentText(command, updated_at),
        ],
        empty: 'no collections',
      })
    }),
  )
}

function showCommand(): Command {
  const command = new Command('show')
    .description('list the links of a collection, the newest first')
    .argument('<collection>')
  return addServer(command).action((name: string) =>
    callServer(command, async (client) => {
      const items = await readEveryPage((page_token) =>
        client.call(endpoints.listLinks, { params: { name }, query: { page_token } }),
      )
      printList(command, items, {
        heads: ['VERSION', 'LEADS TO', 'STAGE', 'ALIASES', 'LINKED', 'BY'],
        row: ({ version, source, stage, aliases, linked_at, linked_by = '' }) => [
          version,
          source ? sourceText(source) : '',
          stage,
          aliases.join(', '),
          momentText(command, linked_at),
          linked_by,
        ],
        empty: `${name} has no links`,
      })
    }),
  )
}

type Source = {
  readonly workspace: string
  readonly model: string
  readonly version: string
  readonly deleted: boolean
}

function sourceText({ workspace, model, version, deleted }: Source): string {
  const where = workspace === 'default' ? '' : ` of workspace ${workspace}`
  return `models:/${model}/${version}${where}${deleted ? ' (deleted)' : ''}`
}

function createCommand(): Command {
  const command = new Command('create')
    .description('make a collection, or change one')
    .argument('<collection>')
    .option('--description <text>', 'what it is for')
    .option('--protect', 'versions that are linked here are not deleted')
    .option('--no-protect', 'they may be; the links keep the files')
  return addServer(command, 'changes').action((name: string) =>
    callServer(command, async (client) => {
      const { description, protect } = command.opts<{ description?: string; protect?: boolean }>()
      const body = {
        ...(description !== undefined && { description }),
        ...(command.getOptionValueSource('protect') === 'cli' && { protect }),
      }
      const made = await client.call(endpoints.putCollection, { params: { name }, body })
      print(command, made, [
        `${name} is a collection${made.protect ? ' that protects its versions' : ''}`,
      ])
    }),
  )
}

function deleteCommand(): Command {
  const command = new Command('delete')
    .description('delete a collection with its links; the versions that they lead to stay')
    .argument('<collection>')
  return addServer(command, 'changes').action((name: string) =>
    callServer(command, async (client) => {
      await client.call(endpoints.deleteCollection, { params: { name } })
      print(command, {}, [`deleted the collection ${name}`])
    }),
  )
}

function linkCommand(): Command {
  const command = new Command('link')
    .description('link a version in a collection; nothing is copied')
    .argument('<collection>')
    .argument('<model>')
    .argument('[version]')
    .option('--alias <alias>', 'in place of the version: the one of an alias, or of a stage')
    .option('--from <workspace>', "the model's workspace, if it is not the collection's")
  return addServer(command, 'changes').action(
    (name: string, model: string, version: string | undefined) =>
      callServer(command, async (client) => {
        const { alias, from: workspace } = command.opts<{ alias?: string; from?: string }>()
        if ((version === undefined) === (alias === undefined)) {
          throw new StartError('give either the number of the version or --alias')
        }
        const body = { model, version, alias, workspace }
        const made = await client.call(endpoints.linkVersion, { params: { name }, body })
        const { source } = made
        print(command, made, [
          `${name} version ${made.version} is ${source ? sourceText(source) : 'linked'}`,
        ])
      }),
  )
}

function unlinkCommand(): Command {
  const command = new Command('unlink')
    .description('take a version out of a collection; the one that it leads to stays')
    .argument('<collection>')
    .argument('<version>', 'its number in the collection')
  return addServer(command, 'changes').action((name: string, version: string) =>
    callServer(command, async (client) => {
      await client.call(endpoints.unlinkVersion, { params: { name, version } })
      print(command, {}, [`took version ${version} out of ${name}`])
    }),
  )
}

function linksOfCommand(): Command {
  const command = new Command('links-of')
    .description('list the collections, of any workspace, in which a version is linked')
    .argument('<model>')
    .argument('<version>')
  return addServer(command).action((name: string, version: string) =>
    callServer(command, async (client) => {
      const { items } = await client.call(endpoints.listLinksTo, { params: { name, version } })
      printList(command, items, {
        heads: ['WORKSPACE', 'COLLECTION', 'VERSION', 'STAGE', 'LINKED', 'BY'],
        row: ({ workspace, collection, version, stage, linked_at, linked_by = '' }) => [
          ...[workspace, collection, version, stage, momentText(command, linked_at), linked_by],
        ],
        empty: `${name} version ${version} is in no collection that you may see`,
      })
    }),
  )
}

function withdrawCommand(): Command {
  const command = new Command('withdraw')
    .description('take a version of a model that you manage out of a collection, of any workspace')
    .argument('<model>')
    .argument('<version>')
    .argument('<collection>')
    .option('--in <workspace>', "the collection's workspace, where several have one of its name")
  return addServer(command, 'changes').action((name: string, version: string, collection: string) =>
    callServer(command, async (client) => {
      const { in: workspace } = command.opts<{ in?: string }>()
      const params = { name, version }
      const { items } = await client.call(endpoints.listLinksTo, { params })
      const [link, ...more] = items.filter(
        (one) =>
          one.collection === collection && (workspace === undefined || one.workspace === workspace),
      )
      if (!link) {
        throw new StartError(
          `${name} version ${version} is not linked in ${collection}; collections links-of ${name} ${version} lists where it is`,
        )
      }
      if (more.length > 0) {
        const places = [link, ...more].map((one) => one.workspace).join(', ')
        throw new StartError(`there is a ${collection} in ${places}: name one with --in`)
      }
      await client.call(endpoints.unlinkFrom, { params: { ...params, id: link.id } })
      print(command, {}, [
        `withdrew ${name} version ${version} from ${collection} of workspace ${link.workspace}`,
      ])
    }),
  )
}
