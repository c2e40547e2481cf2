import { Command } from 'commander'
import type { z } from 'zod'
import { getOutcomes } from '../../api/endpoints/outcomes.ts'
import { parseDuration } from '../duration.ts'
import { columns, print } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'

type Summary = z.output<typeof getOutcomes.answer>

/** `gatehouse deployments outcomes`: what became of the requests that variants answered. */
export function outcomesCommand(): Command {
  const command = new Command('outcomes')
    .description('what became of the requests that each variant answered, and how variants differ')
    .argument('<name>')
    .option('--since <duration>', 'of requests that came since, such as 12h', '7d')
  return addServer(command).action((name: string) =>
    callServer(command, async (client) => {
      const { since } = command.opts<{ since: string }>()
      const query = { since: Date.now() - parseDuration(since) }
      const found = await client.call(getOutcomes, { params: { name }, query })
      print(command, found, () => linesOf(command, found))
    }),
  )
}

function linesOf(command: Command, { outcomes, differences }: Summary): string[] {
  if (outcomes.length === 0) return ['no outcomes']
  const rows = outcomes.map(({ name, variant, versions, count, mean, interval }) => [
    ...[name, variant, versions.join(', '), String(count)],
    ...[numberText(mean), intervalText(interval)],
  ])
  const heads = ['OUTCOME', 'VARIANT', 'VERSIONS', 'COUNT', 'MEAN', '95% INTERVAL']
  return [
    ...columns(command, [heads, ...rows]),
    ...differences.map(
      ({ name, variant, against, difference, interval, test, p_value }) =>
        `${name}: ${variant} - ${against} = ${numberText(difference)} ${intervalText(interval)}, ${
          p_value === undefined ? 'too few to test' : `p = ${numberText(p_value)} (${test})`
        }`,
    ),
  ]
}

function intervalText(interval: Summary['outcomes'][number]['interval']): string {
  return interval ? `[${numberText(interval.low)}, ${numberText(interval.high)}]` : ''
}

function numberText(value: number): string {
  return String(Number(value.toPrecision(4)))
}
