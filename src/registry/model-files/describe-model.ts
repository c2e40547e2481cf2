import { sql } from 'drizzle-orm'
import { findFile } from '../../artifacts/files.ts'
import { RegistryError } from '../../core/error.ts'
import { maskCredentials } from '../../core/mask.ts'
import type { Context } from '../../platform/context.ts'
import { isRun } from '../../tracking/run.ts'
import { isObject, type LoggedSignature, readJson, readSignature } from './logged-signature.ts'
import { readText, type StoredFile, textBytesMax } from './read-text.ts'
import { readYaml } from './read-yaml.ts'

/** What the files of a model say about it. Absent is what they do not say. */
export type ModelDescription = {
  readonly signature?: LoggedSignature
  readonly flavors?: readonly string[]
  /** Requirements, a line each, without credentials. */
  readonly environment?: readonly string[]
  /** Why something that is there cannot be read. */
  readonly problems?: readonly FileProblem[]
}

/** A file, or a part of one, that exists but cannot be read. It is not absent. */
export type FileProblem = {
  /** What it may say and nobody can tell. */
  readonly facts: readonly DescribedFact[]
  /** In words for who logged it. */
  readonly detail: string
  /** The stored bytes are not what was stored: it can be read once they are restored. */
  readonly isDamage?: true
}

type DescribedFact = 'signature' | 'flavors' | 'environment'

/** Where to find what a model says about itself. */
export type ModelPlace = {
  /** A file by its path below the model's root; absent: the files do not lie in our store. */
  readonly find?:
    | ((path: string) => StoredFile | undefined | Promise<StoredFile | undefined>)
    | undefined
  readonly runId: string | null
  readonly source: string
}

const historyTag = 'mlflow.log-model.history'

/** The model's own root, and its folder in a run's whole folder. */
const modelFolders = ['', 'model/']
const requirementsMax = 2000

type ModelFile = {
  readonly name: string
  readonly bytesMax: number
  readonly facts: readonly DescribedFact[]
}
/** It holds the signature: some 20,000 columns. */
const mlmodelFile: ModelFile = {
  name: 'MLmodel',
  bytesMax: 1_500_000,
  facts: ['signature', 'flavors'],
}
const requirementsFile: ModelFile = {
  name: 'requirements.txt',
  bytesMax: textBytesMax,
  facts: ['environment'],
}

/**
 * What a model says about itself: its files or, if they do not lie in our store, its run. Whatever
 * cannot be read is told as a problem.
 */
export async function describeModel(ctx: Context, place: ModelPlace): Promise<ModelDescription> {
  if (!place.find) return readHistory(ctx, place)
  const problems: FileProblem[] = []
  const find = { find: place.find, problems }
  const mlmodel = await readModelFile(ctx, mlmodelFile, find)
  const requirements = await readModelFile(ctx, requirementsFile, find)
  return withProblems(problems, {
    ...(mlmodel !== undefined && (await fromMlmodel(mlmodel, problems))),
    ...(requirements !== undefined && { environment: requirementsOf(requirements) }),
  })
}

/** What a version's model says about itself. */
export function describeVersion(
  ctx: Context,
  { manifestId, runId, source }: Omit<ModelPlace, 'find'> & { readonly manifestId: number | null },
): Promise<ModelDescription> {
  const find =
    manifestId === null
      ? undefined
      : (path: string) => findFile(ctx, { manifest: manifestId }, path)
  return describeModel(ctx, { find, runId, source })
}

/** Why a fact cannot be read, in one text; undefined: it was read, or there is none. */
export function whyUnreadable(
  { problems = [] }: Pick<ModelDescription, 'problems'>,
  fact: DescribedFact,
): string | undefined {
  const details = problems.filter(({ facts }) => facts.includes(fact)).map(({ detail }) => detail)
  return details.length > 0 ? details.join('; ') : undefined
}

function withProblems(
  problems: readonly FileProblem[],
  description: ModelDescription,
): ModelDescription {
  return { ...description, ...(problems.length > 0 && { problems }) }
}

/** The first of the files that can be read. */
async function readModelFile(
  ctx: Context,
  { name, bytesMax, facts }: ModelFile,
  { find, problems }: Required<Pick<ModelPlace, 'find'>> & { readonly problems: FileProblem[] },
): Promise<string | undefined> {
  for (const folder of modelFolders) {
    const file = await find?.(folder + name)
    if (!file) continue
    const read = await readUndamaged(ctx, file, bytesMax)
    if ('text' in read) return read.text
    const { problem, isDamage } = read
    problems.push(
      isDamage
        ? { facts, detail: problem, isDamage }
        : { facts, detail: `${file.path}: ${problem}` },
    )
  }
  return undefined
}

async function readUndamaged(
  ctx: Context,
  file: StoredFile,
  bytesMax: number,
): Promise<{ text: string } | { problem: string; isDamage?: true }> {
  try {
    return await readText(ctx, file, bytesMax)
  } catch (err) {
    if (!(err instanceof RegistryError && err.code === 'DATA_LOSS')) throw err
    return { problem: err.message, isDamage: true }
  }
}

async function fromMlmodel(text: string, problems: FileProblem[]): Promise<ModelDescription> {
  const { name, facts } = mlmodelFile
  const yaml = await readYaml(text)
  if ('problem' in yaml) {
    problems.push({ facts, detail: `${name}: it is ${yaml.problem}` })
    return {}
  }
  const mlmodel = yaml.value
  if (!(mlmodel instanceof Map)) {
    problems.push({ facts, detail: `${name}: it is no mapping` })
    return {}
  }
  const flavors = mlmodel.get('flavors')
  return {
    ...(await signatureOf(mlmodel.get('signature'), problems)),
    ...(flavors instanceof Map && { flavors: flavorsFrom([...flavors.keys()].map(String)) }),
  }
}

/** @param given null or absent: the model has none */
async function signatureOf(
  given: unknown,
  problems: FileProblem[],
): Promise<Pick<ModelDescription, 'signature'>> {
  if (given === undefined || given === null) return {}
  const read = await readSignature(given)
  if ('signature' in read) return read
  problems.push({ facts: ['signature'], detail: `MLmodel: its signature ${read.problem}` })
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
async function readHistory(ctx: Context, { runId, source }: ModelPlace): Promise<ModelDescription> {
  if (!runId) return {}
  const tag = await ctx.db.first(sql<{ value: string }>`select t.value
    from runs join run_tags t on t.run = runs.id and t.key = ${historyTag}
    where ${isRun(ctx, runId)}`)
  if (!tag) return {}
  const history = readJson(tag.value)
  if ('problem' in history) {
    const detail = `tag ${historyTag}: it ${history.problem}`
    return { problems: [{ facts: mlmodelFile.facts, detail }] }
  }
  const entries = history.value
  if (!Array.isArray(entries)) {
    const detail = `tag ${historyTag}: it is no list of models`
    return { problems: [{ facts: mlmodelFile.facts, detail }] }
  }
  const entry: unknown = entries.findLast(
    (item) => typeof item?.artifact_path === 'string' && source.endsWith(`/${item.artifact_path}`),
  )
  if (!isObject(entry)) return {}
  const { signature, flavors } = entry
  const problems: FileProblem[] = []
  return withProblems(problems, {
    ...(await signatureOf(signature, problems)),
    ...(isObject(flavors) && { flavors: flavorsFrom(Object.keys(flavors)) }),
  })
}
