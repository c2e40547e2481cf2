import { Command, InvalidArgumentError } from 'commander'
import type { z } from 'zod'
import * as intake from '../../api/endpoints/trace-intake.ts'
import * as retention from '../../api/endpoints/trace-retention.ts'
import type { GatehouseClient } from '../../client/client.ts'
import { fieldLines, print } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'
import { findExperiment } from './experiments.ts'

type Retention = z.output<typeof retention.getTraceRetention.answer>
type Terms = z.output<typeof intake.getDefaultTraceIntake.answer>

/** `gatehouse traces`: how long traces are kept, and what of them never is. */
export function tracesCommand(): Command {
  return new Command('traces')
    .description('say how long traces are kept, and what of them is redacted or left out')
    .addCommand(keepCommand())
    .addCommand(redactCommand())
}

function keepCommand(): Command {
  const command = new Command('keep')
    .description('show how long traces of an experiment are kept; with an option, change that')
    .argument('<experiment>')
    .option('--days <days>', 'delete older ones; none: whatever their age', boundOf)
    .option('--newest <count>', 'delete those beyond the newest so many; none: no bound', boundOf)
    .option('--assessed <yes|no>', 'whether what has feedback stays nevertheless', flagOf)
    .option('--of-versions <yes|no>', 'whether what belongs to a version does', flagOf)
  type Flags = {
    days?: Bound
    newest?: Bound
    assessed?: boolean
    ofVersions?: boolean
  }
  return addServer(command, 'changes').action((name: string) =>
    callServer(command, async (client) => {
      const { days, newest, assessed, ofVersions } = command.opts<Flags>()
      const params = await experimentParams(client, name)
      const kept = await client.call(retention.getTraceRetention, { params })
      const isChange = [days, newest, assessed, ofVersions].some((one) => one !== undefined)
      const now = isChange
        ? await client.call(retention.putTraceRetention, {
            params,
            body: {
              revision: kept.revision,
              days_max: boundFrom(days, kept.days_max),
              traces_max: boundFrom(newest, kept.traces_max),
              keep_assessed: assessed ?? kept.keep_assessed,
              keep_of_versions: ofVersions ?? kept.keep_of_versions,
            },
          })
        : kept
      print(command, now, retentionLines(now))
    }),
  )
}

function retentionLines({ days_max: days, traces_max: newest, ...keep }: Retention): string[] {
  const yes = (flag: boolean) => (flag ? 'kept' : 'deleted with the others')
  return fieldLines({
    'older than': typeof days === 'number' ? `${days} days: deleted` : 'no bound',
    'beyond the newest': typeof newest === 'number' ? `${newest}: deleted` : 'no bound',
    'with feedback': yes(keep.keep_assessed),
    'of versions': yes(keep.keep_of_versions),
  })
}

function redactCommand(): Command {
  const command = new Command('redact')
    .description(
      'show what of traces is never kept, of an experiment or of all; with an option, change that',
    )
    .argument('[experiment]', 'left out: the rules of the server, for every experiment')
    .option('--key <glob...>', 'redact values under these names, and no others')
    .option('--no-keys', 'redact by no name')
    .option('--pattern <regex...>', 'redact what matches these, and nothing else')
    .option('--no-patterns', 'redact by no pattern')
    .option(
      '--sample <share>',
      'keep this share of the traces, from 0 to 1; none: as the server says',
      shareOf,
    )
  return addServer(command, 'changes').action((name: string | undefined) =>
    callServer(command, async (client) => {
      const params = name === undefined ? undefined : await experimentParams(client, name)
      const kept: Terms = params
        ? await client.call(intake.getTraceIntake, { params })
        : await client.call(intake.getDefaultTraceIntake, {})
      const put = (body: Terms): Promise<Terms> =>
        params
          ? client.call(intake.putTraceIntake, { params, body })
          : client.call(intake.putDefaultTraceIntake, { body })
      const wanted = wantedTerms(command.opts<RedactFlags>(), kept)
      const now = wanted ? await put(wanted) : kept
      print(command, now, termLines(now))
    }),
  )
}

type RedactFlags = {
  readonly key?: string[]
  readonly keys: boolean
  readonly pattern?: string[]
  readonly patterns: boolean
  readonly sample?: Bound
}

/** What flags make of the terms that stand; undefined: there are none. */
function wantedTerms(flags: RedactFlags, { revision, ...kept }: Terms): Terms | undefined {
  const { keys, patterns, sample } = flags
  const key = keys ? flags.key : []
  const pattern = patterns ? flags.pattern : []
  if (!(key || pattern || sample !== undefined)) return undefined
  return {
    revision,
    redact_keys: key ?? kept.redact_keys,
    redact_patterns: pattern ?? kept.redact_patterns,
    sample_rate: boundFrom(sample, kept.sample_rate),
  }
}

function termLines(terms: Terms): string[] {
  const some = (all: readonly string[]) => (all.length === 0 ? 'none' : all.join(', '))
  return fieldLines({
    'names redacted': some(terms.redact_keys),
    'patterns redacted': some(terms.redact_patterns),
    'share kept': terms.sample_rate?.toString() ?? 'as the server says, or all',
  })
}

async function experimentParams(client: GatehouseClient, nameOrId: string) {
  return { id: (await findExperiment(client, nameOrId)).experiment_id }
}

type Bound = number | 'none'

function boundFrom(flag: Bound | undefined, kept: number | null | undefined): number | null {
  if (flag === 'none') return null
  return flag ?? kept ?? null
}

function boundOf(text: string): Bound {
  if (text === 'none') return text
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('give a number from 1, or none')
}

function shareOf(text: string): Bound {
  if (text === 'none') return text
  if (/^(0(\.\d{1,9})?|1(\.0{1,9})?)$/.test(text)) return Number(text)
  throw new InvalidArgumentError('give a number from 0 to 1, or none')
}

function flagOf(text: string): boolean {
  if (text === 'yes') return true
  if (text === 'no') return false
  throw new InvalidArgumentError('give yes or no')
}
