import { absent, excerpt, invalid, type RegistryError } from '../core/error.ts'
import { parseRowId } from '../core/int64.ts'
import { messages } from '../core/messages.ts'
import { checkLength, isPlainPath, notPlainPath } from '../core/names.ts'

const nameCharsMax = 500
const aliasCharsMax = 255
/** Characters of a description: more than MLflow's column, less than a row of D1. */
const descriptionCharsMax = 100_000

/**
 * Refuses what MLflow refuses as the name of a registered model, and names that are too long.
 *
 * @param field the request's parameter, for the message
 */
export function checkModelName(name: string, field = 'name'): void {
  const impossible = impossibleName(name, field)
  if (impossible) throw impossible
  if (!isPlainPath(name)) throw notPlainPath(name, field)
  checkLength(name, nameCharsMax, field)
}

function impossibleName(name: string, field = 'name'): RegistryError | undefined {
  if (name.trim() === '') return invalid(messages.missing(field))
  if (!/[/:]/.test(name)) return undefined
  return invalid(`${messages.wrongModelName(name)}; choose another one`)
}

/** Refuses a description that is too long. @throws INVALID_PARAMETER_VALUE */
export function checkDescription(description: string | null | undefined): void {
  checkLength(description ?? '', descriptionCharsMax, 'description')
}

/** Refuses a text that cannot be an alias. @throws INVALID_PARAMETER_VALUE */
export function checkAlias(alias: string): void {
  checkLength(alias, aliasCharsMax, 'Registered model alias name')
  if (!/^[\p{L}\p{N}_-]+$/u.test(alias)) {
    throw invalid(
      `${messages.wrongAlias(alias)}. ${messages.wrongCharacters}, underscores and dashes`,
    )
  }
}

/** Refuses to set an alias that has a meaning of its own; reading by it is allowed. */
export function checkNotReserved(alias: string): void {
  if (isLatest(alias)) throw invalid(`${messages.aliasIsLatest}; choose another one`)
  if (/^v\d+$/i.test(alias)) {
    throw invalid(`${messages.aliasIsVersion(alias)}: it reads as a version number`)
  }
}

/** `latest` in any case stands for the highest version. */
export function isLatest(alias: string): boolean {
  return alias.toLowerCase() === 'latest'
}

/**
 * A version's number, as text in a request: `01` and ` 1` are 1, as in MLflow. There need not
 * be a version of that number.
 *
 * @throws INVALID_PARAMETER_VALUE it is not an integer
 */
export function parseVersion(text: string): number {
  const version = parseRowId(text)
  if (version === undefined) {
    throw invalid(messages.wrongVersion(text))
  }
  return version
}

/** 404 for a registered model, or 400 for a name that none can have. */
export function modelNotFound(name: string): RegistryError {
  return impossibleName(name) ?? absent(messages.noRegisteredModel(name))
}

/** 404 for a version; an unknown model is reported the same way, as in MLflow. */
export function versionNotFound(name: string, version: number | string): RegistryError {
  return impossibleName(name) ?? absent(messages.noVersion(name, excerpt(String(version))))
}
