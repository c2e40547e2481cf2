import { type ArtifactFile, type FilePlace, findFile, isFolder } from '../../artifacts/files.ts'
import { type FolderItem, listFolder } from '../../artifacts/list.ts'
import { joinPaths, storePathOf, versionsFolder } from '../../artifacts/path.ts'
import { absent, excerpt, invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import type { PageKey } from '../../core/page-token.ts'
import type { Context } from '../../platform/context.ts'
import { type Page, readPageFrom } from '../../search/page.ts'
import { noteDownload } from './downloads.ts'
import { findManifestId } from './version-manifest.ts'

/** A path, and where it is to be looked up: in the store, or among a version's sealed files. */
export type Located = {
  readonly place: FilePlace
  readonly path: string
  readonly shown: string
  /** `model_versions.id`, where the files are those of a version. */
  readonly versionId?: number
}

/**
 * Entries of one answer when the client sets no limit: far more than any folder that a page shows.
 */
export const entriesMax = 100_000

/**
 * Where `path` of the artifact proxy is looked up: below `model-versions/<id>` among the sealed
 * files of that version, else in the index; undefined for a version that does not exist.
 *
 * @param path clean
 */
export async function locatePath(ctx: Context, path: string): Promise<Located | undefined> {
  const [top, id = '', ...rest] = path.split('/')
  if (top !== versionsFolder) return { place: {}, path, shown: path }
  const manifest = /^[1-9]\d{0,14}$/.test(id) ? await findManifestId(ctx, Number(id)) : undefined
  return manifest === undefined
    ? undefined
    : { place: { manifest }, path: rest.join('/'), shown: path, versionId: Number(id) }
}

/**
 * The place of `path` below an artifact URI that the server gave out in the workspace.
 *
 * @param path clean, relative
 * @throws INVALID_PARAMETER_VALUE the URI lies outside this server's store
 */
export function below({ workspace }: Context, artifactUri: string, path: string): Located {
  const root = storePathOf(artifactUri, workspace)
  if (root === undefined) {
    throw invalid(
      `Artifacts at '${excerpt(artifactUri)}' lie outside this server's store and are not opened by it; read them with the client`,
    )
  }
  const full = joinPaths(root, path)
  return { place: {}, path: full, shown: full }
}

/** @throws RESOURCE_DOES_NOT_EXIST, or INVALID_PARAMETER_VALUE for a folder */
export async function getLocated(
  ctx: Context,
  { place, path, shown, versionId }: Located,
): Promise<ArtifactFile> {
  const file = path === '' ? undefined : await findFile(ctx, place, path)
  if (file && versionId !== undefined) noteDownload(ctx, versionId)
  if (file) return file
  if (await isFolder(ctx, place, path)) {
    throw invalid(`Artifact path '${excerpt(shown)}' is a folder; name a file in it`)
  }
  throw absent(messages.noArtifact(shown))
}

/**
 * What the list calls share. MLflow has no paging here, so without `max_results` all is answered.
 */
export type ListQuery = { readonly count: number; readonly token: string | undefined }

/** One page of a folder; within the page sorted by name, as in MLflow. */
export async function listLocated(
  ctx: Context,
  { place, path }: Located,
  { count, token }: ListQuery,
): Promise<Page<FolderItem>> {
  const fingerprint = ['artifacts', place.manifest ?? ctx.workspace, path]
  return readPageFrom({ fingerprint, token }, isFolderPlace, async (from) => {
    const { entries, next } = await listFolder(ctx, place, { folder: path, count, from: from?.[0] })
    return {
      items: [...entries].sort((a, b) => (a.name < b.name ? -1 : 1)),
      next: next === undefined ? undefined : ([next] as const),
    }
  })
}

/** Where a page of a folder starts: a name in it. */
function isFolderPlace(key: PageKey): key is readonly [string] {
  return key.length === 1 && typeof key[0] === 'string'
}
