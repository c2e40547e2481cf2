import { Command } from 'commander'
import { type FileToExport, readFilesBelow } from '../../artifacts/export.ts'
import { type FileToImport, importFiles } from '../../artifacts/import.ts'
import { cleanPath } from '../../artifacts/path.ts'
import { chunksOf } from '../../core/bytes.ts'
import { RegistryError } from '../../core/error.ts'
import { anonymous } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { listPlainFiles, writePlainFile } from '../../platform/node/plain-folder.ts'
import { sha256 } from '../../platform/node/sha256.ts'
import { S3BlobStore } from '../../platform/s3/s3-blob-store.ts'
import { s3Options } from '../../platform/s3/s3-options.ts'
import type { Given } from '../../platform/settings/setting-table.ts'
import { StartError } from '../../platform/start-error.ts'
import { openAudited } from '../../registry/files/damaged-files.ts'
import { type CheckedBlob, readBlobCount, verifyStore } from '../../registry/files/verify-store.ts'
import { getVersionByAlias } from '../../registry/stages/aliases.ts'
import { getVersion } from '../../registry/versions/versions.ts'
import { enterWorkspace } from '../../workspaces/reach.ts'
import { exitCodes } from '../exit-codes.ts'
import { ioOf, note, setExitCode } from '../io.ts'
import { addSettings, givenSettings } from '../options.ts'
import { print } from '../print.ts'
import { type ProgressBar, startProgress } from '../progress.ts'
import { openStorage, type StorageUse } from '../storage.ts'
import { addWorkspace, workspaceOf } from '../with-server.ts'

/** `gatehouse artifacts`: import files from MLflow's server, export them, verify them. */
export function artifactsCommand(): Command {
  return new Command('artifacts')
    .description('take artifact files in, write them out, or check that they are what was stored')
    .addCommand(importCommand())
    .addCommand(exportCommand())
    .addCommand(verifyCommand())
}

function importCommand(): Command {
  const command = new Command('import')
    .description("take in a folder or s3:// prefix that MLflow's server filled; may be repeated")
    .argument('<source>', "MLflow's artifact root: a folder such as ./mlartifacts, or s3://...")
    .option('--to <path>', 'path in the store that the source becomes', '')
    .option('--json', 'print the counts as JSON')
  return addSettings(addWorkspace(command), ['storage']).action(async (source: string) => {
    await withStore(command, 'makes', async (ctx, given) => {
      const files = source.startsWith('s3://') ? bucketFiles(source, given) : listPlainFiles(source)
      const bar = startProgress({ unit: 'files', output: ioOf(command).err })
      const to = cleanPath(command.opts<{ to: string }>().to)
      const imported = await importFiles(ctx, counted(files, bar), to).finally(bar.stop)
      for (const { path, reason } of imported.refused) note(command, `refused ${path}: ${reason}`)
      const { files: count, sizeBytes, skipped, refused } = imported
      const wire = { files: count, size_bytes: sizeBytes, skipped, refused }
      print(command, wire, [
        `took in ${imported.files} files of ${imported.sizeBytes} bytes; ${imported.skipped} were there already, ${imported.refused.length} refused`,
      ])
      if (imported.refused.length > 0) setExitCode(command, exitCodes.failed)
    })
  })
}

function exportCommand(): Command {
  const command = new Command('export')
    .description('write files out of the store as plain files')
    .argument('<path>', 'path in the store, or models:/name/version or models:/name@alias')
    .argument('<folder>', 'where to write; made when missing')
    .option('--json', 'print the counts as JSON')
  return addSettings(addWorkspace(command), ['storage']).action(
    async (path: string, folder: string) => {
      await withStore(command, 'reads', async (ctx) => {
        let files = 0
        let sizeBytes = 0
        for await (const file of counted(
          await filesOf(ctx, path),
          startProgress({ unit: 'files', output: ioOf(command).err }),
        )) {
          await writePlainFile(folder, file.path, chunksOf(await openAudited(ctx, file)))
          files++
          sizeBytes += file.sizeBytes
        }
        print(command, { files, size_bytes: sizeBytes }, [
          `wrote ${files} files of ${sizeBytes} bytes to ${folder}`,
        ])
      })
    },
  )
}

function verifyCommand(): Command {
  const command = new Command('verify')
    .description('read every stored file again, and list those that are missing or changed')
    .option('--json', 'print the counts and what is damaged as JSON')
  return addSettings(command, ['storage']).action(async () => {
    await withStore(command, 'reads', async (ctx) => {
      const damaged: CheckedBlob[] = []
      let [files, sizeBytes] = [0, 0]
      const bar = startProgress({
        ...{ unit: 'files', output: ioOf(command).err },
        total: await readBlobCount(ctx),
      })
      for await (const blob of counted(verifyStore(ctx), bar)) {
        files++
        sizeBytes += blob.sizeBytes
        if (blob.problem) damaged.push(blob)
      }
      print(command, { files, size_bytes: sizeBytes, damaged: damaged.map(blobToWire) }, () => [
        ...damaged.flatMap(({ problem, sha256, shownAs }) =>
          (shownAs.length > 0 ? shownAs : [`sha256:${sha256}`]).map(
            (place) => `${problem} ${place}`,
          ),
        ),
        `read ${files} files of ${sizeBytes} bytes; ${damaged.length} damaged`,
      ])
      if (damaged.length > 0) setExitCode(command, exitCodes.failed)
    })
  })
}

/** The same items; each advances the bar when the next one is asked for, and the end takes it away. */
async function* counted<T>(items: AsyncIterable<T>, bar: ProgressBar): AsyncIterable<T> {
  try {
    for await (const item of items) {
      yield item
      bar.advance()
    }
  } finally {
    bar.stop()
  }
}

function blobToWire({ sha256, sizeBytes, problem, shownAs }: CheckedBlob) {
  return { sha256, size_bytes: sizeBytes, problem, shown_as: shownAs }
}

async function filesOf(ctx: Context, path: string): Promise<AsyncIterable<FileToExport>> {
  const match = /^models:\/+(.+?)(?:@([^@/]+)|\/(\d+))$/.exec(path)
  if (!match?.[1]) return readFilesBelow(ctx, {}, cleanPath(path))
  const [, name, alias, number] = match
  const version = alias
    ? await getVersionByAlias(ctx, name, alias)
    : await getVersion(ctx, name, Number(number))
  if (version.manifestId === null) {
    throw new StartError(`'${path}' has no files here; they lie at ${version.storageLocation}`)
  }
  return readFilesBelow(ctx, { manifest: version.manifestId }, '')
}

/** The files of an outside bucket. Keys that end with a slash stand for folders and are skipped. */
async function* bucketFiles(place: string, given: Given): AsyncIterable<FileToImport> {
  const bucket = new S3BlobStore(s3Options(place, given), sha256)
  for await (const { key, sizeBytes, writtenAtMs } of bucket.list('')) {
    if (key === '' || key.endsWith('/')) continue
    const open = async () => {
      const blob = await bucket.get(key)
      if (!blob) throw new StartError(`${place}: '${key}' went while it was to be read`)
      return chunksOf(blob.body)
    }
    yield { path: key, sizeBytes, changedAtMs: writtenAtMs, open }
  }
}

/** Run `work` on the store that the settings name; a user's mistake is one clear line. */
async function withStore(
  command: Command,
  use: StorageUse,
  work: (ctx: Context, given: Given) => Promise<void>,
): Promise<void> {
  const given = givenSettings(command, ioOf(command).env)
  const platform = await openStorage(command, use)
  try {
    const requestId = platform.randomId()
    const userAgent = 'gatehouse artifacts'
    const ctx = { ...platform, principal: anonymous, workspace: 'default', requestId, userAgent }
    await work(await enterWorkspace(ctx, workspaceOf(command)), given)
  } catch (err) {
    if (err instanceof RegistryError) throw new StartError(err.message, { cause: err })
    throw err
  } finally {
    await platform.close()
  }
}
