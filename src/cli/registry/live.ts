import { Command } from 'commander'
import type { z } from 'zod'
import * as endpoints from '../../api/endpoints/holders.ts'
import type { GatehouseClient } from '../../client/client.ts'
import { readEveryPage } from '../../client/every-page.ts'
import { StartError } from '../../platform/start-error.ts'
import { givenMoment, momentHelp } from '../moment.ts'
import { momentText, print } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'

type Held = Pick<z.output<typeof endpoints.getAliasHolder.answer>, 'model' | 'items'>

type Flags = { readonly stage: string; readonly alias?: string; readonly at?: string }

/** `gatehouse live`: the versions in a stage or under an alias, now or at another time. */
export function liveCommand(): Command {
  const command = new Command('live')
    .description('show the versions that hold a stage or an alias, or held it at a time')
    .argument('[model]', 'name of the registered model; without it, all of them at --at')
    .option('--stage <stage>', 'the stage', 'Production')
    .option('--alias <alias>', 'an alias in place of a stage')
    .option('--at <time>', momentHelp)
  return addServer(command).action((name: string | undefined) =>
    callServer(command, async (client) => {
      const { stage, alias, at } = flagsOf(command)
      if (name === undefined) return printAll(command, client)
      const query = at === undefined ? {} : { at }
      const found =
        alias === undefined
          ? await client.call(endpoints.getStageHolders, { params: { name, stage }, query })
          : await client.call(endpoints.getAliasHolder, { params: { name, alias }, query })
      print(command, found, () => lines(command, found, alias ?? stage))
    }),
  )
}

/** What was given; `at` as the API takes it. @throws StartError it is no time */
function flagsOf(command: Command): Flags {
  const { at, ...flags } = command.opts<Flags>()
  return at === undefined ? flags : { ...flags, at: String(givenMoment(at)) }
}

async function printAll(command: Command, client: GatehouseClient): Promise<void> {
  const { stage, alias, at } = flagsOf(command)
  if (at === undefined || alias !== undefined) {
    throw new StartError('Name a model; all of them are told of a stage with --at')
  }
  const items = await readEveryPage((page_token) =>
    client.call(endpoints.listAsOf, { query: { at, stage, page_token } }),
  )
  print(command, { items }, () =>
    items.length === 0
      ? [`No model had a version in ${stage}`]
      : items.flatMap((held) => [
          ...lines(command, held, stage),
          ...(held.more
            ? [`${held.model}: more with lower numbers, see gatehouse live MODEL`]
            : []),
        ]),
  )
}

function lines(command: Command, { model, items }: Held, place: string): string[] {
  if (items.length === 0) return [`${model}: no version in ${place}`]
  return items.flatMap(({ version, since, run_id, digest, datasets }) => [
    `${model} version ${version}`,
    ...(since
      ? [
          `  since ${momentText(command, since.at)}, requested by ${since.requested_by.name}`,
          `  approved by ${since.approved_by.join(', ') || 'nobody'}${since.promotion_id ? ` (request #${since.promotion_id})` : ''}`,
        ]
      : ['  since when is not known: it was imported, or there before the audit log began']),
    ...(run_id ? [`  run ${run_id}`] : []),
    ...(digest ? [`  digest ${digest}`] : []),
    ...datasets.map((dataset) => `  data ${dataset.name} (digest ${dataset.digest})`),
  ])
}
