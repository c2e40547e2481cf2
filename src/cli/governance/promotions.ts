import { Command, Option } from 'commander'
import * as endpoints from '../../api/endpoints/promotions.ts'
import { print } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'
import { listRequests, placeOf, type ShownRequest, showRequest } from './requests.ts'

const statuses = endpoints.PromotionShape.shape.status.options

/** `gatehouse promotions`: promotion requests, and what becomes of them. */
export function promotionsCommand(): Command {
  return new Command('promotions')
    .description('list, show, merge and close promotion requests')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(mergeCommand())
    .addCommand(closeCommand())
    .addCommand(breakGlassCommand())
}

type Filters = {
  readonly model?: string
  readonly version?: string
  readonly status?: ShownRequest['status']
  readonly requestedBy?: string
  readonly followUp?: true
}

function listCommand(): Command {
  const command = new Command('list')
    .description('list requests, newest first')
    .option('--model <name>', 'of this model')
    .option('--version <number>', 'of this version of the model')
    .addOption(new Option('--status <status>', 'only these').choices(statuses))
    .option('--requested-by <name>', 'asked by this principal')
    .option('--follow-up', 'merged by break-glass, and nobody followed up')
  return addServer(command).action(() =>
    callServer(command, async (client) => {
      const { model, version, status, requestedBy, followUp } = command.opts<Filters>()
      await listRequests(command, client, {
        ...{ model, version, status, requested_by: requestedBy },
        follow_up: followUp && ('open' as const),
      })
    }),
  )
}

function showCommand(): Command {
  const command = new Command('show')
    .description(
      'show one request whole, judged on what is true now; `gatehouse review 24` does too',
    )
    .argument('<request>', 'number of the request')
  return addServer(command).action((id: string) =>
    callServer(command, (client) => showRequest(command, client, id)),
  )
}

function mergeCommand(): Command {
  const command = new Command('merge')
    .description('make the move; every gate must pass and the approvals stand')
    .argument('<request>', 'number of the request')
  return addServer(command, 'changes').action((id: string) =>
    callServer(command, async (client) => {
      const merged = await client.call(endpoints.mergePromotion, { params: { id }, body: {} })
      print(command, merged, [standing(merged)])
    }),
  )
}

function closeCommand(): Command {
  const command = new Command('close')
    .description('withdraw a request')
    .argument('<request>', 'number of the request')
    .option('--comment <text>', 'why')
  return addServer(command, 'changes').action((id: string) =>
    callServer(command, async (client) => {
      const { comment } = command.opts<{ comment?: string }>()
      const body = { comment }
      const closed = await client.call(endpoints.closePromotion, { params: { id }, body })
      print(command, closed, [standing(closed)])
    }),
  )
}

function breakGlassCommand(): Command {
  const command = new Command('break-glass')
    .description('merge at once whatever blocks it, for whom every policy names')
    .argument('<request>', 'number of the request')
    .requiredOption('--reason <text>', 'why, for the audit log and the review afterwards')
  return addServer(command, 'changes').action((id: string) =>
    callServer(command, async (client) => {
      const body = command.opts<{ reason: string }>()
      const merged = await client.call(endpoints.breakGlass, {
        params: { id },
        body: { reason: body.reason },
      })
      print(command, merged, [standing(merged)])
    }),
  )
}

function standing(request: ShownRequest): string {
  const { id, model, version, status } = request
  return `#${id} ${model} version ${version} -> ${placeOf(request)}: ${status}`
}
