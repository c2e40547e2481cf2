import type { Context } from '../../platform/context.ts'
import type { FactDataset, Facts } from '../../registry/facts/facts.ts'
import { readReadableFacts } from '../../registry/facts/readable-facts.ts'
import { getVersionFiles } from '../../registry/files/version-manifest.ts'
import type { ModelDescription } from '../../registry/model-files/describe-model.ts'
import type { ModelVersion } from '../../registry/versions/read-versions.ts'
import { readVersionTraces, type VersionTraces } from '../version-traces.ts'

/**
 * What the server knows about a version by itself. Absent is what is not known, and what the caller
 * may not read.
 */
export type Derived = Omit<ModelDescription, 'problems'> &
  Pick<Facts, 'run_id' | 'experiment' | 'params' | 'metrics' | 'code_version'> & {
    readonly datasets: readonly Pick<FactDataset, 'name' | 'digest' | 'source'>[]
    /** What it did in the last 30 days; absent: it has no traces. */
    readonly traces?: VersionTraces
    /** Files that exist but cannot be read. */
    readonly problems?: readonly string[]
    /** `sha256:` and hex, of the version's files; absent if it is not sealed. */
    readonly digest?: string
  }

export async function derive(ctx: Context, version: ModelVersion): Promise<Derived> {
  const [found, { digest }, traced] = await Promise.all([
    readReadableFacts(ctx, [version]),
    getVersionFiles(ctx, version.name, version.version),
    readVersionTraces(ctx, [version]),
  ])
  const traces = traced.get(version.id)
  const facts = found.get(version.id)?.facts
  const { run_id, experiment, signature, flavors, environment, problems, code_version } =
    facts ?? {}
  return {
    ...(run_id !== undefined && { run_id }),
    ...(experiment !== undefined && { experiment }),
    params: sorted(facts?.params),
    metrics: sorted(facts?.metrics),
    datasets: (facts?.datasets ?? []).map(({ name, digest, source }) => ({ name, digest, source })),
    ...(signature && { signature }),
    ...(flavors && { flavors }),
    ...(environment && { environment }),
    ...(problems && { problems: problems.map(({ detail }) => detail) }),
    ...(code_version !== undefined && { code_version }),
    ...(traces && { traces }),
    ...(digest !== null && { digest }),
  }
}

function sorted<T>(values: Readonly<Record<string, T>> = {}): Record<string, T> {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}
