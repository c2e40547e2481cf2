import { Command } from 'commander'
import type { GatehouseClient } from '../../../client/client.ts'
import { StartError } from '../../../platform/start-error.ts'
import { exitCodes } from '../../exit-codes.ts'
import { ioOf, setExitCode } from '../../io.ts'
import { print } from '../../print.ts'
import { startProgress } from '../../progress.ts'
import { addServer, callServer } from '../../with-server.ts'
import { addJobs, jobsOf } from '../jobs.ts'
import { reportJson, reportLines } from '../report.ts'
import { JsonServer, jsonServerOf } from '../sources/json-server.ts'
import { MlflowServer } from '../sources/mlflow-server.ts'
import type { ExperimentItem } from '../sources/source.ts'
import { SourceError } from '../sources/source-error.ts'
import { Tally } from '../tally.ts'
import { compareExported } from './compare-exported.ts'
import { deleteExperiments, exportExperiments } from './export-experiments.ts'
import { exportLoggedModels, renewVersionTags } from './export-logged-models.ts'
import { exportModels } from './export-models.ts'
import { createRuns, fillRuns } from './export-runs.ts'
import { type Export, Exported } from './exported.ts'
import { MlflowTarget } from './mlflow-target.ts'

/** `gatehouse export`: write what is here to another tracking server. */
export function exportCommand(): Command {
  return new Command('export')
    .description('write experiments, runs and models to another server')
    .addCommand(mlflowCommand())
}

function mlflowCommand(): Command {
  const command = new Command('mlflow')
    .description('write all of it to an empty MLflow server; cut off, the same command goes on')
    .argument(
      '<url>',
      'its URL; credentials in it, or GATEHOUSE_TARGET_TOKEN, are sent to it alone',
    )
  addJobs(command)
  return addServer(command).action((url: string) => exportTo(command, url))
}

async function exportTo(command: Command, url: string): Promise<void> {
  const jobs = jobsOf(command)
  const token = ioOf(command).env.GATEHOUSE_TARGET_TOKEN
  const other = jsonServerOf(url, token ? { Authorization: `Bearer ${token}` } : {})
  const tally = new Tally()
  try {
    await callServer(command, async (client) => {
      const work = await exportAll(command, client, { other, jobs, tally })
      tellLost(work)
      const ids = idsOf(work.exported)
      print(command, { target: other.title, ...reportJson(tally), ids }, () =>
        reportLines(command, tally, { title: `Exported to ${other.title}`, source: 'here' }),
      )
    })
    if (tally.differing > 0) setExitCode(command, exitCodes.failed)
  } catch (err) {
    if (err instanceof SourceError) throw new StartError(err.message, { cause: err })
    throw err
  }
}

type Terms = { readonly other: JsonServer; readonly jobs: number; readonly tally: Tally }

async function exportAll(
  command: Command,
  client: GatehouseClient,
  { other, jobs, tally }: Terms,
): Promise<Export> {
  const here = new JsonServer('this server', (path, init) => client.fetch(path, init))
  const source = new MlflowServer(
    here,
    (what, problem) => tally.differs(what, problem),
    (address) => address,
  )
  const there = new MlflowServer(other, (what, problem) => tally.differs(`${what} there`, problem))
  const items: ExperimentItem[] = []
  let total = 0
  for await (const item of source.experiments()) {
    items.push(item)
    total += await source.countRuns(item.experiment_id)
  }
  // Into an empty server most of them get their own ids so.
  items.sort(
    (a, b) =>
      a.creation_time - b.creation_time || Number(a.experiment_id) - Number(b.experiment_id),
  )
  const bar = startProgress({ unit: 'runs', total, output: ioOf(command).err })
  const target = new MlflowTarget(other)
  const work = { source, there, target, tally, jobs, bar, exported: new Exported() }
  try {
    await exportTracking(work, items)
  } finally {
    bar.stop()
  }
  await compareExported(work)
  return work
}

/** Every run gets its id there before something names it; what is deleted is deleted last. */
async function exportTracking(work: Export, items: readonly ExperimentItem[]): Promise<void> {
  await exportExperiments(work, items)
  const ids = [...work.exported.experiments.keys()]
  for (const id of ids) await createRuns(work, id)
  for (const id of ids) await exportLoggedModels(work, id)
  for (const id of ids) await fillRuns(work, id)
  await exportModels(work)
  for (const id of ids) await renewVersionTags(work, id)
  await deleteExperiments(work)
}

/** The ids of here and there, for what has the old ones written down. */
function idsOf({ experiments, runs, loggedModels }: Exported): object {
  const pairs = (things: ReadonlyMap<string, { readonly id: string }>) =>
    Object.fromEntries([...things].map(([own, { id }]) => [own, id]))
  return { experiments: pairs(experiments), runs: pairs(runs), logged_models: pairs(loggedModels) }
}

/** What MLflow's API takes from nobody. */
function tellLost({ tally, exported }: Export): void {
  const own = (kind: 'registered models' | 'versions') => tally.of(kind).source
  const { experiments, runs, loggedModels } = exported
  const timed = experiments.size + loggedModels.size + own('registered models') + own('versions')
  const lost = {
    'ids of runs (the tag gatehouse.source_id has them)': runs.size,
    'ids of logged models (the tag gatehouse.source_id has them)': loggedModels.size,
    'times at which experiments, logged models, registered models and versions were made (the tag gatehouse.created_ms has them) and changed':
      timed,
    'users who made versions': own('versions'),
  }
  for (const [what, count] of Object.entries(lost)) if (count > 0) tally.loses(what, count)
}
