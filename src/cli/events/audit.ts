import { pipeline } from 'node:stream/promises'
import { Command, Option } from 'commander'
import * as endpoints from '../../api/endpoints/audit.ts'
import { type ActionGroup, actionGroupNames } from '../../audit/action-groups.ts'
import { actions } from '../../audit/actions.ts'
import { sentenceOf } from '../../audit/sentences/sentence.ts'
import type { GatehouseClient } from '../../client/client.ts'
import { chunksOf } from '../../core/bytes.ts'
import { ioOf } from '../io.ts'
import { givenMoment, momentHelp } from '../moment.ts'
import { momentText, print } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'
import { verifyCommand } from './audit-verify.ts'

/** `gatehouse audit`: read, export and verify the audit log. */
export function auditCommand(): Command {
  return new Command('audit')
    .description('read, export and prove the audit log')
    .addCommand(listCommand())
    .addCommand(exportCommand())
    .addCommand(headCommand())
    .addCommand(verifyCommand())
}

function addFilters(command: Command): Command {
  return command
    .option('--model <name>', 'of this model, by the name that it had at that moment')
    .option('--version <number>', 'of this version of the model')
    .option('--actor <name>', 'by this principal')
    .addOption(new Option('--action <action>', 'of this kind').choices(actions))
    .addOption(
      new Option('--group <group>', 'of kinds that belong together').choices(actionGroupNames),
    )
    .option('--stage <stage>', 'of versions that came into this stage, or left it')
    .option('--break-glass', 'only moves that were made past their gates')
    .option('--since <time>', `not before: ${momentHelp}`)
    .option('--until <time>', 'before: the same')
}

type Filters = {
  readonly model?: string
  readonly version?: string
  readonly actor?: string
  readonly action?: (typeof actions)[number]
  readonly group?: ActionGroup
  readonly stage?: string
  readonly breakGlass?: true
  readonly since?: string
  readonly until?: string
}

function filtersOf(command: Command) {
  const { since, until, breakGlass, ...given } = command.opts<Filters>()
  const { model, version, actor, action, group, stage } = given
  const break_glass = breakGlass ? 'true' : undefined
  return {
    ...{ model, version, actor, action, group, stage, break_glass },
    since: givenMoment(since),
    until: givenMoment(until),
  }
}

function listCommand(): Command {
  const command = new Command('list')
    .description('the newest entries, newest first')
    .option('--limit <number>', 'at most so many', '20')
  return addServer(addFilters(command)).action(async () => {
    const { limit } = command.opts<{ limit: string }>()
    await callServer(command, async (client) => {
      const query = { ...filtersOf(command), max_results: limit }
      const items = await readEntries(client, query)
      print(command, items, () =>
        items.length > 0
          ? items.map((entry) => described(command, entry))
          : ['no entries in the audit log'],
      )
    })
  })
}

type Listed = Awaited<ReturnType<typeof readEntries>>[number]

async function readEntries(client: GatehouseClient, query: object) {
  return (await client.call(endpoints.listAudit, { query })).items
}

function described(command: Command, entry: Listed): string {
  return `${entry.seq}  ${momentText(command, entry.at)}  ${sentenceOf(entry)}`
}

function exportCommand(): Command {
  const command = new Command('export')
    .description('the whole log, oldest first, to stdout; with filters it proves nothing')
    .addOption(
      new Option('--format <format>', 'JSON Lines or CSV')
        .choices(['jsonl', 'csv'])
        .default('jsonl'),
    )
  return addServer(addFilters(command)).action(async () => {
    const { format } = command.opts<{ format: string }>()
    await callServer(command, async (client) => {
      const query = { ...filtersOf(command), format }
      const { body } = await client.request(
        endpoints.exportAudit.method,
        endpoints.exportAudit.path,
        { query },
      )
      if (body)
        await pipeline(chunksOf(body), ioOf(command).out, { end: false }).catch(ignoreClosedPipe)
    })
  })
}

/** A reader such as `head` closes the pipe when it has enough. */
function ignoreClosedPipe(err: unknown): void {
  if (!(err instanceof Error && 'code' in err && err.code === 'EPIPE')) throw err
}

function headCommand(): Command {
  const command = new Command('head').description(
    'the hash that stands for the log so far; keep it elsewhere',
  )
  return addServer(command).action(async () => {
    await callServer(command, async (client) => {
      const head = await client.call(endpoints.getAuditHead, {})
      print(command, head, [head.head])
    })
  })
}
