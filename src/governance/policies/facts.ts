import { rememberEach } from './remember.ts'

/** The facts of one version that gates look at, all read at one moment. */
export type VersionFacts = TrackedFacts & {
  /** `model_versions.id`. */
  readonly id: number
  readonly model: string
  readonly version: number
  readonly stage: string
  readonly aliases: readonly string[]
  readonly tags: Readonly<Record<string, string>>
  /** The authored part of its model card, in the words of the REST surface; null: it has none. */
  readonly card: Readonly<Record<string, unknown>> | null
  /** Why something that exists cannot be read. It is not absent: gates that need it fail. */
  readonly unreadable: TrackedFacts['unreadable'] & { readonly card?: string }
  /** What was logged after registration or after the run ended, and which: `metrics.accuracy`. */
  readonly late: ReadonlyMap<string, string>
  /** What was there when the version was registered. */
  readonly atRegistration: TrackedFacts
  readonly createdAtMs: number
  /** When it last came into the stage it is in, by the audit log. */
  readonly stageSinceMs: number
  /** Null: not sealed. */
  readonly digest: string | null
  readonly manifestId: number | null
}

/** Facts that are kept with a version, from its run, its logged model and its files. */
export type TrackedFacts = {
  /** `sha256:` and hex, of all that is kept. */
  readonly factsDigest: string
  /** Latest value of each metric of its run and logged model; NaN if NaN was logged. */
  readonly metrics: Readonly<Record<string, number>>
  readonly params: Readonly<Record<string, string>>
  readonly datasets: readonly DatasetFact[]
  /** Null: it names no run, or that run is gone. */
  readonly run: RunFact | null
  /** Null: its MLmodel has none, or it has no files here. */
  readonly signature: Signature | null
  readonly unreadable: { readonly signature?: string }
}

/** The same versions, known by what was there at registration alone. */
export function factsAtRegistration(facts: VersionFacts): VersionFacts {
  const { atRegistration } = facts
  const { card } = facts.unreadable
  const unreadable = { ...atRegistration.unreadable, ...(card !== undefined && { card }) }
  return { ...facts, ...atRegistration, unreadable, late: new Map() }
}

export type DatasetFact = { readonly name: string; readonly digest: string }
export type RunFact = { readonly id: string; readonly name: string; readonly status: string }

/** Columns by name, as an MLflow signature lists them. */
export type Signature = {
  readonly inputs: readonly SignatureColumn[]
  readonly outputs: readonly SignatureColumn[]
  /** What may be sent beside the inputs; each has a default. Absent: nothing. */
  readonly params?: readonly SignatureColumn[]
}
export type SignatureColumn = {
  /** Empty for a tensor without a name. */
  readonly name: string
  /** Its type as one text: `double`, `tensor(float64, [-1, 4])`. */
  readonly type: string
  readonly required: boolean
}

/**
 * Facts as expressions see them. A list that is too long is left out as a whole, never cut: see
 * `tooLongLists`.
 */
export function expressionFacts(facts: VersionFacts | undefined): object {
  return facts ? factsShown(facts) : {}
}

/** The names of the facts in `expressionFacts`, and of what is measured beside them: `traces`. */
export const factNames = [
  ...['model', 'version', 'stage', 'aliases', 'tags', 'metrics', 'params', 'datasets'],
  ...['run', 'signature', 'card', 'created_at', 'digest', 'traces'],
]

const factsShown = rememberEach((facts: VersionFacts) => {
  const left = new Set(tooLongLists(facts))
  const lists = Object.entries(listsOf(facts)).filter(([name]) => !left.has(name))
  return {
    model: facts.model,
    version: facts.version,
    stage: facts.stage,
    ...Object.fromEntries(lists),
    run: facts.run ?? {},
    signature: facts.signature ?? {},
    card: facts.card ?? {},
    created_at: facts.createdAtMs,
    digest: facts.digest ?? '',
  }
})

/** The longest list that an expression may go through. */
export const itemsMax = 10_000

/** The names of the lists that are too long for an expression. */
export const tooLongLists = rememberEach((facts: VersionFacts) =>
  Object.entries(listsOf(facts)).flatMap(([name, list]) =>
    Object.keys(list).length > itemsMax ? [name] : [],
  ),
)

function listsOf({ aliases, tags, metrics, params, datasets }: VersionFacts) {
  return { aliases, tags, metrics, params, datasets }
}
