import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import type { z } from 'zod'
import { getDeploymentStats } from '../../api/endpoints/deployment-counts.ts'
import * as endpoints from '../../api/endpoints/deployments.ts'
import type { CallInput } from '../../client/client.ts'
import { readEveryPage } from '../../client/every-page.ts'
import { StartError } from '../../platform/start-error.ts'
import { parseDuration } from '../duration.ts'
import { columns, momentText, print, printList } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'
import { outcomesCommand } from './outcomes.ts'

export type FollowedDeployment = z.output<typeof endpoints.getDeployment.answer>
type DeploymentStatsAnswer = z.output<typeof getDeploymentStats.answer>
type DeploymentBody = CallInput<typeof endpoints.putDeployment>['body']

/** `gatehouse deployments`: how requests are split between versions. */
export function deploymentsCommand(): Command {
  return new Command('deployments')
    .description('how requests to a model are split between several of its versions')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(setCommand())
    .addCommand(weightsCommand())
    .addCommand(statsCommand())
    .addCommand(historyCommand())
    .addCommand(canaryCommand('pause', 'hold the steps of a variant'))
    .addCommand(canaryCommand('resume', 'go on with steps that are held'))
    .addCommand(canaryCommand('promote', 'go to the last step at once'))
    .addCommand(canaryCommand('rollback', 'end the steps, and split as before the first'))
    .addCommand(deleteCommand())
    .addCommand(outcomesCommand())
}

function listCommand(): Command {
  const command = new Command('list')
    .description('the deployments of a model, or of all')
    .argument('[model]')
  return addServer(command).action((model?: string) =>
    callServer(command, async (client) => {
      const items = await readEveryPage((page_token) =>
        client.call(endpoints.listDeployments, {
          query: { ...(model !== undefined && { model }), page_token },
        }),
      )
      printList(command, items, {
        heads: ['DEPLOYMENT', 'MODEL', 'REVISION', 'WEIGHTS', 'CHANGED', 'BY'],
        row: (item) => [
          ...[item.name, item.model, String(item.revision), weightsText(item)],
          ...[momentText(command, item.updated_at), item.updated_by],
        ],
        empty: model === undefined ? 'no deployments' : `no deployments of ${model}`,
      })
    }),
  )
}

function showCommand(): Command {
  const command = new Command('show').description('one deployment, as JSON').argument('<name>')
  return addServer(command).action((name: string) =>
    callServer(command, async (client) => {
      const found = await client.call(endpoints.getDeployment, { params: { name } })
      print(command, found, JSON.stringify(found, null, 2).split('\n'))
    }),
  )
}

function setCommand(): Command {
  const command = new Command('set')
    .description('write a deployment from a JSON file')
    .argument('<name>')
    .argument('<file>', 'JSON, as docs/serving.md has it')
  return addReason(addServer(command, 'changes')).action((name: string, file: string) =>
    callServer(command, async (client) => {
      const body = { ...(await readDeploymentFile(file)), ...reasonOf(command) }
      const saved = await client.call(endpoints.putDeployment, { params: { name }, body })
      print(command, saved, [savedText(saved)])
    }),
  )
}

function weightsCommand(): Command {
  const command = new Command('weights')
    .description('change the weights of variants; the others keep theirs')
    .argument('<name>')
    .argument('<weights...>', 'such as champion=80 challenger=20')
  return addReason(addServer(command, 'changes')).action((name: string, texts: string[]) =>
    callServer(command, async (client) => {
      const params = { name }
      const found = await client.call(endpoints.getDeployment, { params })
      const { variants, ...rest } = bodyOf(found)
      const weights = weightsOf(
        texts,
        variants.map((variant) => variant.name),
      )
      // Weights that are set by hand end the steps.
      const changed = variants.map(({ steps: _, ...variant }) => ({
        ...variant,
        weight: weights.get(variant.name) ?? variant.weight,
      }))
      const body = { ...rest, variants: changed, ...reasonOf(command) }
      const saved = await client.call(endpoints.putDeployment, { params, body })
      print(command, saved, [savedText(saved)])
    }),
  )
}

function addReason(command: Command): Command {
  return command
    .option('--reason <text>', 'for the audit log')
    .option('--break-glass', 'change it although a policy lets only others; takes a reason')
}

function reasonOf(command: Command): Pick<DeploymentBody, 'reason' | 'break_glass'> {
  const { reason, breakGlass } = command.opts<{ reason?: string; breakGlass?: boolean }>()
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(breakGlass ? { break_glass: true } : {}),
  }
}

function canaryCommand(
  change: keyof typeof endpoints.canaryEndpoints,
  description: string,
): Command {
  const command = new Command(change)
    .description(description)
    .argument('<name>')
    .requiredOption('--reason <text>', 'for the audit log')
  return addServer(command, 'changes').action((name: string) =>
    callServer(command, async (client) => {
      const { reason } = command.opts<{ reason: string }>()
      const given = { params: { name }, body: { reason } }
      const saved = await client.call(endpoints.canaryEndpoints[change], given)
      print(command, saved, [savedText(saved)])
    }),
  )
}

function historyCommand(): Command {
  const command = new Command('history')
    .description('who changed a deployment, when and why, the newest first')
    .argument('<name>')
  return addServer(command).action((name: string) =>
    callServer(command, async (client) => {
      const items = await readEveryPage((page_token) =>
        client.call(endpoints.listDeploymentHistory, { params: { name }, query: { page_token } }),
      )
      printList(command, items, {
        heads: ['CHANGED', 'BY', 'WEIGHTS', 'REASON'],
        row: ({ at, by, split, reason = '' }) => [
          ...[momentText(command, at), by],
          ...[split ? weightsText(split) : 'deleted', reason],
        ],
        empty: 'no changes',
      })
    }),
  )
}

function statsCommand(): Command {
  const command = new Command('stats')
    .description('how the variants and shadows of a deployment do')
    .argument('<name>')
    .option('--window <duration>', 'the time until now that counts, such as 5m', '1h')
  return addServer(command).action((name: string) =>
    callServer(command, async (client) => {
      const { window } = command.opts<{ window: string }>()
      const stats = await client.call(getDeploymentStats, {
        params: { name },
        query: { window_seconds: Math.round(parseDuration(window) / 1000) },
      })
      print(command, stats, () => statsLines(command, stats))
    }),
  )
}

function deleteCommand(): Command {
  const command = new Command('delete').description('delete a deployment').argument('<name>')
  return addServer(command, 'changes').action((name: string) =>
    callServer(command, async (client) => {
      await client.call(endpoints.deleteDeployment, { params: { name } })
      print(command, {}, [`deleted ${name}`])
    }),
  )
}

/** What was written, which deployment that is and which revision. */
function bodyOf(found: FollowedDeployment) {
  const { name: _name, canary: _canary, updated_by: _by, updated_at: _at, ...body } = found
  return body
}

function statsLines(command: Command, { variants, shadows }: DeploymentStatsAnswer): string[] {
  if (variants.length + shadows.length === 0) return ['nothing was counted within that time']
  const heads = ['NAME', 'REQUESTS', 'ERRORS', 'REFUSED', 'P50', 'P95', 'P99']
  const row = (one: (typeof variants)[number] | (typeof shadows)[number]) => [
    ...[one.name, String(one.requests), percentText(one.error_rate), String(one.refused)],
    ...[one.p50_ms, one.p95_ms, one.p99_ms].map((ms) => (ms === undefined ? '' : `${ms} ms`)),
  ]
  const shadowRow = (one: (typeof shadows)[number]) => [
    ...[`${one.name} (shadow)`, ...row(one).slice(1)],
    ...[percentText(one.agreement), String(one.difference_max ?? ''), String(one.skipped)],
  ]
  const more = shadows.length > 0 ? ['AGREES', 'DIFFERENCE', 'SKIPPED'] : []
  return columns(command, [[...heads, ...more], ...variants.map(row), ...shadows.map(shadowRow)])
}

function percentText(part: number | undefined): string {
  return part === undefined ? '' : `${(100 * part).toFixed(1)}%`
}

/** @throws StartError the file cannot be read, or has no JSON object */
async function readDeploymentFile(path: string): Promise<DeploymentBody> {
  try {
    // The server validates it.
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (err) {
    const why = err instanceof Error ? err.message : String(err)
    throw new StartError(`cannot read a deployment from ${path}: ${why}`)
  }
}

/** @throws StartError a text is no weight of a variant */
function weightsOf(texts: readonly string[], names: readonly string[]): Map<string, number> {
  return new Map(
    texts.map((text) => {
      const [, name = '', weight = ''] = /^([^=]+)=(\d+(?:\.\d+)?)$/.exec(text) ?? []
      if (names.includes(name)) return [name, Number(weight)]
      throw new StartError(`'${text}' is no weight; give e.g. ${names[0]}=90`)
    }),
  )
}

function savedText(saved: FollowedDeployment): string {
  return `${saved.name} is at revision ${saved.revision}: ${weightsText(saved)}`
}

function weightsText({ variants }: Pick<FollowedDeployment, 'variants'>): string {
  return variants.map(({ name, weight }) => `${name}=${weight}`).join(', ')
}
