import { findModelOfRun } from '../../governance/lineage.ts'
import { listPolicies, selectPolicies } from '../../governance/policies/policies.ts'
import type { Context } from '../../platform/context.ts'
import { getModel } from '../../registry/models/registered-models.ts'
import { listStages } from '../../registry/stages/stage-list.ts'
import { isActive } from '../../registry/stages/stages.ts'
import { readMetricsOfVersion } from '../../registry/versions/version-metrics.ts'
import type { Run } from '../../tracking/run.ts'
import { boundsOf, type MetricBound } from '../parts/metric-bounds.ts'

/** What the metrics of a run are held against: gates of a model, and the version of it that is live. */
export type RunReferences = {
  readonly model: string
  readonly bounds: readonly (MetricBound & { readonly metric: string })[]
  readonly live:
    | {
        readonly version: number
        readonly stage: string
        readonly metrics: ReadonlyMap<string, number>
      }
    | undefined
}

/** Those of the model that the run became a version of, or that other runs of its experiment did. */
export async function readReferences(
  ctx: Context,
  run: Run,
  keys: readonly string[],
): Promise<RunReferences | undefined> {
  const name = await findModelOfRun(ctx, run)
  if (name === undefined) return undefined
  const [model, stages, policies] = await Promise.all([
    getModel(ctx, name),
    listStages(ctx),
    listPolicies(ctx),
  ])
  const live = stages
    .filter((stage) => isActive(stage.name))
    .toReversed()
    .flatMap(
      (stage) => model.latestVersions.find((version) => version.stage === stage.name) ?? [],
    )[0]
  return {
    model: name,
    bounds: stages.flatMap((stage) =>
      selectPolicies(policies, name, { stage: stage.name }).flatMap(boundsOf(stage.name)),
    ),
    live: live && {
      version: live.version,
      stage: live.stage,
      metrics: await readMetricsOfVersion(ctx, live, keys),
    },
  }
}

/** A value that a chart has a line for. */
export type ReferenceLine = {
  readonly kind: 'gate' | 'live'
  readonly value: number
  readonly text: string
}

export function linesFor(
  { bounds, live, model }: RunReferences,
  key: string,
  textOf: (value: number) => string,
): ReferenceLine[] {
  const value = live?.metrics.get(key)
  return [
    ...bounds
      .filter(({ metric }) => metric === key)
      .map((bound) => ({
        kind: 'gate' as const,
        value: bound.value,
        text: `gate ${textOf(bound.value)}: ${bound.policy} asks for at ${bound.is} that in ${bound.stage}`,
      })),
    ...(live && value !== undefined
      ? [
          {
            kind: 'live' as const,
            value,
            text: `live (${live.version}) ${textOf(value)}: ${model} ${live.version} in ${live.stage}`,
          },
        ]
      : []),
  ]
}
