import { RegistryError } from '../../core/error.ts'
import { maskCredentials } from '../../core/mask.ts'
import type { Context } from '../../platform/context.ts'
import { getVersionFiles } from '../../registry/files/version-manifest.ts'
import {
  describeVersion,
  type ModelDescription,
} from '../../registry/model-files/describe-model.ts'
import type { ModelVersion } from '../../registry/versions/read-versions.ts'
import { getExperiment } from '../../tracking/experiments/experiment.ts'
import type { LoggedModel } from '../../tracking/logged-models/logged-model.ts'
import { getLoggedModel } from '../../tracking/logged-models/read-logged-models.ts'
import type { Metric, Run } from '../../tracking/run.ts'
import { findLoggedModelLineage, readReadableRuns } from '../../tracking/runs/run-lineage.ts'

/**
 * What the server knows about a version by itself. Absent is what is not known, and what the caller
 * may not read.
 */
export type Derived = Omit<ModelDescription, 'problems'> & {
  /** Files that exist but cannot be read. */
  readonly problems?: readonly string[]
  readonly run_id?: string
  /** Its name. */
  readonly experiment?: string
  readonly params: Readonly<Record<string, string>>
  /** The last value of each; NaN as text, since JSON has no number for it. */
  readonly metrics: Readonly<Record<string, number | 'NaN'>>
  readonly datasets: readonly { name: string; digest: string; source: string }[]
  /** Git commit of the code that made it. */
  readonly code_version?: string
  /** `sha256:` and hex, of the version's files; absent if it is not sealed. */
  readonly digest?: string
}

/** @throws DATA_LOSS a file that it reads is damaged */
export async function derive(ctx: Context, version: ModelVersion): Promise<Derived> {
  const [run] = await readReadableRuns(ctx, version.runId ? [version.runId] : [])
  const [loggedModel, files, { digest }] = await Promise.all([
    version.modelId && (await findLoggedModelLineage(ctx, version.modelId))
      ? ifThere(getLoggedModel(ctx, version.modelId, { deletedToo: true }))
      : undefined,
    // For a version that is not sealed, the run says what its files are.
    run || version.manifestId !== null ? readFiles(ctx, version) : {},
    getVersionFiles(ctx, version.name, version.version),
  ])
  const experimentId = run?.experimentId ?? loggedModel?.experimentId
  const experiment =
    experimentId === undefined ? undefined : await ifThere(getExperiment(ctx, experimentId))
  const codeVersion = run?.tags.find(({ key }) => key === 'mlflow.source.git.commit')?.value
  return {
    ...(version.runId && { run_id: version.runId }),
    ...(experiment && { experiment: experiment.name }),
    params: byKey((run?.params.length ? run : loggedModel)?.params ?? [], (param) =>
      maskCredentials(param.value),
    ),
    metrics: metricsOf(run, loggedModel),
    datasets: (run?.datasetInputs ?? []).map(({ dataset: { name, digest, source } }) => ({
      name,
      digest,
      source: maskCredentials(source),
    })),
    ...files,
    ...(codeVersion !== undefined && { code_version: codeVersion }),
    ...(digest !== null && { digest }),
  }
}

/** @throws DATA_LOSS one of the files is damaged */
async function readFiles(
  ctx: Context,
  version: ModelVersion,
): Promise<Pick<Derived, 'signature' | 'flavors' | 'environment' | 'problems'>> {
  const { problems, ...described } = await describeVersion(ctx, version)
  const damage = problems?.find(({ isDamage }) => isDamage)
  if (damage) throw new RegistryError('DATA_LOSS', damage.detail)
  return { ...described, ...(problems && { problems: problems.map(({ detail }) => detail) }) }
}

/** The run's metrics or, if the run has none, those of the logged model. */
function metricsOf(run: Run | undefined, model: LoggedModel | undefined): Derived['metrics'] {
  const points: readonly Metric[] = run?.metrics.length ? run.metrics : (model?.metrics ?? [])
  return byKey(points, ({ value }) => (Number.isNaN(value) ? 'NaN' : value))
}

/** An object by key; a later item wins. Keys such as `__proto__` are keys like others. */
function byKey<T extends { readonly key: string }, V>(
  items: readonly T[],
  value: (item: T) => V,
): Record<string, V> {
  const sorted = [...items].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return Object.fromEntries(sorted.map((item) => [item.key, value(item)]))
}

/** Runs, experiments and logged models may have been purged since. */
async function ifThere<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found
  } catch (err) {
    if (err instanceof RegistryError && err.code === 'RESOURCE_DOES_NOT_EXIST') return undefined
    throw err
  }
}
