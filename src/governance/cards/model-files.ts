import { parse } from 'yaml'
import { findFile } from '../../artifacts/files.ts'
import type { Context } from '../../platform/context.ts'
import { readText } from './sealed-text.ts'

/** What the files of a model say of it. */
export type LoggedFiles = {
  /** MLflow's model signature: columns in, columns out, params. */
  readonly signature?: Readonly<Record<string, unknown>>
  readonly flavors?: readonly string[]
  /** Requirements, a line each. */
  readonly environment?: readonly string[]
  /** Files that are there and cannot be made out. */
  readonly problems?: readonly string[]
}

/** The version's own root, and where the model lies in one that was registered with its run's folder. */
const modelFolders = ['', 'model/']
const requirementsMax = 2000

/**
 * @param manifest of a sealed version, whose files are read
 * @param history the run's tag `mlflow.log-model.history`: all there is of a model that lies elsewhere
 * @throws DATA_LOSS a stored file is damaged
 */
export async function readModelFiles(
  ctx: Context,
  manifest: number | null,
  history: string | undefined,
  source: string,
): Promise<LoggedFiles> {
  if (manifest === null) return fromHistory(history, source)
  const problems: string[] = []
  const read = async (name: string) => {
    for (const folder of modelFolders) {
      const file = await findFile(ctx, { manifest }, folder + name)
      if (!file) continue
      const read = await readText(ctx, file)
      if ('text' in read) return read.text
      problems.push(`${file.path}: ${read.problem}`)
    }
    return undefined
  }
  const [mlmodel, requirements] = [await read('MLmodel'), await read('requirements.txt')]
  const described = mlmodel === undefined ? {} : fromMlmodel(mlmodel, problems)
  return {
    ...described,
    ...(requirements !== undefined && { environment: requirementsOf(requirements) }),
    ...(problems.length > 0 && { problems }),
  }
}

function fromMlmodel(text: string, problems: string[]): LoggedFiles {
  let mlmodel: unknown
  try {
    mlmodel = parse(text, {
      mapAsMap: true,
      maxAliasCount: 20,
      uniqueKeys: false,
      logLevel: 'error',
    })
  } catch (err) {
    // The library throws of itself for bad YAML, and RangeError for YAML nested too deep.
    if (!(err instanceof Error)) throw err
    problems.push(`MLmodel: it is not valid YAML: ${err.message.split('\n')[0]}`)
    return {}
  }
  if (!(mlmodel instanceof Map)) {
    problems.push('MLmodel: it is no mapping')
    return {}
  }
  const flavors = mlmodel.get('flavors')
  const signature = mlmodel.get('signature')
  return {
    ...(signature instanceof Map && { signature: signatureFrom(signature) }),
    ...(flavors instanceof Map && { flavors: flavorsFrom([...flavors.keys()].map(String)) }),
  }
}

/** MLflow writes each part of a signature as JSON text; null ones are left out. */
function signatureFrom(parts: ReadonlyMap<unknown, unknown>): Record<string, unknown> {
  const named = [...parts].map(([key, value]) => [
    String(key),
    typeof value === 'string' ? jsonOr(value) : value,
  ])
  return Object.fromEntries(named.filter(([, value]) => value !== null))
}

/** `python_function` is how every Python model can be called and says nothing where another is named. */
function flavorsFrom(names: readonly string[]): string[] {
  const others = names.filter((name) => name !== 'python_function')
  return others.length > 0 ? others : [...names]
}

function requirementsOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '')
    .slice(0, requirementsMax)
}

/** Of the run's models the one whose folder the source names. */
function fromHistory(history: string | undefined, source: string): LoggedFiles {
  const entries = history === undefined ? [] : jsonOr(history)
  if (!Array.isArray(entries)) return {}
  const entry: unknown = entries.findLast(
    (item) => typeof item?.artifact_path === 'string' && source.endsWith(`/${item.artifact_path}`),
  )
  if (!isObject(entry)) return {}
  const { signature, flavors } = entry
  return {
    ...(isObject(signature) && {
      signature: signatureFrom(new Map(Object.entries(signature))),
    }),
    ...(isObject(flavors) && { flavors: flavorsFrom(Object.keys(flavors)) }),
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What JSON text holds; text that is no JSON stands for itself. */
function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
