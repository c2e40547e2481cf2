import { versionsFolder } from './files.ts'
import { cleanPath } from './path.ts'

/**
 * The path in our store that an artifact URI stands for, e.g. `1/<run id>/artifacts`; undefined
 * for what lies elsewhere (a bucket, another host's proxy, a local folder), which this server
 * never opens.
 *
 * @throws INVALID_PARAMETER_VALUE the path climbs or is too long
 */
export function storePathOf(uri: string): string | undefined {
  const match = /^mlflow-artifacts:(?!\/\/[^/])\/*([^?]*)/i.exec(uri)
  return match ? cleanPath(match[1] ?? '') : undefined
}

/** The read-only address of a model version, by `model_versions.id`. */
export function versionAddress(modelVersionId: number): string {
  return `mlflow-artifacts:/${versionsFolder}/${modelVersionId}`
}
