import { Command, Option } from 'commander'
import type { GatehouseClient } from '../../client/client.ts'
import {
  addListFlags,
  callMlflow,
  type KeyAndValue,
  listFlagsOf,
  pairsText,
  searchMlflow,
} from '../mlflow-calls.ts'
import { columns, fieldLines, momentText, print, printList } from '../print.ts'
import { tagCommands } from '../tag-commands.ts'
import { addServer, callServer } from '../with-server.ts'
import { findExperiment, viewType, type WireExperiment } from './experiments.ts'

type WireMetric = {
  readonly key: string
  readonly value: number | string
  readonly step?: number
  readonly timestamp?: number
}

type WireRun = {
  readonly info: {
    readonly run_id: string
    readonly run_name?: string
    readonly experiment_id?: string
    readonly user_id?: string
    readonly status?: string
    readonly start_time?: number
    readonly end_time?: number
    readonly artifact_uri?: string
    readonly lifecycle_stage?: string
  }
  readonly data?: {
    readonly metrics?: readonly WireMetric[]
    readonly params?: readonly KeyAndValue[]
    readonly tags?: readonly KeyAndValue[]
  }
  readonly inputs?: {
    readonly dataset_inputs?: readonly {
      readonly dataset: { readonly name: string; readonly digest: string }
    }[]
  }
}

/** `gatehouse runs`: what was tried, with which params, and what came of it. */
export function runsCommand(): Command {
  const group = new Command('runs').description('list, show and change runs')
  for (const command of [
    listCommand(),
    searchCommand(),
    showCommand(),
    metricsCommand(),
    deletionCommand('delete', 'mark a run as deleted'),
    deletionCommand('restore', 'take the mark away again'),
    ...tagCommands({
      names: ['<run>'],
      set: (client, [run_id], tag) => callMlflow(client, 'POST runs/set-tag', { run_id, ...tag }),
      remove: (client, [run_id], key) =>
        callMlflow(client, 'POST runs/delete-tag', { run_id, key }),
    }),
  ]) {
    group.addCommand(command)
  }
  return group
}

function addRunFlags(command: Command): Command {
  command
    .option('--experiment <names...>', 'only of these, by name or id; of all when absent')
    .addOption(
      new Option('--view <which>', 'which of them')
        .choices(['active', 'deleted', 'all'])
        .default('active'),
    )
  return addServer(addListFlags(command, 'metrics.accuracy DESC'))
}

function listCommand(): Command {
  const command = addRunFlags(new Command('list').description('list runs, the last started first'))
  return command.action(() => listRuns(command))
}

function searchCommand(): Command {
  const command = new Command('search')
    .description('list the runs that a filter finds')
    .argument('<filter>', "in MLflow's words: metrics.accuracy > 0.9 AND params.depth = '3'")
  return addRunFlags(command).action((filter: string) => listRuns(command, filter))
}

function listRuns(command: Command, filter?: string): Promise<void> {
  return callServer(command, async (client) => {
    const { view, experiment } = command.opts<{ view: string; experiment?: string[] }>()
    const { items, hasMore } = await searchMlflow<WireRun>(client, 'POST runs/search', {
      key: 'runs',
      experiment_ids: await experimentIds(client, experiment),
      ...{ filter, run_view_type: viewType(view), ...listFlagsOf(command) },
    })
    printList(command, items, {
      heads: ['RUN', 'NAME', 'EXPERIMENT', 'STATUS', 'STARTED', 'METRICS', 'PARAMS'],
      row: ({ info, data }) => [
        ...[info.run_id, info.run_name ?? '', info.experiment_id ?? '', info.status ?? ''],
        momentText(command, info.start_time),
        (data?.metrics ?? []).map(({ key, value }) => `${key}=${value}`).join(', '),
        pairsText(data?.params),
      ],
      empty: filter === undefined ? 'no runs' : 'no run fits the filter',
      hasMore,
    })
  })
}

/** How many experiments are searched where none is named. */
const experimentsMax = 10_000

async function experimentIds(
  client: GatehouseClient,
  names: readonly string[] | undefined,
): Promise<string[]> {
  const found =
    names === undefined
      ? (
          await searchMlflow<WireExperiment>(client, 'POST experiments/search', {
            ...{ key: 'experiments', limit: experimentsMax, view_type: 'ALL' },
          })
        ).items
      : await Promise.all(names.map((name) => findExperiment(client, name)))
  return found.map(({ experiment_id }) => experiment_id)
}

function showCommand(): Command {
  const command = new Command('show')
    .description('show a run with its params, metrics, tags and datasets')
    .argument('<run>', 'its id')
  return addServer(command).action((run_id: string) =>
    callServer(command, async (client) => {
      const { run } = await callMlflow<{ run: WireRun }>(client, 'GET runs/get', { run_id })
      print(command, run, () => runLines(command, run))
    }),
  )
}

function runLines(command: Command, { info, data, inputs }: WireRun): string[] {
  const datasets = inputs?.dataset_inputs ?? []
  return [
    ...fieldLines({
      run: info.run_id,
      name: info.run_name,
      experiment: info.experiment_id,
      status: info.status,
      state: info.lifecycle_stage,
      user: info.user_id,
      started: momentText(command, info.start_time),
      ended: momentText(command, info.end_time || undefined),
      artifacts: info.artifact_uri,
      data: datasets
        .map(({ dataset: { name, digest } }) => `${name} (digest ${digest})`)
        .join(', '),
    }),
    ...table(command, 'METRIC', data?.metrics),
    ...table(command, 'PARAM', data?.params),
    ...table(command, 'TAG', data?.tags),
  ]
}

function table(
  command: Command,
  head: string,
  pairs: readonly { readonly key: string; readonly value: number | string }[] = [],
): string[] {
  if (pairs.length === 0) return []
  const rows = pairs.map(({ key, value }) => [key, String(value)])
  return ['', ...columns(command, [[head, 'VALUE'], ...rows])]
}

function metricsCommand(): Command {
  const command = new Command('metrics')
    .description('list every value of one metric of a run')
    .argument('<run>', 'its id')
    .argument('<metric>')
    .option('--limit <number>', 'at most so many', '1000')
  return addServer(command).action((run_id: string, metric_key: string) =>
    callServer(command, async (client) => {
      const { items, hasMore } = await searchMlflow<WireMetric>(client, 'GET metrics/get-history', {
        ...{ key: 'metrics', limit: listFlagsOf(command).limit },
        ...{ run_id, metric_key },
      })
      printList(command, items, {
        heads: ['STEP', 'VALUE', 'AT'],
        row: ({ step = 0, value, timestamp }) => [
          ...[String(step), String(value), momentText(command, timestamp)],
        ],
        empty: `the run has no metric '${metric_key}'`,
        hasMore,
      })
    }),
  )
}

function deletionCommand(verb: 'delete' | 'restore', description: string): Command {
  const command = new Command(verb).description(description).argument('<run>', 'its id')
  return addServer(command, 'changes').action((run_id: string) =>
    callServer(command, async (client) => {
      await callMlflow(client, `POST runs/${verb}`, { run_id })
      print(command, {}, [`${verb}d the run ${run_id}`])
    }),
  )
}
