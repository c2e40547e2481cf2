import { type SQL, sql } from 'drizzle-orm'
import { workspacesFolder } from '../../artifacts/path.ts'
import { excerpt, invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { checkLength, defaultWorkspace } from '../../core/names.ts'
import { decodePercent } from '../../core/percent.ts'
import type { Context } from '../../platform/context.ts'

/** Schemes of a host that a client or server would connect to, as MLflow lists them. */
const hostSchemes = new Set([
  ...['http', 'https', 'ftp', 'ftps', 'sftp', 'hdfs', 'viewfs', 'webhdfs', 'abfs', 'abfss', 'r2'],
  ...['runs', 'models'],
])
const locationCharsMax = 2048

/**
 * Check an experiment's `artifact_location`, which is then stored as given. A bucket, a `file:` URI
 * or a path is for the client to open; this server never does.
 *
 * @throws INVALID_PARAMETER_VALUE it names a host or another entity, has a scheme that settings do
 *   not allow, a parent segment in any encoding, or a fragment
 */
export function checkArtifactLocation(ctx: Context, location: string): void {
  checkLength(location, locationCharsMax, 'artifact_location')
  const shown = excerpt(location)
  const refused = (reason: string) =>
    invalid(`${messages.wrongText(location, 'artifact_location')}: ${reason}`)
  const plain = decodePercent(location)
  if (/[#]|\p{Cc}/u.test(plain))
    throw invalid(`${messages.wrongLocation}, nor control characters: '${shown}'`)
  if (plain.split(/[\\/?&=;]/).some((segment) => segment.trim() === '..')) {
    throw refused('it must not have parent segments (..)')
  }
  const scheme = /^\s*([a-z][a-z0-9+.-]+):/i.exec(plain)?.[1]?.toLowerCase()
  if (scheme !== undefined && hostSchemes.has(scheme)) {
    throw refused(`the scheme '${scheme}' is not allowed here; use a bucket or mlflow-artifacts:/`)
  }
  if (scheme === 'mlflow-artifacts' && /^\s*mlflow-artifacts:\/\//i.test(plain)) {
    throw refused('it must not name a host; write mlflow-artifacts:/path')
  }
  const allowed = ctx.settings.artifactSchemes
  if (allowed && scheme !== 'mlflow-artifacts' && !allowed.includes(scheme ?? 'file')) {
    throw refused(`this server allows only mlflow-artifacts, ${allowed.join(', ')}`)
  }
}

/**
 * Where experiments of the context's workspace keep artifacts, each in a folder of its number, if they
 * say nothing else; without a slash at its end.
 */
export function artifactRootOf({ workspace, workspaceRoot, settings }: Context): string {
  if (workspaceRoot !== undefined) return workspaceRoot.replace(/(?<=[^:/])\/+$/, '')
  const root = settings.defaultArtifactRoot
  return workspace === defaultWorkspace ? root : `${root}/${workspacesFolder}/${workspace}`
}

/** An experiment's artifact location, from a row of `experiments`. */
export function locationColumn(ctx: Context): SQL {
  return sql`coalesce(experiments.artifact_location, ${ctx.settings.defaultArtifactRoot} || '/' || experiments.id)`
}

/**
 * `path` below the artifact location of a row of `experiments`; a query string stays at the end.
 *
 * @param path begins with a slash
 */
export function artifactUriColumn(ctx: Context, path: string | SQL): SQL {
  const location = locationColumn(ctx)
  return sql`iif(instr(${location}, '?') = 0,
    rtrim(${location}, '/') || ${path},
    rtrim(substr(${location}, 1, instr(${location}, '?') - 1), '/') || ${path} || substr(${location}, instr(${location}, '?')))`
}
