import { excerpt, invalid, SealedError } from '../core/error.ts'
import { messages } from '../core/messages.ts'
import { defaultWorkspace } from '../core/names.ts'
import { decodePercent } from '../core/percent.ts'
import type { Context } from '../platform/context.ts'

/** Bounds of what clients may name, in bytes of UTF-8. */
const segmentBytesMax = 255
const pathBytesMax = 1024

const encoder = new TextEncoder()

/**
 * A client's path in the one form in which it is judged, stored and looked up: percent-decoded
 * until nothing changes, as MLflow's server and its clients do it, so that no spelling of a path
 * gets past a check that another would not; empty and `.` segments dropped; control characters
 * percent-encoded, so that `Icon\r` of a Mac can be kept. The empty path is the root.
 *
 * So names survive that mean the same decoded: blanks, umlauts, `+`, `100%.txt`. A file that is
 * literally called `a%20b` is kept as `a b`, which is what the clients ask for.
 *
 * @throws INVALID_PARAMETER_VALUE it climbs (`..`), is absolute, a `file:` URI, holds NUL or `#`,
 *   is not UTF-8, or is too long
 */
export function cleanPath(given: string): string {
  const decoded = decodePath(given)
  const segments = decoded.split('/').filter((segment) => segment !== '' && segment !== '.')
  const clean = segments.join('/')
  // `./file:x` is none until its first segment has gone.
  const problem = problemOf(decoded) ?? problemOf(clean)
  if (problem)
    throw invalid(`${messages.wrongPath} '${excerpt(escapeControls(given))}': ${problem}`)
  return checkLength(escapeControls(clean))
}

/** As `cleanPath`, of a file: it must not be the root nor end like a folder. */
export function cleanFilePath(given: string): string {
  const path = cleanPath(given)
  if (path === '' || /\/\.?$/.test(decodePath(given))) {
    throw invalid(
      `${messages.wrongPath} '${excerpt(path)}': it must name a file and not end with '/'`,
    )
  }
  return path
}

/** `path` below `folder`, both clean. @throws INVALID_PARAMETER_VALUE together they are too long */
export function joinPaths(folder: string, path: string): string {
  return checkLength([folder, path].filter((part) => part !== '').join('/'))
}

/** Whether `given` has a `..` segment in any spelling. */
export function climbs(given: string): boolean {
  return decodePath(given).split('/').includes('..')
}

function problemOf(decoded: string): string | undefined {
  if (decoded.includes('\0')) return 'it holds a NUL'
  if (decoded.includes('#')) return "it holds a '#'"
  if (/^file:/i.test(decoded)) return 'it is a file: URI'
  if (/^(\/|\\|[a-z]:[\\/])/i.test(decoded)) return 'it is absolute; give a relative path'
  if (decoded.split('/').includes('..')) return "it has a '..' segment"
  return undefined
}

/** Escapes become characters; a `%` that starts none stays. */
function decodePath(given: string): string {
  return decodePercent(given, (escapes, cause) => {
    throw invalid(`${messages.wrongPath}: '${excerpt(escapes)}' is not UTF-8`, { cause })
  })
}

/** Control characters as `%0a`, which is how MLflow's clients write them. */
function escapeControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
  return text.replace(/[\u0000-\u001f\u007f]/g, (char) => {
    return `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}

function checkLength(path: string): string {
  if (encoder.encode(path).byteLength > pathBytesMax) {
    throw invalid(
      `${messages.wrongPath} '${excerpt(path)}': it has more than ${pathBytesMax} bytes`,
    )
  }
  const long = path
    .split('/')
    .find((segment) => encoder.encode(segment).byteLength > segmentBytesMax)
  if (long !== undefined) {
    throw invalid(
      `${messages.wrongPath}: '${excerpt(long)}' has more than ${segmentBytesMax} bytes`,
    )
  }
  return path
}

/** A range of paths: from `start` to before `end`. */
export type FolderRange = { readonly start: string; readonly end: string }

/**
 * All paths below a folder: from `folder/` to before `folder0`, since `0` follows `/`. The empty
 * path is the root.
 */
export function folderRangeOf(folder: string): FolderRange {
  // Nothing in UTF-8 sorts after U+10FFFF.
  return folder === ''
    ? { start: '', end: '\u{10ffff}' }
    : { start: `${folder}/`, end: `${folder}0` }
}

/** The last segment of a path. */
export function baseNameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** The folders that a path lies in, outermost first: `a/b/c` is in `a` and `a/b`. */
export function foldersAboveOf(path: string): string[] {
  const segments = path.split('/').slice(0, -1)
  return segments.map((_, i) => segments.slice(0, i + 1).join('/'))
}

/** The one top-level folder that clients cannot write: read-only addresses of model versions. */
export const versionsFolder = 'model-versions'

/** The top-level folder that has a folder for each workspace but the default one. */
export const workspacesFolder = 'workspaces'

/**
 * A path of the artifact proxy as the context's workspace keeps it, as in MLflow 3.17.2: below the
 * workspace's own folder, which clients may leave out. The addresses of versions are everywhere.
 *
 * @param path clean
 * @throws INVALID_PARAMETER_VALUE it names the folder of another workspace
 */
export function placeInWorkspace({ workspace, settings }: Context, path: string): string {
  if (!settings.workspaces) return path
  const [top, named = ''] = path.split('/')
  if (top === workspacesFolder) {
    if (named === workspace) return path
    throw invalid(
      named === ''
        ? "Artifact paths prefixed with 'workspaces/' must include a workspace name."
        : `Artifact path targets workspace '${excerpt(named)}' but the workspace specified in the request is '${workspace}'.`,
    )
  }
  return addWorkspace(workspace, path)
}

/** A clean path of our store, below the workspace's own folder if it is not there yet. */
export function addWorkspace(workspace: string, path: string): string {
  const [top, named] = path.split('/')
  if (workspace === defaultWorkspace || top === versionsFolder) return path
  if (top === workspacesFolder && named === workspace) return path
  return joinPaths(`${workspacesFolder}/${workspace}`, path)
}

/** @throws SealedError `path` is below a version's read-only address */
export function assertWritable(path: string): void {
  if (path !== versionsFolder && !path.startsWith(`${versionsFolder}/`)) return
  throw new SealedError(
    `'${excerpt(path)}' cannot be written: '${versionsFolder}' holds the sealed files of model versions`,
  )
}

/**
 * The path in our store that an artifact URI stands for in a workspace, e.g. `1/<run id>/artifacts`;
 * undefined for what lies elsewhere (a bucket, another host's proxy, a local folder), which this
 * server never opens.
 *
 * @throws INVALID_PARAMETER_VALUE the path climbs or is too long
 */
export function storePathOf(uri: string, workspace: string): string | undefined {
  const match = inStore.exec(uri)
  return match ? addWorkspace(workspace, cleanPath(match[1] ?? '')) : undefined
}

/** Whether an artifact URI means our store, be it well formed or not. */
export function isOfStore(uri: string): boolean {
  return inStore.test(uri)
}

const inStore = /^mlflow-artifacts:(?!\/\/[^/])\/*([^?]*)/i

/** The read-only address of a model version, by `model_versions.id`. */
export function versionAddressOf(modelVersionId: number): string {
  return `mlflow-artifacts:/${versionsFolder}/${modelVersionId}`
}
