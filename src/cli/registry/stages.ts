import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { z } from 'zod'
import * as endpoints from '../../api/endpoints/stages.ts'
import type { GatehouseClient } from '../../client/client.ts'
import { StartError } from '../../platform/start-error.ts'
import { print } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'

type List = z.output<typeof endpoints.listStages.answer>
type Stage = List['items'][number]

/** `gatehouse stages`: the stages that versions may be in. */
export function stagesCommand(): Command {
  return new Command('stages')
    .description('show and change the stages that versions may be in')
    .addCommand(listCommand())
    .addCommand(setCommand())
    .addCommand(addCommand())
    .addCommand(removeCommand())
}

function listCommand(): Command {
  const command = new Command('list').description('show the stages in their order')
  return addServer(command).action(() =>
    callServer(command, async (client) =>
      show(command, await client.call(endpoints.listStages, {})),
    ),
  )
}

function setCommand(): Command {
  const command = new Command('set')
    .description('put the list in a file in the place of the present one')
    .argument('<file>', 'JSON as `gatehouse stages list --json` prints it')
  return addServer(command, 'changes').action(async (file: string) => {
    const list = await readList(file)
    await callServer(command, (client) => put(command, client, list))
  })
}

type AddFlags = {
  readonly exclusive?: true
  readonly from?: string
  readonly after?: string
}

function addCommand(): Command {
  const command = new Command('add')
    .description('add a stage')
    .argument('<name>', 'letters, digits, underscores and dashes')
    .option('--exclusive', 'a model has at most one version in it')
    .option(
      '--from <stages>',
      'comma-separated stages that it may be entered from; any when absent',
    )
    .option('--after <stage>', 'its place in the list; the end when absent')
  return addServer(command, 'changes').action(async (name: string) => {
    const { exclusive = false, from, after } = command.opts<AddFlags>()
    await callServer(command, async (client) => {
      const { items } = await client.call(endpoints.listStages, {})
      if (items.some(isCalled(name))) throw new StartError(`there is a stage '${name}' already`)
      const at = after === undefined ? items.length - 1 : indexOf(items, after)
      const stage = {
        name,
        exclusive,
        ...(from !== undefined && { from: from.split(',').map((text) => text.trim()) }),
      }
      await put(command, client, { items: items.toSpliced(at + 1, 0, stage) })
    })
  })
}

function removeCommand(): Command {
  const command = new Command('delete')
    .alias('remove')
    .description('remove a stage that no version is in')
    .argument('<name>', 'the stage')
  return addServer(command, 'changes').action((name: string) =>
    callServer(command, async (client) => {
      const { items } = await client.call(endpoints.listStages, {})
      await put(command, client, { items: items.toSpliced(indexOf(items, name), 1) })
    }),
  )
}

async function put(command: Command, client: GatehouseClient, list: List): Promise<void> {
  show(command, await client.call(endpoints.replaceStages, { body: list }))
}

function show(command: Command, list: List): void {
  print(command, list, list.items.map(described))
}

function described({ name, exclusive, from }: Stage): string {
  const rules = [
    ...(exclusive ? ['one version of a model'] : []),
    ...(from ? [`entered from ${from.join(', ')}`] : []),
  ]
  return rules.length === 0 ? name : `${name} (${rules.join('; ')})`
}

/** @throws StartError the file cannot be read, or is not a list of stages */
async function readList(file: string): Promise<List> {
  try {
    return endpoints.listStages.answer.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (err) {
    const problem = err instanceof z.ZodError ? err.issues[0]?.message : (err as Error).message
    throw new StartError(`'${file}' is no list of stages: ${problem}`, { cause: err })
  }
}

/** @throws StartError there is none */
function indexOf(items: readonly Stage[], name: string): number {
  const at = items.findIndex(isCalled(name))
  if (at === -1) throw new StartError(`there is no stage '${name}'`)
  return at
}

/** Names of stages may be written in any case. */
function isCalled(name: string): (stage: Stage) => boolean {
  return (stage) => stage.name.toLowerCase() === name.toLowerCase()
}
