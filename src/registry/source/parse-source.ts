import { addWorkspace, cleanPath, versionAddressOf, versionsFolder } from '../../artifacts/path.ts'
import { invalid, type RegistryError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import type { Context } from '../../platform/context.ts'
import type { Settings } from '../../platform/settings/settings.ts'
import { isPromptPlaceholder } from '../prompts.ts'
import type { Tag } from '../versions/read-versions.ts'
import { parseModelUri, type Selector } from './model-uri.ts'
import { parseSourceUri, type SourceUri } from './source-uri.ts'

/** A version to register, as a client describes it. */
export type NewVersion = {
  readonly name: string
  readonly source: string
  readonly runId: string
  readonly runLink: string
  readonly description: string
  /** The logged model that it is made from, `m-...`; empty for none. */
  readonly modelId: string
  readonly tags: readonly Tag[]
}

/** What the source of a new version names. Paths are decoded and have no slash at either end. */
export type Source =
  | { readonly kind: 'placeholder' }
  | { readonly kind: 'external' }
  | { readonly kind: 'store'; readonly path: string }
  | { readonly kind: 'run'; readonly runId: string; readonly path: string }
  | { readonly kind: 'logged model'; readonly modelId: string }
  | { readonly kind: 'version'; readonly name: string; readonly selector: Selector }
  | { readonly kind: 'version id'; readonly id: number }

/** Where a version is registered. */
type At = Pick<Context, 'settings' | 'workspace'>

/** Schemes that name a host which a server would have to trust, by MLflow's list and a few more. */
const hostSchemes: ReadonlySet<string> = new Set([
  ...['http', 'https', 'ws', 'wss', 'ftp', 'ftps', 'sftp', 'smb'],
  ...['hdfs', 'viewfs', 'abfss', 'r2', 'b2'],
])

/**
 * Read a version's source and apply the rules that do not need the store: the operator's
 * pattern, the scheme, the form of the path. No tag relaxes these rules.
 *
 * @param isPrompt the version is a prompt's, whose source is a placeholder
 * @throws INVALID_PARAMETER_VALUE
 */
export function parseSource(source: string, isPrompt: boolean, at: At): Source {
  const { settings } = at
  if (settings.sourcePattern && source.search(settings.sourcePattern) === -1) {
    throw invalid(`${messages.wrongSource(source)}: this server's operator allows others only`)
  }
  if (isPrompt) {
    if (isPromptPlaceholder(source)) return { kind: 'placeholder' }
    throw invalid(`${messages.wrongPromptSource(source)}: it must be 'dummy-source'`)
  }
  const uri = parseSourceUri(source)
  if (uri.scheme === 'mlflow-artifacts') return storeSource(uri, at)
  if (uri.scheme === 'runs') return runSource(source, uri)
  if (uri.scheme === 'models') return modelSource(source, uri)
  if (hostSchemes.has(uri.scheme)) checkHostScheme(uri.scheme, settings)
  return { kind: 'external' }
}

function storeSource(uri: SourceUri, { settings, workspace }: At): Source {
  if (uri.host !== '') {
    checkHostScheme(uri.scheme, settings)
    return { kind: 'external' }
  }
  const path = addWorkspace(workspace, cleanPath(uri.path.replace(/^\/+/, '')))
  const id = versionIdOfPath(path)
  return id === undefined ? { kind: 'store', path } : { kind: 'version id', id }
}

/**
 * The version (`model_versions.id`) that a source names by its read-only address, as older clients
 * do when they copy one; undefined when `path` is not such an address.
 *
 * @param path clean, in our store
 * @throws INVALID_PARAMETER_VALUE it names a part of the version; only the whole can be copied
 */
function versionIdOfPath(path: string): number | undefined {
  const [top, id = '', ...rest] = path.split('/')
  if (top !== versionsFolder || !/^[1-9]\d{0,14}$/.test(id)) return undefined
  if (rest.length > 0) {
    throw invalid(
      `Invalid model version source: a version is copied as a whole, from ${versionAddressOf(Number(id))}`,
    )
  }
  return Number(id)
}

function checkHostScheme(scheme: string, settings: Settings): void {
  if (settings.sourceSchemesAllowed.includes(scheme)) return
  throw invalid(
    `'source' cannot use the '${scheme}' scheme with a host of its own; the operator can allow it ` +
      'with MLFLOW_ALLOWED_HOST_ADDRESSED_ARTIFACT_SCHEMES',
  )
}

function runSource(source: string, uri: SourceUri): Source {
  const [runId = '', ...path] = uri.segments
  if (uri.host !== '') throw notContained(source, 'run_id')
  return { kind: 'run', runId, path: cleanPath(path.join('/')) }
}

function modelSource(source: string, uri: SourceUri): Source {
  if (uri.host !== '') {
    throw invalid(`${messages.wrongSource(source)}: only versions of this registry can be copied`)
  }
  const named = parseModelUri(source)
  if (named === undefined) throw notContained(source, 'model_id')
  const { name, selector } = named
  return selector ? { kind: 'version', name, selector } : { kind: 'logged model', modelId: name }
}

/** The source lies elsewhere than in the run or logged model that the request names. */
export function notContained(source: string, parameter: 'run_id' | 'model_id'): RegistryError {
  return invalid(
    `${messages.wrongSource(source)}: the parameter '${parameter}' must name the ` +
      `${parameter === 'run_id' ? 'run' : 'logged model'} that the source lies in`,
  )
}
