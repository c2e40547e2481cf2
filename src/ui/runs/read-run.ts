import { readVersionsOfRuns, type VersionOfRun } from '../../governance/lineage.ts'
import type { Context } from '../../platform/context.ts'
import { type Experiment, getExperiment } from '../../tracking/experiments/experiment.ts'
import { requireRun } from '../../tracking/permissions.ts'
import type { Run } from '../../tracking/run.ts'
import { getRun } from '../../tracking/runs/read-runs.ts'
import { findRunLineage, type RunLineage } from '../../tracking/runs/run-lineage.ts'
import { findRunKeys } from '../../tracking/runs/search-runs.ts'
import { findRefusal } from '../forms.ts'

/** All that the page of a run shows. */
export type RunStanding = {
  readonly run: Run
  readonly experiment: Experiment
  readonly versions: readonly VersionOfRun[]
  readonly lineage: RunLineage | undefined
  /** Whether other runs are parts of it. */
  readonly hasChildren: boolean
  readonly mayEdit: boolean
}

/** @throws RESOURCE_DOES_NOT_EXIST */
export async function readRunStanding(ctx: Context, runId: string): Promise<RunStanding> {
  const run = await getRun(ctx, runId)
  const [experiment, versions, lineage, children, whyNot] = await Promise.all([
    getExperiment(ctx, run.experimentId),
    readVersionsOfRuns(ctx, [runId]),
    findRunLineage(ctx, runId),
    findRunKeys(ctx, {
      experimentIds: [run.experimentId],
      filter: childrenFilter(runId),
      orderBy: [],
      maxResults: 1,
    }),
    findRefusal(requireRun(ctx, runId, 'EDIT')),
  ])
  return {
    run,
    experiment,
    versions: versions.get(runId) ?? [],
    lineage,
    hasChildren: children.items.length > 0,
    mayEdit: whyNot === undefined,
  }
}

/** The filter that finds the runs which are parts of a run. @param runId of hex digits */
export function childrenFilter(runId: string): string {
  return `tags.mlflow.parentRunId = '${runId.replaceAll("'", '')}'`
}
