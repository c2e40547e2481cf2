import { excerpt, invalid, type RegistryError } from './error.ts'
import { messages } from './messages.ts'

/** The tag that makes a registered model a prompt, and a version a prompt version. */
export const promptKey = 'mlflow.prompt.is_prompt'

/** Longest key of a param, metric or tag, in characters. */
export const keyCharsMax = 250

/**
 * Refuses text of more than `charsMax` characters (Unicode code points, as MLflow counts).
 *
 * @param field the request's parameter, for the message
 */
export function checkLength(value: string, charsMax: number, field: string): void {
  if (value.length <= charsMax) return
  // A character is one or two code units, so only texts in between have to be counted.
  if (value.length > 2 * charsMax || countCharacters(value) > charsMax) {
    throw invalid(messages.tooLong(field, charsMax))
  }
}

/** Whether databases keep a text as it is: it has no NUL, and no half of a character. */
export function isWholeText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000')
}

/** Refuses a text that no database keeps as it is. @param field the request's parameter, for the message */
export function checkWholeText(text: string, field: string): void {
  if (isWholeText(text)) return
  throw invalid(`Invalid value for '${excerpt(field)}': it holds a NUL or a lone surrogate`)
}

/** `value` cut to `charsMax` characters: what MLflow does to long param and run tag values. */
export function truncate(value: string, charsMax: number): string {
  return value.length <= charsMax
    ? value
    : [...value.slice(0, 2 * charsMax)].slice(0, charsMax).join('')
}

/** `text` without blanks and whatever else cannot be seen. */
export function keepVisible(text: string): string {
  return text.replace(/[\p{Z}\p{C}\p{Default_Ignorable_Code_Point}\u2800]/gu, '')
}

export function countCharacters(value: string): number {
  let count = value.length
  for (let i = 1; i < value.length; i++) {
    // The second unit of a pair; loops over characters take ten times as long.
    if ((value.charCodeAt(i) & 0xfc00) !== 0xdc00) continue
    if ((value.charCodeAt(i - 1) & 0xfc00) === 0xd800) count--
  }
  return count
}

/**
 * Refuses a key of a param, metric or tag that MLflow would refuse: other characters than letters
 * and digits of any script, `_ - . : /` and space, or a form that names another file when it is
 * taken for a path (`a//b`, `../a`, `/a`, `a/`).
 *
 * @param field the request's parameter, for the message
 * @param what how MLflow calls a key that is too long, where that is not the parameter's name
 */
export function checkKey(key: string, field: string, what: string = field): void {
  checkLength(key, keyCharsMax, what)
  if (!/^[\p{L}\p{N}_\-.:/ ]*$/u.test(key)) {
    throw invalid(
      `${messages.wrongText(key, field)}: ${messages.wrongCharacters} (letters and digits of any ` +
        "script) and the characters '_', '-', '.', ':', '/', ' '",
    )
  }
  if (!isPlainPath(key)) throw notPlainPath(key, field)
}

/** Whether `name`, taken for a relative path, is in its shortest form and stays where it is. */
export function isPlainPath(name: string): boolean {
  return (
    name !== '' && name.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  )
}

/** Whether an address can name it: URLs resolve `.` and `..`, and `..` between slashes is refused in them. */
export function isAddressable(name: string): boolean {
  return name !== '.' && !name.split('/').includes('..')
}

/** The error for a name that is no plain path. */
export function notPlainPath(name: string, field: string): RegistryError {
  return invalid(
    `${messages.wrongText(name, field)}: ${messages.notAPlainName}, and this one would then be ` +
      'another; leave out empty, "." and ".." parts',
  )
}

/**
 * The one of `names` that is most like `name`, if a few letters make the difference.
 *
 * @param fold what is compared of a name
 */
export function nearestOf(
  name: string,
  names: readonly string[],
  fold: (name: string) => string = (text) => text.toLowerCase(),
): string | undefined {
  const wanted = fold(name)
  let nearest: string | undefined
  let least = Math.max(2, Math.ceil(wanted.length / 3)) + 1
  for (const other of names) {
    const folded = fold(other)
    if (Math.abs(folded.length - wanted.length) >= least) continue
    const distance = editDistance(wanted, folded)
    if (distance < least) [nearest, least] = [other, distance]
  }
  return nearest
}

/** How many letters are to be put in, taken out or changed. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, i) => i)
  for (let i = 0; i < one.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < other.length; j++) {
      const changed = (row[j] ?? 0) + (one[i] === other[j] ? 0 : 1)
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

/** The workspace of callers who name none. It is always there. */
export const defaultWorkspace = 'default'

const workspaceCharsMin = 2
const workspaceCharsMax = 63

/** Names that would be taken for a part of an address. */
const reservedWorkspaces: readonly string[] = ['workspaces', 'api', 'ajax-api', 'static-files']

/** Refuses what cannot be the name of a workspace that is made, as MLflow 3.17.2 does. */
export function checkWorkspaceName(name: string): void {
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)) {
    throw invalid(
      `Workspace name '${excerpt(name)}' must match the pattern ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$ (lowercase alphanumeric with optional internal hyphens).`,
    )
  }
  if (name.length < workspaceCharsMin || name.length > workspaceCharsMax) {
    throw invalid(
      `Workspace name '${excerpt(name)}' must be between ${workspaceCharsMin} and ${workspaceCharsMax} characters.`,
    )
  }
  if (reservedWorkspaces.includes(name)) {
    throw invalid(`Workspace name '${name}' is reserved and cannot be used.`)
  }
}

/** What stands before the paths of pages and of the API to be in a workspace; nothing for the default one. */
export function workspacePath(workspace: string): string {
  return workspace === defaultWorkspace ? '' : `/workspaces/${encodeURIComponent(workspace)}`
}

/** A path, and the workspace that stands before it: `/workspaces/team-a/models`. */
export function splitWorkspacePath(path: string): {
  readonly path: string
  readonly workspace?: string
} {
  const [, workspace, rest] = /^\/workspaces\/([^/]+)(\/.*)?$/s.exec(path) ?? []
  return workspace === undefined ? { path } : { workspace, path: rest ?? '/' }
}

/** The order of texts by their UTF-16 units, as `sort` has it; below 0: the first comes first. */
export function compareUnits(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}
