import { Command } from 'commander'
import type { GatehouseClient } from '../../client/client.ts'
import { StartError } from '../../platform/start-error.ts'
import { exitCodes } from '../exit-codes.ts'
import { setExitCode } from '../io.ts'
import { print } from '../print.ts'
import { startProgress } from '../progress.ts'
import { addServer, callServer } from '../with-server.ts'
import { compareTracking } from './compare.ts'
import { compareRegistry } from './compare-registry.ts'
import { reportJson, reportLines } from './report.ts'
import { JsonReader, readerOf } from './sources/json-reader.ts'
import { MlflowDatabase } from './sources/mlflow-db.ts'
import { MlflowServer } from './sources/mlflow-server.ts'
import { MlrunsFolder } from './sources/mlruns.ts'
import type { ImportSource } from './sources/source.ts'
import { SourceError } from './sources/source-error.ts'
import { Taken, takeOverTracking } from './take-over.ts'
import { takeOverRegistry } from './take-over-registry.ts'
import { Tally } from './tally.ts'

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
    importFrom(command, () => new MlflowServer(readerOf(url, sourceHeaders()))),
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
    importFrom(
      command,
      () => new MlflowDatabase(file, command.opts<{ artifactsFrom: string }>().artifactsFrom),
    ),
  )
}

function folderCommand(): Command {
  const command = new Command('mlruns')
    .description('take over a folder that MLflow filled without a database')
    .argument('<folder>', 'mlruns, as MLflow calls it')
  return addImport(command).action((folder: string) =>
    importFrom(command, () => new MlrunsFolder(folder)),
  )
}

function sourceHeaders(): Record<string, string> {
  const token = process.env.GATEHOUSE_SOURCE_TOKEN
  return token ? { Authorization: `Bearer ${token}` } : {}
}

function addImport(command: Command): Command {
  command.option('--jobs <n>', 'runs that are read at a time, 1 to 32', '4')
  return addServer(command, 'changes')
}

async function importFrom(command: Command, open: () => ImportSource): Promise<void> {
  const jobs = Number(command.opts<{ jobs: string }>().jobs)
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > 32) {
    throw new StartError(`--jobs must be from 1 to 32, not '${command.opts().jobs}'`)
  }
  const source = open()
  try {
    await callServer(command, async (client) => {
      const tally = await takeOver(client, source, jobs)
      print(command, reportJson(tally, source.title), () =>
        reportLines(command, tally, source.title),
      )
      if (tally.differing > 0) setExitCode(command, exitCodes.failed)
    })
  } catch (err) {
    if (err instanceof SourceError) throw new StartError(err.message, { cause: err })
    throw err
  } finally {
    source.close()
  }
}

async function takeOver(
  client: GatehouseClient,
  source: ImportSource,
  jobs: number,
): Promise<Tally> {
  const [tally, taken] = [new Tally(), new Taken()]
  const bar = startProgress({ unit: 'runs', total: await countRuns(source) })
  try {
    const work = { client, source, tally, jobs, bar, taken }
    await takeOverTracking(work)
    await takeOverRegistry(work)
  } finally {
    bar.stop()
  }
  const here = new MlflowServer(
    new JsonReader('this server', (path, init) => client.fetch(path, init)),
  )
  await compareTracking({ client, here, taken, tally })
  await compareRegistry({ here, taken, tally })
  return tally
}

async function countRuns(source: ImportSource): Promise<number> {
  let count = 0
  for await (const { experiment_id } of source.experiments()) {
    for await (const _run of source.runs(experiment_id)) count++
  }
  return count
}
