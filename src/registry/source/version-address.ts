import { versionAddressOf, versionsFolder } from '../../artifacts/path.ts'
import { invalid } from '../../core/error.ts'

/**
 * The version (`model_versions.id`) that a source names by its read-only address, as older clients
 * do when they copy one; undefined when `path` is no such address.
 *
 * @param path clean, in our store
 * @throws INVALID_PARAMETER_VALUE it names a part of the version; only the whole can be copied
 */
export function versionIdOfPath(path: string): number | undefined {
  const [top, id = '', ...rest] = path.split('/')
  if (top !== versionsFolder || !/^[1-9]\d{0,14}$/.test(id)) return undefined
  if (rest.length > 0) {
    throw invalid(
      `Invalid model version source: a version is copied as a whole, from ${versionAddressOf(Number(id))}`,
    )
  }
  return Number(id)
}
