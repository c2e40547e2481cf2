import { RegistryError } from '../../core/error.ts'
import type { Derived } from '../../governance/cards/derived.ts'
import type { Context } from '../../platform/context.ts'
import { getRunInfo } from '../../tracking/runs/read-runs.ts'

/** How MLflow makes models, as builds are named in SLSA's provenance. */
const buildType = 'https://gatehouse.example/build/mlflow-run/v1'

/**
 * What a version was made from, as SLSA's provenance: its run, the commit of the code, the datasets.
 *
 * @param derived as the caller may see it
 * @returns undefined: it has no run, or the caller may not read it
 */
export async function readProvenance(
  ctx: Context,
  { run_id: runId, experiment, code_version: commit, datasets, params }: Derived,
): Promise<Record<string, unknown> | undefined> {
  if (runId === undefined || experiment === undefined) return undefined
  const times = await readTimes(ctx, runId)
  return {
    buildDefinition: {
      buildType,
      externalParameters: { experiment, run: runId, params },
      resolvedDependencies: [
        ...(commit === undefined ? [] : [{ name: 'code', digest: { gitCommit: commit } }]),
        // The digest is one of MLflow's own making, so it has a name of its own.
        ...datasets.map(({ name, digest, source }) => ({
          name,
          ...(source && { annotations: { source } }),
          ...(digest && { digest: { mlflow: digest } }),
        })),
      ],
    },
    runDetails: {
      builder: { id: ctx.serverUrl?.() ?? ctx.settings.publicUrl ?? 'gatehouse' },
      metadata: { invocationId: runId, ...times },
    },
  }
}

/** A run may be gone for good while its facts are kept. */
async function readTimes(ctx: Context, runId: string): Promise<Record<string, string>> {
  try {
    const { startTimeMs, endTimeMs } = await getRunInfo(ctx, runId)
    return {
      ...dated('startedOn', startTimeMs),
      ...(endTimeMs !== undefined && dated('finishedOn', endTimeMs)),
    }
  } catch (err) {
    if (err instanceof RegistryError && err.code === 'RESOURCE_DOES_NOT_EXIST') return {}
    throw err
  }
}

/** Clients may log a moment that no calendar has. */
function dated(name: string, atMs: number | bigint): Record<string, string> {
  const date = new Date(Number(atMs))
  return Number.isNaN(date.getTime()) ? {} : { [name]: date.toISOString() }
}
