import { type Command, Option } from 'commander'
import type { z } from 'zod'
import { getStageHolders } from '../../api/endpoints/holders.ts'
import { getVersion } from '../../api/endpoints/model-versions.ts'
import * as endpoints from '../../api/endpoints/promotions.ts'
import { ApiError, type GatehouseClient } from '../../client/client.ts'
import { StartError } from '../../platform/start-error.ts'
import { exitCodes } from '../exit-codes.ts'
import { note, setExitCode } from '../io.ts'
import { print } from '../print.ts'

type Promotion = z.output<typeof endpoints.PromotionShape>
export type Candidate = { readonly model: string; readonly version: string }

/** What `addMoveFlags` gives a command. */
export type MoveFlags = {
  stage?: string
  alias?: string
  archive?: true
  reason?: string
  request?: string
  breakGlass?: true
  wait?: true
  timeout: string
}

const pollMs = 2000

/** Exit codes for pipelines: 0 the version moved, 2 it will not, 3 it waits for something. */
const codes = {
  merged: exitCodes.done,
  open: exitCodes.waits,
  rejected: exitCodes.refused,
  closed: exitCodes.refused,
  expired: exitCodes.refused,
  superseded: exitCodes.refused,
} as const

/** Give a command the flags of `requestMove`. */
export function addMoveFlags(command: Command): Command {
  return command
    .addOption(new Option('--stage <stage>', 'the stage to enter').conflicts('alias'))
    .option('--alias <alias>', 'or the alias to point at it')
    .option('--archive', 'archive the versions that are in the stage')
    .option('--reason <text>', 'why, for reviewers and the audit log')
    .option('--request <number>', 'go on with this request and open none')
    .option(
      '--break-glass',
      'merge at once whatever blocks it, with --reason; for whom the policy names',
    )
    .option('--wait', 'wait until it is merged or refused')
    .option('--timeout <duration>', 'how long to wait, e.g. 30m', '1h')
}

/** Refuse what no request is made with. @throws StartError */
export function checkMoveFlags({ breakGlass, reason }: MoveFlags): void {
  if (breakGlass && !reason) throw new StartError('--break-glass needs a --reason')
}

type Wanted = { readonly candidate: Candidate; readonly untilMs: number }

/** What a command says of a version that came to the server: as JSON, and in lines for people. */
type Told = { readonly wire: object; readonly lines: readonly string[] }

/** Say that a version has come, and `requestMove` where the flags say one. */
export async function requestMoveOfArrived(
  command: Command,
  client: GatehouseClient,
  { told, ...wanted }: Wanted & { readonly told: Told },
): Promise<void> {
  const { stage, alias } = command.opts<MoveFlags>()
  if (stage === undefined && alias === undefined) return print(command, told.wire, told.lines)
  for (const line of told.lines) note(command, line)
  await requestMove(command, client, wanted)
}

/** Ask for the move that the flags say, and make it as soon as nothing blocks it. */
export async function requestMove(
  command: Command,
  client: GatehouseClient,
  { candidate: { model, version }, untilMs }: Wanted,
): Promise<void> {
  const flags = command.opts<MoveFlags>()
  const there = await findThere(client, { model, version }, flags)
  if (there) {
    const place = flags.alias === undefined ? there.stage : `alias ${flags.alias}`
    print(command, there, [`${model} version ${version} is in ${place} already`])
    return
  }
  let promotion = await takeRequest(client, { model, version }, flags)
  if (flags.breakGlass) promotion = await broken(client, promotion.id, flags.reason)
  promotion = await settled(client, promotion, flags.wait ? untilMs : 0)
  print(command, promotion, () => described(promotion))
  setExitCode(command, codes[promotion.status])
}

/** The version, where it is in the place already and nothing else is to change. */
async function findThere(
  client: GatehouseClient,
  { model: name, version }: Candidate,
  { stage, alias, archive, request }: MoveFlags,
) {
  if (request !== undefined) return undefined
  const found = await client.call(getVersion, { params: { name, version } })
  if (stage === undefined) {
    return alias !== undefined && found.aliases.includes(alias) ? found : undefined
  }
  if (found.stage.toLowerCase() !== stage.toLowerCase()) return undefined
  if (!archive) return found
  const holders = await client.call(getStageHolders, { params: { name, stage }, query: {} })
  return holders.items.length <= 1 ? found : undefined
}

/** Merge a request as soon as nothing blocks it. @param untilMs how long to wait for that */
async function settled(
  client: GatehouseClient,
  found: Promotion,
  untilMs: number,
): Promise<Promotion> {
  let promotion = found
  for (;;) {
    if (promotion.status === 'open' && promotion.can_merge) {
      promotion = await merge(client, promotion.id)
    }
    if (promotion.status !== 'open' || Date.now() >= untilMs) return promotion
    await new Promise((done) => setTimeout(done, pollMs))
    promotion = await client.call(endpoints.getPromotion, { params: { id: promotion.id } })
  }
}

/** The request with the given number, which must belong to this version; without one, a new one. */
async function takeRequest(
  client: GatehouseClient,
  { model, version }: Candidate,
  flags: MoveFlags,
): Promise<Promotion> {
  if (flags.request === undefined) return openRequest(client, { model, version }, flags)
  const found = await client.call(endpoints.getPromotion, { params: { id: flags.request } })
  if (found.model === model && found.version === version) return found
  throw new StartError(
    `request #${found.id} is for ${found.model} version ${found.version}; give its own model and version`,
  )
}

function broken(client: GatehouseClient, id: string, reason = ''): Promise<Promotion> {
  return client.call(endpoints.breakGlass, { params: { id }, body: { reason } })
}

/** Open a request, or take the one that is open. */
async function openRequest(
  client: GatehouseClient,
  { model, version }: Candidate,
  { stage, alias, archive, reason }: MoveFlags,
): Promise<Promotion> {
  try {
    return await client.call(endpoints.openPromotion, {
      body: { model, version, to: { stage, alias }, archive_existing: archive ?? false, reason },
    })
  } catch (err) {
    const id = err instanceof ApiError && /request #(\d+) is open already/.exec(err.message)?.[1]
    if (!id) throw err
    return client.call(endpoints.getPromotion, { params: { id } })
  }
}

/** If something blocks the move by now, that is no error: the command goes on waiting. */
async function merge(client: GatehouseClient, id: string): Promise<Promotion> {
  try {
    return await client.call(endpoints.mergePromotion, { params: { id }, body: {} })
  } catch (err) {
    if (!(err instanceof ApiError) || ![403, 409].includes(err.status)) throw err
    return client.call(endpoints.getPromotion, { params: { id } })
  }
}

function described({ id, model, version, to, status, blocked_by, url }: Promotion): string[] {
  const target = to.stage ?? `alias ${to.alias}`
  return [
    `#${id} ${model} version ${version} -> ${target}: ${status}`,
    ...(status === 'open' ? blocked_by.map((reason) => `  waits for ${reason}`) : []),
    ...(status === 'open' ? [`  review it at ${url}`] : []),
  ]
}
