import { Command } from 'commander'
import type { z } from 'zod'
import * as endpoints from '../../api/endpoints/retention.ts'
import { countOf } from '../options.ts'
import { momentText, print, printList } from '../print.ts'
import { addServer, callServer } from '../with-server.ts'

type Preview = z.output<typeof endpoints.previewRetention.answer>
type Meant = Preview['delete'][number]
type Terms = z.output<typeof endpoints.listRetentionRules.answer>['items'][number]

/** `gatehouse retention`: which versions are deleted once nobody needs them. */
export function retentionCommand(): Command {
  return new Command('retention')
    .description('say which versions are deleted once nobody needs them, and what versions take')
    .addCommand(rulesCommand())
    .addCommand(setCommand())
    .addCommand(removeCommand())
    .addCommand(previewCommand())
    .addCommand(runCommand())
    .addCommand(storageCommand())
}

function rulesCommand(): Command {
  const command = new Command('rules').description('list the rules')
  return addServer(command).action(() =>
    callServer(command, async (client) => {
      const { items } = await client.call(endpoints.listRetentionRules, {})
      printList(command, items, {
        heads: ['RULE', 'MODELS', 'KEEPS', 'STAGES', 'AUTOMATIC'],
        row: ({ name, models, keep, stages, automatic }) => [
          ...[name, models, keepText(keep), stages.join(', '), automatic ? 'yes' : 'no'],
        ],
        empty: 'no rules: versions are kept for good',
      })
    }),
  )
}

function keepText({ last, younger_than_days: young, downloaded_within_days: read }: Terms['keep']) {
  return [
    ...(last === undefined ? [] : [`the newest ${last}`]),
    ...(young === undefined ? [] : [`changed in ${young} days`]),
    ...(read === undefined ? [] : [`downloaded in ${read} days`]),
  ].join(', ')
}

function setCommand(): Command {
  const command = new Command('set')
    .description('write a rule; it deletes nothing before it is run, unless it is automatic')
    .argument('<rule>')
    .requiredOption('--models <glob>', 'the models that it is about: fraud-*')
    .option('--keep-last <count>', 'keep the newest so many of each model', countOf)
    .option('--keep-days <days>', 'keep what was registered or changed in so many days', countOf)
    .option('--keep-downloaded <days>', 'keep what was downloaded in so many days', countOf)
    .option('--stage <stage...>', 'only versions in these: None, Archived')
    .option('--automatic', 'follow it by itself, once an hour')
  type Flags = {
    models: string
    keepLast?: number
    keepDays?: number
    keepDownloaded?: number
    stage?: Terms['stages']
    automatic?: true
  }
  return addServer(command, 'changes').action((name: string) =>
    callServer(command, async (client) => {
      const flags = command.opts<Flags>()
      const { items } = await client.call(endpoints.listRetentionRules, {})
      const rule = await client.call(endpoints.putRetentionRule, {
        params: { name },
        body: {
          revision: items.find((one) => one.name === name)?.revision ?? 0,
          models: flags.models,
          keep: {
            last: flags.keepLast,
            younger_than_days: flags.keepDays,
            downloaded_within_days: flags.keepDownloaded,
          },
          stages: flags.stage ?? ['None', 'Archived'],
          automatic: flags.automatic ?? false,
        },
      })
      print(command, rule, [
        `rule ${name} keeps of ${rule.models}: ${keepText(rule.keep)}`,
        ...(rule.automatic ? ['the server follows it once an hour'] : []),
      ])
    }),
  )
}

function removeCommand(): Command {
  const command = new Command('delete').description('delete a rule').argument('<rule>')
  return addServer(command, 'changes').action((name: string) =>
    callServer(command, async (client) => {
      await client.call(endpoints.deleteRetentionRule, { params: { name } })
      print(command, {}, [`deleted rule ${name}`])
    }),
  )
}

function previewCommand(): Command {
  const command = new Command('preview')
    .description('show what running a rule would delete, and the bytes that this frees')
    .argument('<rule>')
  return addServer(command).action((name: string) =>
    callServer(command, async (client) => {
      const plan = await client.call(endpoints.previewRetention, { params: { name } })
      print(command, plan, () => previewLines(command, plan))
    }),
  )
}

function previewLines(command: Command, plan: Preview): string[] {
  const { later, later_count: laterCount } = plan
  const more = plan.kept_count + plan.spared_count - plan.kept.length - plan.spared.length
  const all = plan.delete.length + laterCount
  return [
    ...plan.delete.map((one) => `delete ${meantText(command, one)}`),
    ...later.map((one) => `later  ${meantText(command, one)}`),
    ...moreLines('later ', laterCount - later.length),
    ...[...plan.kept, ...plan.spared].map(
      (one) => `keep   ${meantText(command, one)}: ${one.because}`,
    ),
    ...moreLines('keep  ', more),
    `${plan.delete.length} versions; ${freedText(plan.freed_bytes, plan.bytes_with_runs)}`,
    ...(laterCount > 0
      ? [
          `${all} with the runs after that; ${freedText(plan.all_freed_bytes, plan.all_bytes_with_runs)}`,
        ]
      : []),
    ...(plan.delete.length > 0 ? [`to delete exactly these: --preview ${plan.preview}`] : []),
  ]
}

function moreLines(what: string, count: number): string[] {
  return count > 0 ? [`${what} ${count} more`] : []
}

function freedText(freed: number, withRuns: number): string {
  const rest = withRuns > 0 ? `, and ${withRuns} more once their runs are deleted for good` : ''
  return `clean-up then frees ${freed} bytes${rest}`
}

function meantText(command: Command, { model, version, stage, bytes, created_at }: Meant) {
  return `${model} version ${version} (${stage}, ${bytes} bytes, of ${momentText(command, created_at)})`
}

function runCommand(): Command {
  const command = new Command('run')
    .description('delete exactly the versions that a preview showed')
    .argument('<rule>')
    .requiredOption('--preview <id>', 'what `retention preview` told at its end')
  return addServer(command, 'changes').action((name: string) =>
    callServer(command, async (client) => {
      const { preview } = command.opts<{ preview: string }>()
      const run = await client.call(endpoints.runRetention, { params: { name }, body: { preview } })
      print(command, run, [
        ...run.deleted.map(({ model, version }) => `deleted ${model} version ${version}`),
        ...run.stayed.map(
          ({ model, version, because }) => `kept ${model} version ${version}: ${because}`,
        ),
        `deleted ${run.deleted.length} versions${run.more ? '; there are more' : ''}`,
      ])
    }),
  )
}

function storageCommand(): Command {
  const command = new Command('storage')
    .description('show what the versions of each model, or of each team, take')
    .option('--by <what>', 'model, or team: the tag `team` of models', 'model')
    .option('--price <amount>', 'what a gigabyte costs a month; else as the server is set')
  return addServer(command).action(() =>
    callServer(command, async (client) => {
      const { by, price } = command.opts<{ by: 'model' | 'team'; price?: string }>()
      const query = { by, ...(price !== undefined && { price }) }
      const { items } = await client.call(endpoints.getStorage, { query })
      printList(command, items, {
        heads: [by.toUpperCase(), 'VERSIONS', 'FILES', 'OWN BYTES', 'SHARED BYTES', 'COST'],
        row: ({ name, versions, files, own_bytes, shared_bytes, cost }) => [
          ...[name, String(versions), String(files), String(own_bytes), String(shared_bytes)],
          cost === undefined ? '' : String(cost),
        ],
        empty: 'no versions',
      })
    }),
  )
}
