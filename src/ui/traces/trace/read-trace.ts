import { readVersionsOfLoggedModel, type VersionOfRun } from '../../../governance/lineage.ts'
import type { Context } from '../../../platform/context.ts'
import { requireTrace } from '../../../traces/permissions.ts'
import { getTrace, type Trace } from '../../../traces/reading/get-trace.ts'
import { readTraceLinks, type TraceLinks } from '../../../traces/reading/read-links.ts'
import { type Experiment, getExperiment } from '../../../tracking/experiments/experiment.ts'
import {
  findLoggedModelLineage,
  findRunLineage,
  type LoggedModelLineage,
  type RunLineage,
} from '../../../tracking/runs/run-lineage.ts'
import { findRefusal } from '../../forms.ts'

const linksMax = 20

/** All that the page of a trace shows. */
export type TraceStanding = {
  readonly trace: Trace
  readonly experiment: Experiment
  /** In which it was made; undefined: in none, or the caller may not read it. */
  readonly run: RunLineage | undefined
  readonly model: LoggedModelLineage | undefined
  readonly versions: readonly VersionOfRun[]
  readonly links: TraceLinks
  /** Why the caller may not; undefined: they may. */
  readonly whyNot: { readonly edit: string | undefined; readonly manage: string | undefined }
}

/** @throws RESOURCE_DOES_NOT_EXIST */
export async function readTraceStanding(ctx: Context, traceId: string): Promise<TraceStanding> {
  const trace = await getTrace(ctx, traceId, true)
  const { experimentId, metadata } = trace.info
  const { 'mlflow.sourceRun': runId, 'mlflow.modelId': modelId } = metadata
  const [experiment, run, model, versions, links, edit, manage] = await Promise.all([
    getExperiment(ctx, experimentId),
    runId ? findRunLineage(ctx, runId) : undefined,
    modelId ? findLoggedModelLineage(ctx, modelId) : undefined,
    modelId ? readVersionsOfLoggedModel(ctx, modelId) : [],
    readTraceLinks(ctx, traceId, linksMax),
    findRefusal(requireTrace(ctx, traceId, 'EDIT')),
    findRefusal(requireTrace(ctx, traceId, 'MANAGE')),
  ])
  return { trace, experiment, run, model, versions, links, whyNot: { edit, manage } }
}
