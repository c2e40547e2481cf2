import { Command } from 'commander'
import type { GatehouseClient } from '../../../client/client.ts'
import { StartError } from '../../../platform/start-error.ts'
import { exitCodes } from '../../exit-codes.ts'
import { ioOf, setExitCode } from '../../io.ts'
import { print } from '../../print.ts'
import { startProgress } from '../../progress.ts'
import { addServer, callServer } from '../../with-server.ts'
import { addJobs, jobsOf } from '../jobs.ts'
import { measureLines, reportJson, reportLines } from '../report.ts'
import { JsonServer, jsonServerOf } from '../sources/json-server.ts'
import { MlflowDatabase } from '../sources/mlflow-db.ts'
import { MlflowServer } from '../sources/mlflow-server.ts'
import { MlrunsFolder } from '../sources/mlruns.ts'
import type { ExperimentItem, ImportSource, OnUnread } from '../sources/source.ts'
import { SourceError } from '../sources/source-error.ts'
import { Tally } from '../tally.ts'
import { compareRegistry } from './compare-registry.ts'
import { compareTracking } from './compare-tracking.ts'
import { Taken } from './take-over.ts'
import { takeOverRegistry } from './take-over-registry.ts'
import { takeOverTracking } from './take-over-tracking.ts'

/** `gatehouse import`: take another tracking server over. */
export function importCommand(): Command {
  return new Command('import')
    .description(
      'take over experiments, runs and models of another server, with their ids and times',
    )
    .addCommand(mlflowCommand())
    .addCommand(databaseCommand())
    .addCommand(folderCommand())
}

function mlflowCommand(): Command {
  const command = new Command('mlflow')
    .description('take a running MLflow server over; cut off, the same command goes on')
    .argument(
      '<url>',
      'its URL; credentials in it, or GATEHOUSE_SOURCE_TOKEN, are sent to it alone',
    )
  return addImport(command).action((url: string) =>
    importFrom(
      command,
      (onUnread) => new MlflowServer(jsonServerOf(url, sourceHeaders(command)), onUnread),
    ),
  )
}

function databaseCommand(): Command {
  const command = new Command('mlflow-db')
    .description('take over the SQLite file of an MLflow server that is not running')
    .argument('<file>', 'what that server had as sqlite:///<file>')
    .requiredOption(
      '--artifacts-from <folder>',
      'where it kept artifacts: its --artifacts-destination, ./mlartifacts unless it said otherwise',
    )
  return addImport(command).action((file: string) =>
    importFrom(command, (onUnread) => {
      const { artifactsFrom } = command.opts<{ artifactsFrom: string }>()
      return new MlflowDatabase(file, artifactsFrom, onUnread)
    }),
  )
}

function folderCommand(): Command {
  const command = new Command('mlruns')
    .description('take over a folder that MLflow filled without a database')
    .argument('<folder>', 'mlruns, as MLflow calls it')
  return addImport(command).action((folder: string) =>
    importFrom(command, (onUnread) => new MlrunsFolder(folder, onUnread)),
  )
}

function sourceHeaders(command: Command): Record<string, string> {
  const token = ioOf(command).env.GATEHOUSE_SOURCE_TOKEN
  return token ? { Authorization: `Bearer ${token}` } : {}
}

function addImport(command: Command): Command {
  addJobs(command).option('--dry-run', 'count what is there and can be read, and write nothing')
  return addServer(command, 'changes')
}

async function importFrom(
  command: Command,
  open: (onUnread: OnUnread) => ImportSource,
): Promise<void> {
  const jobs = jobsOf(command)
  const tally = new Tally()
  try {
    const source = open((what, problem) => tally.differs(what, problem))
    try {
      const { dryRun } = command.opts<{ dryRun?: boolean }>()
      const work = { source, jobs, tally }
      if (dryRun) await measure(command, work)
      else await callServer(command, (client) => takeOver(command, client, work))
      if (tally.differing > 0) setExitCode(command, exitCodes.failed)
    } finally {
      source.close()
    }
  } catch (err) {
    if (err instanceof SourceError) throw new StartError(err.message, { cause: err })
    throw err
  }
}

async function measure(command: Command, work: Work): Promise<void> {
  const { source, tally } = work
  await measureSource(work)
  print(command, { source: source.title, ...reportJson(tally) }, () =>
    measureLines(command, tally, `Would be taken over from ${source.title}`),
  )
}

/** Count what a source has, without files and points; it tells what of it cannot be read. */
async function measureSource({ source, tally }: Work): Promise<void> {
  for await (const { experiment_id: id } of source.experiments()) {
    tally.of('experiments').source++
    for await (const _run of source.runs(id)) tally.of('runs').source++
    for await (const _model of source.loggedModels(id)) tally.of('logged models').source++
  }
  for await (const model of source.models()) {
    tally.of('registered models').source++
    tally.of('aliases').source += model.aliasVersions.length
    for await (const _version of source.versions(model)) tally.of('versions').source++
  }
}

type Work = { readonly source: ImportSource; readonly jobs: number; readonly tally: Tally }

async function takeOver(
  command: Command,
  client: GatehouseClient,
  { source, jobs, tally }: Work,
): Promise<void> {
  const taken = new Taken()
  const experiments: ExperimentItem[] = []
  let total = 0
  for await (const item of source.experiments()) {
    experiments.push(item)
    total += await source.countRuns(item.experiment_id)
  }
  const bar = startProgress({ unit: 'runs', total, output: ioOf(command).err })
  try {
    const work = { client, source, tally, jobs, bar, taken }
    await takeOverTracking(work, experiments)
    await takeOverRegistry(work)
  } finally {
    bar.stop()
  }
  const here = new MlflowServer(
    new JsonServer('this server', (path, init) => client.fetch(path, init)),
    (what, problem) => tally.differs(`${what} here`, problem),
  )
  await compareTracking({ client, here, taken, tally })
  await compareRegistry({ here, taken, tally })
  print(command, { source: source.title, ...reportJson(tally) }, () =>
    reportLines(command, tally, { title: `Taken over from ${source.title}`, source: 'there' }),
  )
}
