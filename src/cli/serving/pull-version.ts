import { lstat, rename, rm, symlink } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'
import type { z } from 'zod'
import * as endpoints from '../../api/endpoints/serving.ts'
import { listVersionFiles } from '../../api/endpoints/version-files.ts'
import type { GatehouseClient } from '../../client/client.ts'
import { readEveryPage } from '../../client/every-page.ts'
import { isMissing } from '../../platform/node/read-file.ts'
import { StartError } from '../../platform/start-error.ts'
import type { CliOutput } from '../io.ts'
import { startProgress } from '../progress.ts'
import { fetchVersion } from './version-folder.ts'

export type ResolvedModel = z.output<typeof endpoints.resolveModel.answer>

/** A version whose files are in a folder. */
export type Pulled = ResolvedModel & {
  readonly folder: string
  readonly files: number
  readonly fetched: number
  readonly fetched_bytes: number
}

/** Where versions go: a folder, and a link that names the one that was pulled last. */
export type PullTarget = {
  readonly root: string
  readonly link?: string | undefined
  /** Where the progress is shown. */
  readonly err: CliOutput
}

/** What a `models:` URI means now. */
export function resolveModel(client: GatehouseClient, uri: string): Promise<ResolvedModel> {
  return client.call(endpoints.resolveModel, { query: { uri } })
}

/**
 * Fetch the files of a version, and then let the link name their folder.
 *
 * @throws StartError it is not sealed, a file is not what was sealed, or the link is something else
 */
export async function pullVersion(
  client: GatehouseClient,
  resolved: ResolvedModel,
  { root, link, err }: PullTarget,
): Promise<Pulled> {
  const { model: name, version, digest, download_uri: downloadUri } = resolved
  if (digest === undefined) {
    throw new StartError(
      `version ${version} of '${name}' is not sealed: its files lie elsewhere (${resolved.source}), and there is nothing to check them by`,
    )
  }
  if (link !== undefined) await refuseTaken(link)
  const items = await readEveryPage((page_token) =>
    client.call(listVersionFiles, { params: { name, version }, query: { page_token } }),
  )
  const files = items.map(({ path, size, sha256 }) => ({ path, sizeBytes: size, sha256 }))
  const bar = startProgress({ unit: 'files', total: files.length, output: err })
  const { folder, ...counts } = await fetchVersion(
    client,
    { digest, downloadUri, files },
    { root, onFile: () => bar.advance() },
  ).finally(bar.stop)
  if (link !== undefined) await switchLink(link, folder)
  const { files: count, fetched, fetchedBytes } = counts
  return { ...resolved, folder, files: count, fetched, fetched_bytes: fetchedBytes }
}

/** @throws StartError what has the link's name is no link */
async function refuseTaken(path: string): Promise<void> {
  try {
    if ((await lstat(path)).isSymbolicLink()) return
  } catch (err) {
    if (isMissing(err)) return
    throw err
  }
  throw new StartError(`${path} is there and no link; name another one with --link`)
}

/** At no moment is there no link: the new one takes the name of the old one. */
async function switchLink(path: string, folder: string): Promise<void> {
  const temporary = `${path}.new`
  await rm(temporary, { force: true })
  await symlink(relative(resolve(dirname(path)), resolve(folder)), temporary)
  await rename(temporary, path)
}

/** `fraud 7 (sha256:4f1e...) is in ./model/4f1e...: 12 files, 3 of them fetched` */
export function pulledText({ model, version, digest, folder, files, fetched }: Pulled): string {
  return `${model} ${version} (${digest}) is in ${folder}: ${files} files, ${fetched} of them fetched`
}
