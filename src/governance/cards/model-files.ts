import { sql } from 'drizzle-orm'
import { findFile } from '../../artifacts/files.ts'
import type { Context } from '../../platform/context.ts'
import type { ModelVersion } from '../../registry/versions/read-versions.ts'
import { isRun } from '../../tracking/run.ts'
import { readYaml } from './read-yaml.ts'
import { readText } from './sealed-text.ts'

/** MLflow's model signature as it was logged: columns in, columns out, params. */
export type LoggedSignature = Readonly<Record<string, unknown>>

/** What the files of a model say of it. */
export type LoggedFiles = {
  readonly signature?: LoggedSignature
  readonly flavors?: readonly string[]
  /** Requirements, a line each. */
  readonly environment?: readonly string[]
  /** Files that are there and cannot be made out. */
  readonly problems?: readonly string[]
}

/** What it takes to find the files of a version. */
type FiledVersion = Pick<ModelVersion, 'manifestId' | 'runId' | 'source'>

/** The version's own root, and where the model lies in one that was registered with its run's folder. */
const modelFolders = ['', 'model/']
const requirementsMax = 2000

/**
 * @param version its files where it is sealed, else what its run tells of the model
 * @throws DATA_LOSS a stored file is damaged
 */
export async function readModelFiles(ctx: Context, version: FiledVersion): Promise<LoggedFiles> {
  const { manifestId } = version
  if (manifestId === null) return readHistory(ctx, version)
  const problems: string[] = []
  const mlmodel = await readMlmodel(ctx, manifestId, problems)
  const requirements = await readModelFile(ctx, manifestId, 'requirements.txt', problems)
  return {
    ...mlmodel,
    ...(requirements !== undefined && { environment: requirementsOf(requirements) }),
    ...(problems.length > 0 && { problems }),
  }
}

/**
 * The signature of a version; undefined where it has none, or none that can be made out.
 *
 * @throws DATA_LOSS the stored MLmodel is damaged
 */
export async function readSignature(
  ctx: Context,
  version: FiledVersion,
): Promise<LoggedSignature | undefined> {
  const { manifestId } = version
  const logged =
    manifestId === null ? await readHistory(ctx, version) : await readMlmodel(ctx, manifestId, [])
  return logged.signature
}

/** @param problems where it adds what cannot be made out */
async function readMlmodel(
  ctx: Context,
  manifest: number,
  problems: string[],
): Promise<LoggedFiles> {
  const text = await readModelFile(ctx, manifest, 'MLmodel', problems)
  return text === undefined ? {} : fromMlmodel(text, problems)
}

async function readModelFile(
  ctx: Context,
  manifest: number,
  name: string,
  problems: string[],
): Promise<string | undefined> {
  for (const folder of modelFolders) {
    const file = await findFile(ctx, { manifest }, folder + name)
    if (!file) continue
    const read = await readText(ctx, file)
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

/**
 * What clients before 3.0 tell of the models that a run logged, in a tag that is a JSON list: of
 * these the model whose folder the version's source names.
 */
async function readHistory(ctx: Context, { runId, source }: FiledVersion): Promise<LoggedFiles> {
  if (!runId) return {}
  const tag = await ctx.db.first(sql<{ value: string }>`select t.value
    from runs join run_tags t on t.run = runs.id and t.key = 'mlflow.log-model.history'
    where ${isRun(ctx, runId)}`)
  const entries = tag ? jsonOr(tag.value) : []
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
