import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import * as endpoints from '../../api/endpoints/cards.ts'
import { parsed } from '../../api/serve.ts'
import type { GatehouseClient } from '../../client/client.ts'
import { readEveryPage } from '../../client/every-page.ts'
import { RegistryError } from '../../core/error.ts'
import { CardShape, fieldTitles } from '../../governance/cards/card-shape.ts'
import { StartError } from '../../platform/start-error.ts'
import { ioOf } from '../io.ts'
import { isJson, momentText, print, printList } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'
import { type CardInput, changeCard, readCardFile } from './card-input.ts'

type Params = { readonly name: string; readonly version: string }
type Work = (client: GatehouseClient, params: Params, rest: string[]) => Promise<void>

/** `gatehouse cards`: what a version's model card says, and changes to it. */
export function cardsCommand(): Command {
  return new Command('cards')
    .alias('card')
    .description("read and write the model card of a registered model's version")
    .addCommand(showCommand())
    .addCommand(setCommand())
    .addCommand(editCommand())
    .addCommand(exportCommand())
    .addCommand(historyCommand())
}

function showCommand(): Command {
  const command = versionCommand('show', 'print the card, or one revision of what people wrote')
  command.option('--revision <number>', 'an earlier revision')
  return acting(command, async (client, params) => {
    const { revision } = command.opts<{ revision?: string }>()
    if (revision !== undefined) {
      const found = await client.call(endpoints.getCardRevision, {
        params: { ...params, revision },
      })
      print(command, found, JSON.stringify(found.card, null, 2).split('\n'))
    } else if (isJson(command)) print(command, await client.call(endpoints.getCard, { params }), [])
    else
      ioOf(command).out.write(await client.call(endpoints.getCardMarkdown, { params, query: {} }))
  })
}

function setCommand(): Command {
  const command = versionCommand('set', 'change some fields and keep the others', 'changes')
  command.argument(
    '<changes...>',
    'field=text, field=@file, or for lists field=JSON; an empty value clears the field',
  )
  return acting(command, async (client, params, changes) => {
    const { revision, card } = await client.call(endpoints.getCard, { params })
    await write(command, client, {
      params,
      input: { ...(await changeCard(card, changes)), revision },
    })
  })
}

function editCommand(): Command {
  const command = versionCommand(
    'edit-from-file',
    'write the whole card anew from a file',
    'changes',
  )
  command.argument('<file>', 'markdown (.md), YAML or JSON; - for standard input, as markdown')
  command.option('--revision <number>', 'fail unless this is the revision that stands')
  return acting(command, async (client, params, [file = '-']) => {
    const { revision } = command.opts<{ revision?: string }>()
    const card = await readCardFile(command, file)
    const guard = revision === undefined ? {} : { revision: Number(revision) }
    await write(command, client, { params, input: { ...card, ...guard } })
  })
}

function exportCommand(): Command {
  const command = versionCommand('export', 'write the card out as a document')
  command
    .option('--format <format>', 'markdown, huggingface, html or json', 'markdown')
    .option('--output <file>', 'where to; standard output when absent')
  return acting(command, async (client, params) => {
    const { format, output } = command.opts<{ format: string; output?: string }>()
    const document = await exported(client, params, format)
    if (output === undefined) ioOf(command).out.write(document)
    else await writeFile(output, document)
  })
}

async function exported(client: GatehouseClient, params: Params, format: string): Promise<string> {
  switch (format) {
    case 'markdown':
    case 'huggingface':
      return client.call(endpoints.getCardMarkdown, { params, query: { format } })
    case 'html':
      return client.call(endpoints.getCardPage, { params, query: {} })
    case 'json':
      return `${JSON.stringify(await client.call(endpoints.getCard, { params }), null, 2)}\n`
    default:
      throw new StartError(`Unknown format '${format}': use markdown, huggingface, html or json`)
  }
}

function historyCommand(): Command {
  const command = versionCommand('history', 'list the revisions, the newest first')
  return acting(command, async (client, params) => {
    const items = await readEveryPage((page_token) =>
      client.call(endpoints.listCardRevisions, { params, query: { page_token } }),
    )
    printList(command, items, {
      heads: ['REVISION', 'WRITTEN', 'BY', 'READ FROM'],
      row: ({ revision, author, updated_at, imported_from = '' }) => [
        ...[String(revision), momentText(command, updated_at)],
        ...[author.name, imported_from],
      ],
      empty: 'nobody has written this card yet',
    })
  })
}

async function write(
  command: Command,
  client: GatehouseClient,
  { params, input }: { readonly params: Params; readonly input: CardInput },
): Promise<void> {
  const { revision, ...fields } = input
  const card = parsed(CardShape, fields)
  const body = revision === undefined ? card : { ...card, revision }
  const written = await client.call(endpoints.putCard, { params, body })
  const names = Object.keys(written.card).map((field) => fieldTitles[field as 'notes'])
  print(command, written, [`Revision ${written.revision}: ${names.join(', ') || 'empty'}`])
}

function versionCommand(
  name: string,
  description: string,
  use: 'reads' | 'changes' = 'reads',
): Command {
  const command = new Command(name)
    .description(description)
    .argument('<model>', 'name of the registered model')
    .argument('<version>', 'number of the version')
  return addServer(command, use)
}

/** An invalid card in a file or a flag ends in one clear line, like a refusal of the server. */
function acting(command: Command, work: Work): Command {
  return command.action(async (name: string, version: string, rest: string | string[]) => {
    try {
      await callServer(command, (client) => work(client, { name, version }, [rest].flat()))
    } catch (err) {
      if (err instanceof RegistryError) throw new StartError(err.message, { cause: err })
      throw err
    }
  })
}
