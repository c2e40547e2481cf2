import { readVersionsOfRuns, type VersionOfRun } from '../../governance/lineage.ts'
import type { Context } from '../../platform/context.ts'
import type { Beside } from '../../search/page.ts'
import { countTracesOfRun } from '../../traces/reading/count-traces.ts'
import { type Experiment, getExperiment } from '../../tracking/experiments/experiment.ts'
import type { Extremes } from '../../tracking/extremes/extremes.ts'
import { requireRun } from '../../tracking/permissions.ts'
import type { Run, RunInfo } from '../../tracking/run.ts'
import { readExtremes } from '../../tracking/runs/list-run-metrics.ts'
import { countChildRuns, parentTag } from '../../tracking/runs/nested-runs.ts'
import { getRun } from '../../tracking/runs/read-runs.ts'
import { findRunLineage, type RunLineage } from '../../tracking/runs/run-lineage.ts'
import { findRunsBeside } from '../../tracking/runs/search-runs.ts'
import { findRefusal } from '../forms.ts'
import type { Paths } from '../paths.ts'
import { rowsMax } from './run-values.tsx'
import { addressOf } from './table/run-query.ts'

/** Traces of a run are counted up to here. */
export const tracesMax = 1000

/** All that the page of a run shows. */
export type RunStanding = {
  readonly run: Run
  readonly experiment: Experiment
  readonly versions: readonly VersionOfRun[]
  readonly lineage: RunLineage | undefined
  /** Active runs of its experiment that are parts of it. */
  readonly children: number
  /** The ids of the runs that began before and after it. */
  readonly beside: Beside<string>
  /** Of its experiment, as many as are counted. */
  readonly traces: number
  readonly mayEdit: boolean
  /** Of the metrics that are shown. */
  readonly extremes: ReadonlyMap<string, Extremes>
  readonly nowMs: number
}

/** Whether a name holds some words; empty: all do. */
export function isNamed(words: string): (of: { readonly key: string }) => boolean {
  return ({ key }) => key.toLowerCase().includes(words.toLowerCase())
}

/** @throws RESOURCE_DOES_NOT_EXIST */
export async function readRunStanding(
  ctx: Context,
  runId: string,
  words: string,
): Promise<RunStanding> {
  const run = await getRun(ctx, runId)
  const shown = run.metrics.filter(isNamed(words)).slice(0, rowsMax)
  const [experiment, versions, lineage, children, beside, traces, whyNot, extremes] =
    await Promise.all([
      getExperiment(ctx, run.experimentId),
      readVersionsOfRuns(ctx, [runId]),
      findRunLineage(ctx, runId),
      countChildRuns(ctx, [run.experimentId], [runId]),
      findRunsBeside(ctx, run),
      countTracesOfRun(ctx, run, tracesMax),
      findRefusal(requireRun(ctx, runId, 'EDIT')),
      readExtremes(
        ctx.db,
        run.id,
        shown.map(({ key }) => key),
      ),
    ])
  return {
    run,
    experiment,
    versions: versions.get(runId) ?? [],
    lineage,
    children: children.get(runId) ?? 0,
    beside,
    traces,
    mayEdit: whyNot === undefined,
    extremes,
    nowMs: ctx.now(),
  }
}

/** The table of the runs that are parts of a run. @param run.runId of hex digits */
export function childrenPath(to: Paths, { runId, experimentId }: RunInfo): string {
  const words = `tags.${parentTag} = '${runId.replaceAll("'", '')}'`
  return addressOf(to, { experimentIds: [experimentId], words })
}
