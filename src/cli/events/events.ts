import { setTimeout as wait } from 'node:timers/promises'
import { Command } from 'commander'
import type { z } from 'zod'
import * as endpoints from '../../api/endpoints/events.ts'
import { sentenceOf } from '../../audit/sentences/sentence.ts'
import { type GatehouseClient, mayPass } from '../../client/client.ts'
import { readBlocks } from '../../client/read-blocks.ts'
import { note } from '../io.ts'
import { isJson, momentText, print } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'

type Event = z.output<typeof endpoints.listEvents.answer>['items'][number]
type Given = { follow?: true; model?: string; type?: string[]; after?: string }

const reconnectMs = 1000

/** `gatehouse events`: what has happened and, with `--follow`, what happens next. */
export function eventsCommand(): Command {
  const command = new Command('events')
    .description('what has happened to models, oldest first')
    .option('--follow', 'go on with what happens, until interrupted')
    .option('--model <glob>', 'only of models of these names')
    .option('--type <types...>', 'only of these types, such as model_version.*')
    .option(
      '--after <id>',
      'only what came after this event; with --follow and without it: from now on',
    )
  return addServer(command).action(async () => {
    const { follow, model, type, after } = command.opts<Given>()
    const show = (event: Event) => print(command, event, [line(command, event)])
    await callServer(command, async (client) => {
      const filter = { model, type, after }
      if (follow) await followEvents(command, client, { filter, show })
      else if ((await pages(client, filter, show)) === 0 && !isJson(command)) {
        print(command, undefined, ['no events'])
      }
    })
  })
}

type Filter = {
  readonly model: string | undefined
  readonly type: string[] | undefined
  readonly after: string | undefined
}

/** @returns how many there were */
async function pages(
  client: GatehouseClient,
  filter: Filter,
  show: (event: Event) => void,
): Promise<number> {
  let count = 0
  let token: string | undefined
  do {
    const page = await client.call(endpoints.listEvents, {
      query: { ...filter, page_token: token },
    })
    for (const event of page.items) show(event)
    count += page.items.length
    token = page.next_page_token
  } while (token !== undefined)
  return count
}

/** Streams end now and then, and connections break: each time it continues after the last id. */
async function followEvents(
  command: Command,
  client: GatehouseClient,
  { filter, show }: { readonly filter: Filter; readonly show: (event: Event) => void },
): Promise<never> {
  let { after } = filter
  for (;;) {
    try {
      const query = { ...filter, after }
      const res = await client.request('GET', '/api/v1/events', { query })
      for await (const block of readBlocks(res)) {
        const data = /^data: (.*)$/m.exec(block)?.[1]
        if (data !== undefined) show(JSON.parse(data))
        after = /^id: (.*)$/m.exec(block)?.[1] ?? after
      }
    } catch (err) {
      complainOf(command, err)
    }
    await wait(reconnectMs)
  }
}

/** A failure that may pass is printed; a mistake of the caller's ends the command. */
function complainOf(command: Command, err: unknown): void {
  if (!mayPass(err)) throw err
  note(command, `the stream broke (${err.message}); trying again`)
}

function line(command: Command, { id, at, type, ...event }: Event): string {
  return `${id}  ${momentText(command, at)}  ${sentenceOf({ ...event, action: type })}`
}
