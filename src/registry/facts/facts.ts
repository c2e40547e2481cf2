import { maskCredentials } from '../../core/mask.ts'
import type { ModelDescription } from '../model-files/describe-model.ts'

/** What a version was made from. It is kept with the version, whatever becomes of run and files. */
export type Facts = ModelDescription & {
  readonly run_id?: string
  readonly run_name?: string
  /** Of the run or, without one, of the logged model. The name is the one at registration. */
  readonly experiment_id?: string
  readonly experiment?: string
  readonly params: Readonly<Record<string, string>>
  /** The latest value of each; `NaN` as text, since JSON has no number for it. */
  readonly metrics: Readonly<Record<string, number | 'NaN'>>
  /** The tags of the run. */
  readonly tags: Readonly<Record<string, string>>
  readonly datasets: readonly FactDataset[]
  /** The Git commit of the code that ran. */
  readonly code_version?: string
  readonly logged_model?: FactLoggedModel
}

export type FactLoggedModel = {
  readonly model_id: string
  readonly name: string
  readonly experiment_id: string
}

export type FactDataset = {
  readonly name: string
  readonly digest: string
  readonly source_type: string
  /** As it was logged: credentials in it are masked where it is shown. */
  readonly source: string
  /** `training`, if the run said so. */
  readonly context?: string
}

/** One fact that differs between two revisions; an absent side: it was not there, or is not now. */
export type FactChange = {
  /** `metrics.accuracy`, `params.depth`, `tags.team`, `datasets.iris@8f2c`, `code_version`. */
  readonly fact: string
  readonly before?: string | number | undefined
  readonly after?: string | number | undefined
}

export type FactChanges = { readonly listed: readonly FactChange[]; readonly more: number }

/** The facts of a version at some time. */
export type FactsRevision = {
  /** `model_versions.id`. */
  readonly versionId: number
  /** 1 was read when the version was registered. */
  readonly revision: number
  readonly atMs: number
  /** `sha256:` and hex, of `facts` as RFC 8785 JSON. */
  readonly digest: string
  readonly facts: Facts
  /** Metrics that were logged after the run had ended, by their own time. */
  readonly lateMetrics: readonly string[]
  /** Status of the run when it was last looked at; null: none was. */
  readonly runStatus: string | null
}

/** What the model of these facts says about itself. */
export function descriptionIn(facts: Facts): ModelDescription {
  const { signature, flavors, environment, problems } = facts
  return {
    ...(signature && { signature }),
    ...(flavors && { flavors }),
    ...(environment && { environment }),
    ...(problems && { problems }),
  }
}

/**
 * When what was not there at registration, or not with this value, was logged: by the names of
 * `FactChange`.
 */
export function lateFactsOf(first: Facts, newest: FactsRevision): Map<string, string> {
  const late = new Map(
    newest.lateMetrics.map((key) => [`metrics.${key}`, 'logged after the run ended']),
  )
  if (first === newest.facts) return late
  const [was, is] = [flatten(first), flatten(newest.facts)]
  for (const [fact, value] of is) {
    if (was.get(fact) !== value) late.set(fact, 'logged after registration')
  }
  for (const fact of was.keys()) {
    if (!is.has(fact)) late.set(fact, 'taken away after registration')
  }
  return late
}

const changesMax = 100
const textMax = 200

/** What differs between two revisions: the first 100 changes, and how many more there are. */
export function differenceOf(before: Facts, after: Facts): FactChanges {
  const [was, is] = [flatten(before), flatten(after)]
  const names = [...new Set([...was.keys(), ...is.keys()])]
  const differing = names.filter((name) => was.get(name) !== is.get(name)).sort()
  const listed = differing.slice(0, changesMax).map((fact) => ({
    fact: shorten(fact),
    before: shorten(was.get(fact)),
    after: shorten(is.get(fact)),
  }))
  return { listed, more: differing.length - listed.length }
}

/** Every fact under one name, as something that can be compared. */
function flatten(facts: Facts): Map<string, string | number> {
  const { params, metrics, tags, datasets, ...others } = facts
  const maps = Object.entries({ params, metrics, tags }).flatMap(([kind, map]) =>
    Object.entries(map).map(([key, value]) => [`${kind}.${key}`, value] as const),
  )
  const sets = datasets.map(
    ({ name, digest, source, context = '' }) =>
      [`datasets.${name}@${digest}`, [source, context].join(' ').trim()] as const,
  )
  const rest = Object.entries(others).map(
    ([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const,
  )
  return new Map([...maps, ...sets, ...rest])
}

/** Without credentials, since everybody who may read the audit log reads it. */
function shorten<T extends string | number | undefined>(given: T): T | string {
  const value = typeof given === 'string' ? maskCredentials(given) : given
  if (typeof value !== 'string' || value.length <= textMax) return value
  return `${value
    .slice(0, textMax)
    .toWellFormed()
    .replace(/\uFFFD$/, '')}...`
}
