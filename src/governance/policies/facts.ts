/** What gates look at of one version, read at one moment. */
export type VersionFacts = {
  /** `model_versions.id`. */
  readonly id: number
  readonly model: string
  readonly version: number
  readonly stage: string
  readonly aliases: readonly string[]
  readonly tags: Readonly<Record<string, string>>
  /** Latest value of each metric of its run and logged model; NaN where that is what was logged. */
  readonly metrics: Readonly<Record<string, number>>
  readonly params: Readonly<Record<string, string>>
  readonly datasets: readonly DatasetFact[]
  /** Null: it names no run, or that run is gone. */
  readonly run: RunFact | null
  /** Null: its MLmodel has none, or it has no files here. */
  readonly signature: Signature | null
  /** The authored part of its model card, in the words of the REST surface; null: it has none. */
  readonly card: Readonly<Record<string, unknown>> | null
  readonly createdAtMs: number
  /** When it last came into the stage it is in, by the audit log. */
  readonly stageSinceMs: number
  /** Null: not sealed. */
  readonly digest: string | null
  readonly manifestId: number | null
}

export type DatasetFact = { readonly name: string; readonly digest: string }
export type RunFact = { readonly id: string; readonly name: string; readonly status: string }

/** Columns by name, as an MLflow signature lists them. */
export type Signature = {
  readonly inputs: readonly SignatureColumn[]
  readonly outputs: readonly SignatureColumn[]
}
export type SignatureColumn = {
  /** Empty for a tensor without a name. */
  readonly name: string
  /** Its type as one text: `double`, `tensor(float64, [-1, 4])`. */
  readonly type: string
  readonly required: boolean
}

/** Facts as expressions see them. Lists are bounded, so that the cost of an expression is bounded. */
export function expressionFacts(facts: VersionFacts | undefined): object {
  if (!facts) return {}
  return {
    model: facts.model,
    version: facts.version,
    stage: facts.stage,
    aliases: facts.aliases.slice(0, itemsMax),
    tags: bounded(facts.tags),
    metrics: bounded(facts.metrics),
    params: bounded(facts.params),
    datasets: facts.datasets.slice(0, itemsMax),
    run: facts.run ?? {},
    signature: facts.signature ?? {},
    card: facts.card ?? {},
    created_at: facts.createdAtMs,
    digest: facts.digest ?? '',
  }
}

const itemsMax = 1000

function bounded<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(map).slice(0, itemsMax))
}
