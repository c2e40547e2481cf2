import { sql } from 'drizzle-orm'
import { findFile } from '../../artifacts/files.ts'
import { maskCredentials } from '../../core/mask.ts'
import type { Context } from '../../platform/context.ts'
import { isRun } from '../../tracking/run.ts'
import type { ModelVersion } from '../versions/read-versions.ts'
import { readText, textBytesMax } from './read-text.ts'
import { readYaml } from './read-yaml.ts'

/** What the files of a model say about it. */
export type LoggedFiles = {
  readonly signature?: LoggedSignature
  readonly flavors?: readonly string[]
  /** Requirements, a line each. */
  readonly environment?: readonly string[]
  /** Files that exist but cannot be read. */
  readonly problems?: readonly string[]
}

const historyTag = 'mlflow.log-model.history'

/** What it takes to find the files of a version. */
type FiledVersion = Pick<ModelVersion, 'manifestId' | 'runId' | 'source'>

/** The version's own root, and the model's folder in a version of its run's whole folder. */
const modelFolders = ['', 'model/']
const requirementsMax = 2000
/** It holds the signature: some 20,000 columns. */
const mlmodelBytesMax = 1_500_000

/**
 * @param version its files if it is sealed, otherwise what its run says about the model
 * @throws DATA_LOSS a stored file is damaged
 */
export async function readModelFiles(ctx: Context, version: FiledVersion): Promise<LoggedFiles> {
  const { manifestId } = version
  if (manifestId === null) return readHistory(ctx, version)
  const problems: string[] = []
  const mlmodel = await readMlmodel(ctx, manifestId, problems)
  const named = { name: 'requirements.txt', bytesMax: textBytesMax }
  const requirements = await readModelFile(ctx, manifestId, named, problems)
  return {
    ...mlmodel,
    ...(requirements !== undefined && { environment: requirementsOf(requirements) }),
    ...(problems.length > 0 && { problems }),
  }
}

/** A signature, or why it cannot be read; neither if there is none. */
export type FoundSignature = {
  readonly signature?: LoggedSignature | undefined
  readonly problem?: string | undefined
}

/** @throws DATA_LOSS the stored MLmodel is damaged */
export async function readSignature(ctx: Context, version: FiledVersion): Promise<FoundSignature> {
  const { manifestId } = version
  const problems: string[] = []
  const logged =
    manifestId === null
      ? await readHistory(ctx, version)
      : await readMlmodel(ctx, manifestId, problems)
  const all = [...problems, ...(logged.problems ?? [])]
  return { signature: logged.signature, problem: all.length > 0 ? all.join('; ') : undefined }
}

/** @param problems gets what cannot be read */
async function readMlmodel(
  ctx: Context,
  manifest: number,
  problems: string[],
): Promise<LoggedFiles> {
  const text = await readModelFile(
    ctx,
    manifest,
    { name: 'MLmodel', bytesMax: mlmodelBytesMax },
    problems,
  )
  return text === undefined ? {} : fromMlmodel(text, problems)
}

async function readModelFile(
  ctx: Context,
  manifest: number,
  { name, bytesMax }: { readonly name: string; readonly bytesMax: number },
  problems: string[],
): Promise<string | undefined> {
  for (const folder of modelFolders) {
    const file = await findFile(ctx, { manifest }, folder + name)
    if (!file) continue
    const read = await readText(ctx, file, bytesMax)
    if ('text' in read) return read.text
    problems.push(`${file.path}: ${read.problem}`)
  }
  return undefined
}

function fromMlmodel(text: string, problems: string[]): LoggedFiles {
  const yaml = readYaml(text)
  if ('problem' in yaml) {
    problems.push(`MLmodel: it is ${yaml.problem}`)
    return {}
  }
  const mlmodel = yaml.value
  if (!(mlmodel instanceof Map)) {
    problems.push('MLmodel: it is no mapping')
    return {}
  }
  const flavors = mlmodel.get('flavors')
  return {
    ...signatureOf(mlmodel.get('signature'), problems),
    ...(flavors instanceof Map && { flavors: flavorsFrom([...flavors.keys()].map(String)) }),
  }
}

/** @param given null or absent: the model has none */
function signatureOf(given: unknown, problems: string[]): Pick<LoggedFiles, 'signature'> {
  if (given === undefined || given === null) return {}
  const read = readSignatureParts(given)
  if ('signature' in read) return read
  problems.push(`MLmodel: its signature ${read.problem}`)
  return {}
}

/** `python_function` is how every Python model can be called and says nothing where another is named. */
function flavorsFrom(names: readonly string[]): string[] {
  const others = names.filter((name) => name !== 'python_function')
  return others.length > 0 ? others : [...names]
}

function requirementsOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => maskCredentials(line.replace(/(^|\s)#.*$/, '').trim()))
    .filter((line) => line !== '')
    .slice(0, requirementsMax)
}

/**
 * Clients before 3.0 list the models that a run logged in a tag, as JSON. This is the model in that
 * list whose folder the version's source names.
 */
async function readHistory(ctx: Context, { runId, source }: FiledVersion): Promise<LoggedFiles> {
  if (!runId) return {}
  const tag = await ctx.db.first(sql<{ value: string }>`select t.value
    from runs join run_tags t on t.run = runs.id and t.key = ${historyTag}
    where ${isRun(ctx, runId)}`)
  if (!tag) return {}
  const history = readJson(tag.value)
  if ('problem' in history) return { problems: [`tag ${historyTag}: it ${history.problem}`] }
  const entries = history.value
  if (!Array.isArray(entries)) return {}
  const entry: unknown = entries.findLast(
    (item) => typeof item?.artifact_path === 'string' && source.endsWith(`/${item.artifact_path}`),
  )
  if (!isObject(entry)) return {}
  const { signature, flavors } = entry
  const problems: string[] = []
  return {
    ...signatureOf(signature, problems),
    ...(problems.length > 0 && { problems }),
    ...(isObject(flavors) && { flavors: flavorsFrom(Object.keys(flavors)) }),
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** MLflow's model signature as it was logged: columns in, columns out, params. Plain JSON, nested little. */
export type LoggedSignature = Readonly<Record<string, unknown>>

/** Types of columns nest; what is deeper was not written by a client. */
const depthMax = 64

const lists = ['inputs', 'outputs']

/**
 * A signature as an MLmodel has it: each part is JSON text, or YAML. Parts that are null are left out.
 *
 * @returns the signature; or what is wrong, to follow its name
 */
function readSignatureParts(given: unknown): { signature: LoggedSignature } | { problem: string } {
  const parts = plainFrom(given)
  if (!isObject(parts)) return { problem: 'is no mapping' }
  const named: [string, unknown][] = []
  for (const [key, part] of Object.entries(parts)) {
    const read = typeof part === 'string' ? readJson(part) : { value: part }
    if ('problem' in read) return { problem: `${read.problem} (${key})` }
    if (read.value === null) continue
    if (lists.includes(key) && !isListOfObjects(read.value)) {
      return { problem: `has ${key} that are no list of columns` }
    }
    named.push([key, read.value])
  }
  return { signature: Object.fromEntries(named) }
}

/** The value of JSON text, if it is not nested too deep to be written again; or what is wrong. */
function readJson(text: string): { value: unknown } | { problem: string } {
  if (depthOf(text) > depthMax) return { problem: `is nested deeper than ${depthMax} levels` }
  try {
    return { value: JSON.parse(text) }
  } catch {
    return { problem: 'is not valid JSON' }
  }
}

/** How deep JSON text is nested. Other text may give any number. */
function depthOf(text: string): number {
  let [depth, deepest, isQuoted] = [0, 0, false]
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (char === '"') isQuoted = !isQuoted
    else if (isQuoted) {
      if (char === '\\') i++
    } else if (char === '[' || char === '{') deepest = Math.max(deepest, ++depth)
    else if (char === ']' || char === '}') depth--
  }
  return deepest
}

/** Maps of YAML, which is nested little, as objects. */
function plainFrom(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainFrom)
  if (!(value instanceof Map)) return value
  return Object.fromEntries([...value].map(([key, item]) => [String(key), plainFrom(item)]))
}

function isListOfObjects(value: unknown): boolean {
  return Array.isArray(value) && value.every(isObject)
}
