import { findFile } from '../../artifacts/files.ts'
import { listFolder } from '../../artifacts/list.ts'
import type { ManifestFile } from '../../artifacts/manifest.ts'
import { readEntriesAt, readFilesBelow } from '../../artifacts/manifest-entries.ts'
import { joinPaths } from '../../artifacts/path.ts'
import { invalid } from '../../core/error.ts'
import { checkWholeText, isWholeText } from '../../core/names.ts'
import type { AppContext } from '../../http/app-env.ts'
import { readFormOrJson } from '../../http/body.ts'
import { sendArtifact } from '../../http/files/send-artifact.ts'
import { serverUrl } from '../../http/guards/reached.ts'
import { sendJson } from '../../http/send-json.ts'
import type { Context } from '../../platform/context.ts'
import { noteDownload } from '../../registry/files/downloads.ts'
import { noEntry } from './hub-errors.ts'
import { isCommit, type Repository, type Revision } from './repository.ts'

/** A version of a model, and where in it. */
type Place = { readonly repository: Repository; readonly revision: Revision }

/**
 * Answer a GET or HEAD of a file.
 *
 * @param asked.revision as it was asked for
 * @throws EntryNotFound
 */
export async function sendHubFile(
  c: AppContext,
  { repository, revision }: Place,
  asked: { readonly revision: string; readonly path: string },
): Promise<Response> {
  const { commit, manifest } = revision
  // Of an error too: then clients keep in mind that this version lacks the file.
  c.header('X-Repo-Commit', commit)
  const file = await findFile(c.var.ctx, { manifest }, asked.path)
  if (!file) throw noEntry(repository.id, asked.path)
  noteDownload(c.var.ctx, revision.version.id)
  const reply = await sendArtifact(c, file)
  const { headers } = reply
  headers.set('X-Repo-Commit', commit)
  headers.set('X-Linked-Size', String(file.sizeBytes))
  headers.set('X-Linked-ETag', `"${file.sha256}"`)
  // A stage may go back to an older file, which is another one all the same: the ETag alone tells.
  headers.delete('Last-Modified')
  // Clients compare the length with the plain bytes, so that nobody on the way may compress them.
  const lasting = isCommit(asked.revision) ? 'max-age=31536000, immutable' : 'no-cache'
  headers.set('Cache-Control', `private, no-transform, ${lasting}`)
  return reply
}

/** Entries of one page of a tree. */
const pageEntries = 1000

/**
 * Answer what lies in a folder of a version: files and folders, or all files at any depth. The next page
 * is named by the commit, so that all pages are of one version.
 *
 * @throws EntryNotFound no such folder
 */
export async function sendTree(
  c: AppContext,
  { repository, revision }: Place,
  folder: string,
): Promise<Response> {
  const { ctx } = c.var
  const isRecursive = /^(?:true|1)$/i.test(c.req.query('recursive') ?? '')
  const cursor = c.req.query('cursor') ?? ''
  if (!isWholeText(cursor)) throw invalid('Invalid cursor')
  const read = isRecursive ? readAllBelow : readFolder
  const { entries, next } = await read(ctx, revision, { folder, cursor })
  if (entries.length === 0 && folder !== '' && cursor === '') throw noEntry(repository.id, folder)
  if (next !== undefined) {
    const below = folder === '' ? '' : `/${folder.split('/').map(encodeURIComponent).join('/')}`
    const query = new URLSearchParams({ recursive: String(isRecursive), cursor: next })
    const path = `/hf/api/models/${repository.id}/tree/${revision.commit}${below}`
    c.header('Link', `<${serverUrl(c)}${path}?${query}>; rel="next"`)
  }
  return sendJson(c, entries, 200)
}

type Wanted = { readonly folder: string; readonly cursor: string }
type TreePage = { readonly entries: readonly object[]; readonly next: string | undefined }

async function readAllBelow(
  ctx: Context,
  { manifest }: Revision,
  { folder, cursor }: Wanted,
): Promise<TreePage> {
  const count = pageEntries + 1
  const files = await readFilesBelow(ctx, manifest, { folder, after: cursor, count })
  const shown = files.slice(0, pageEntries)
  const next = files.length > pageEntries ? shown.at(-1)?.path : undefined
  return { entries: shown.map(fileToWire), next }
}

async function readFolder(
  ctx: Context,
  { manifest, commit }: Revision,
  { folder, cursor }: Wanted,
): Promise<TreePage> {
  const from = cursor === '' ? undefined : cursor
  const place = { folder, count: pageEntries, from }
  const { entries, next } = await listFolder(ctx, { manifest }, place)
  const paths = entries.map(({ name, isFolder }) => ({ path: joinPaths(folder, name), isFolder }))
  const wanted = paths.filter(({ isFolder }) => !isFolder).map(({ path }) => path)
  const { files } = await readEntriesAt(ctx, manifest, wanted)
  const byPath = new Map(files.map((file) => [file.path, file]))
  return {
    next,
    entries: paths.flatMap(({ path, isFolder }) => {
      const file = isFolder ? undefined : byPath.get(path)
      if (file) return [fileToWire(file)]
      return isFolder ? [folderToWire(path, commit)] : []
    }),
  }
}

/** Paths that one call may ask for. */
const pathsMax = 10_000

/** Answer what there is at the paths that the body names. What is not there is left out. */
export async function sendPathsInfo(c: AppContext, { revision }: Place): Promise<Response> {
  const { manifest, commit } = revision
  const paths = await readPaths(c)
  const { files, folders } = await readEntriesAt(c.var.ctx, manifest, paths)
  const found = [...files.map(fileToWire), ...folders.map((path) => folderToWire(path, commit))]
  return sendJson(c, found, 200)
}

async function readPaths(c: AppContext): Promise<string[]> {
  const paths = (await readFormOrJson(c, 'paths')).map((path) => path.replace(/^\/+|\/+$/g, ''))
  if (paths.length > pathsMax) throw invalid(`At most ${pathsMax} paths can be asked for at once`)
  for (const path of paths) checkWholeText(path, 'paths')
  return paths
}

/** Clients check a file by `lfs`; without it they would take `oid` for an id of Git. */
function fileToWire({ path, sizeBytes, sha256 }: ManifestFile) {
  return {
    type: 'file',
    path,
    size: sizeBytes,
    oid: sha256.slice(0, 40),
    lfs: { oid: sha256, size: sizeBytes, pointerSize: 134 },
  }
}

function folderToWire(path: string, commit: string) {
  return { type: 'directory', path, size: 0, oid: commit }
}
