import { Command, Option } from 'commander'
import type { z } from 'zod'
import * as endpoints from '../../api/endpoints/webhooks.ts'
import type { GatehouseClient } from '../../client/client.ts'
import { StartError } from '../../platform/start-error.ts'
import { exitCodes } from '../exit-codes.ts'
import { ioOf, setExitCode } from '../io.ts'
import { momentText, print, printList } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'

type Webhook = z.output<typeof endpoints.getWebhook.answer>
type Delivery = z.output<typeof endpoints.redeliver.answer>

type Given = {
  name?: string
  url?: string
  event?: string[]
  models?: string
  stage?: string
  alias?: string
  format?: Webhook['format']
  description?: string
  secretVariable?: string
  disable?: true
  enable?: true
}

/** `gatehouse webhooks`: webhooks and their deliveries. */
export function webhooksCommand(): Command {
  const group = new Command('webhooks').description('have events sent to URLs')
  for (const command of [
    listCommand(),
    createCommand(),
    updateCommand(),
    deleteCommand(),
    testCommand(),
    deliveriesCommand(),
    redeliverCommand(),
  ]) {
    group.addCommand(command)
  }
  return group
}

function listCommand(): Command {
  const command = new Command('list').description('all webhooks, newest first')
  return run(command, 'reads', async (client) => {
    const { items } = await client.call(endpoints.listWebhooks, { query: { max_results: 10_000 } })
    printList(command, items, {
      heads: ['ID', 'WEBHOOK', 'STATUS', 'FORMAT', 'URL', 'EVENTS', 'MODELS'],
      row: ({ id, name, status, format, url, events, models = '*' }) => [
        ...[id, name, status, format, url, events.join(','), models],
      ],
      empty: 'no webhooks',
    })
  })
}

function createCommand(): Command {
  const command = addFields(
    new Command('create')
      .description('have events sent to a URL')
      .argument('<name>')
      .argument('<url>'),
  )
  return run(command, 'changes', async (client, name, url) => {
    const { name: _name, url: _url, events = ['*'], ...fields } = fieldsOf(command)
    const body = { ...fields, events, name, url }
    const webhook = await client.call(endpoints.createWebhook, { body })
    print(command, webhook, [webhookLine(webhook)])
  })
}

function updateCommand(): Command {
  const command = addFields(
    new Command('update').description('change what is given').argument('<id>'),
  )
    .option('--name <name>', 'another name')
    .option('--url <url>', 'another URL')
    .option('--enable', 'send events again, from now on')
  return run(command, 'changes', async (client, id) => {
    const body = fieldsOf(command)
    const webhook = await client.call(endpoints.updateWebhook, { params: { id }, body })
    print(command, webhook, [webhookLine(webhook)])
  })
}

function deleteCommand(): Command {
  const command = new Command('delete')
    .description('delete a webhook with its delivery log')
    .argument('<id>')
  return run(command, 'changes', async (client, id) => {
    await client.call(endpoints.deleteWebhook, { params: { id } })
    print(command, {}, [`deleted the webhook ${id}`])
  })
}

function testCommand(): Command {
  const command = new Command('test')
    .description('send an example and say what the receiver answered')
    .argument('<id>')
    .option('--event <type>', 'type of the example')
  return run(command, 'changes', async (client, id) => {
    const { event } = command.opts<{ event?: string }>()
    const result = await client.call(endpoints.testWebhook, { params: { id }, body: { event } })
    const { success, response_status, error_message } = result
    print(command, result, [
      success ? `taken (${response_status})` : `not taken: ${error_message ?? response_status}`,
    ])
    if (!result.success) setExitCode(command, exitCodes.failed)
  })
}

function deliveriesCommand(): Command {
  const command = new Command('deliveries')
    .description('the delivery log of a webhook, newest first')
    .argument('<id>')
    .addOption(
      new Option('--status <status>', 'only these').choices(['pending', 'delivered', 'failed']),
    )
  return run(command, 'reads', async (client, id) => {
    const { status } = command.opts<{ status?: Delivery['status'] }>()
    const query = { max_results: 10_000, status }
    const { items } = await client.call(endpoints.listDeliveries, { params: { id }, query })
    printList(command, items, {
      heads: ['DELIVERY', 'AT', 'EVENT', 'TYPE', 'OF', 'STATUS', 'ATTEMPTS', 'ERROR'],
      row: ({ event_id, event, model = '', version, attempts, error = '', ...delivery }) => [
        ...[delivery.id, momentText(command, delivery.created_at), event_id, event],
        ...[version === undefined ? model : `${model} ${version}`, delivery.status],
        ...[String(attempts), error],
      ],
      empty: 'no deliveries',
    })
  })
}

function redeliverCommand(): Command {
  const command = new Command('redeliver')
    .description('have a delivery made again, under its own id')
    .argument('<id>')
    .argument('<delivery>')
  return run(command, 'changes', async (client, id, delivery) => {
    const params = { id, delivery }
    const made = await client.call(endpoints.redeliver, { params })
    print(command, made, [deliveryLine(made)])
  })
}

/** Give a command the server's flags, and an action that gets its arguments as strings. */
function run(
  command: Command,
  use: 'reads' | 'changes',
  work: (client: GatehouseClient, ...args: [string, string]) => Promise<void>,
): Command {
  return addServer(command, use).action(async () => {
    const [first = '', second = ''] = command.args
    await callServer(command, (client) => work(client, first, second))
  })
}

function addFields(command: Command): Command {
  return command
    .option('--event <types...>', 'types of events, such as model_version.* (default: all)')
    .option('--models <glob>', 'only of models of these names')
    .option('--stage <glob>', 'only what is of these stages')
    .option('--alias <glob>', 'only what is of these aliases; with --stage too, either is enough')
    .option(
      '--format <format>',
      'json, mlflow, cloudevents, slack, eventbridge, sagemaker, databricks or github',
    )
    .option('--description <text>', 'what it is for')
    .option(
      '--secret-variable <name>',
      'environment variable that holds the secret to sign with, or the token for github',
    )
    .option('--disable', 'send nothing')
}

function fieldsOf(command: Command) {
  const given = command.opts<Given>()
  const { name, url, event, models, stage, alias, format, description, secretVariable } = given
  const status = given.disable
    ? ('DISABLED' as const)
    : given.enable
      ? ('ACTIVE' as const)
      : undefined
  const secret = secretVariable === undefined ? undefined : secretOf(command, secretVariable)
  return { name, url, events: event, models, stage, alias, format, description, secret, status }
}

/** From the environment, so that neither process list nor shell history shows it; empty: none. */
function secretOf(command: Command, variable: string): string {
  const secret = ioOf(command).env[variable]
  if (secret === undefined) throw new StartError(`${variable} is not set; export it first`)
  return secret
}

function webhookLine({ id, name, status, format, url, events }: Webhook): string {
  return `${id}  ${name}  ${status}  ${format}  ${url}  ${events.join(',')}`
}

function deliveryLine(delivery: Delivery): string {
  const { id, event_id, event, model = '', version = '', status, attempts, error } = delivery
  const outcome = error === undefined ? status : `${status} (${error})`
  return `${id}  ${event_id}  ${event}  ${model} ${version}  ${outcome}, attempts: ${attempts}`
}
