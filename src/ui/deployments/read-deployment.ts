import { invalid } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { type GuardedVariant, readGuardedVariants } from '../../serving/counts/judge-counts.ts'
import {
  countedSinceMs,
  type DeploymentStats,
  readCounts,
} from '../../serving/counts/read-counts.ts'
import { type DeploymentChange, readDeploymentHistory } from '../../serving/deployment-history.ts'
import { type Deployment, getDeployment } from '../../serving/deployments.ts'
import { type OutcomeSummary, readOutcomes } from '../../serving/outcomes/read-outcomes.ts'
import { requireToDeploy } from '../../serving/permissions.ts'
import {
  listReplicas,
  type MeantVersion,
  type Replica,
  readWanted,
} from '../../serving/replicas.ts'
import { findRefusal } from '../forms.ts'

/** All that the page of a deployment shows. */
export type DeploymentStanding = {
  readonly deployment: Deployment
  readonly window: ShownWindow
  /** From when on `stats` count, and until when. */
  readonly sinceMs: number
  readonly untilMs: number
  readonly stats: readonly DeploymentStats[]
  /** What the URIs of variants, shadows and processes mean. */
  readonly wanted: ReadonlyMap<string, MeantVersion>
  /** As the guard sees them; undefined: there is no guard. */
  readonly guarded: readonly GuardedVariant[] | undefined
  /** The processes that serve the model, oldest first; one more than are shown where there are more. */
  readonly replicas: readonly Replica[]
  /** Newest first. */
  readonly history: readonly DeploymentChange[]
  readonly outcomes: OutcomeSummary
  /** Why the caller may not change it; undefined: they may. */
  readonly whyNotChange: string | undefined
}

/** A time until now that the page may show, with the steps of its charts. */
export type ShownWindow = {
  readonly name: string
  readonly text: string
  readonly ms: number
  readonly stepMs: number
}

const [second, minute, hour] = [1000, 60_000, 3_600_000]

export const shownWindows: readonly [ShownWindow, ...ShownWindow[]] = [
  { name: '5m', text: '5 minutes', ms: 5 * minute, stepMs: 10 * second },
  { name: '1m', text: '1 minute', ms: minute, stepMs: 10 * second },
  { name: '15m', text: '15 minutes', ms: 15 * minute, stepMs: 30 * second },
  { name: '1h', text: '1 hour', ms: hour, stepMs: minute },
  { name: '24h', text: '24 hours', ms: 24 * hour, stepMs: hour },
  { name: '7d', text: '7 days', ms: 7 * 24 * hour, stepMs: 3 * hour },
  { name: '30d', text: '30 days', ms: 30 * 24 * hour, stepMs: 12 * hour },
]

/** @throws INVALID_PARAMETER_VALUE there is no such window */
export function windowNamed(name: string | undefined): ShownWindow {
  if (name === undefined) return shownWindows[0]
  const found = shownWindows.find((one) => one.name === name)
  if (found) return found
  throw invalid(`'window' is one of ${shownWindows.map((one) => one.name).join(', ')}`)
}

export const shownReplicasMax = 100
const changesMax = 50

/** @throws RESOURCE_DOES_NOT_EXIST no such deployment */
export async function readDeploymentStanding(
  ctx: Context,
  name: string,
  window: ShownWindow,
): Promise<DeploymentStanding> {
  const deployment = await getDeployment(ctx, name)
  const { id, model, guard, registeredModelId } = deployment
  const asked = { windowMs: window.ms, stepMs: window.stepMs }
  const [stats, replicas, history, outcomes, whyNotChange] = await Promise.all([
    readCounts(ctx, id, asked),
    listReplicas(ctx, model, { after: 0, count: shownReplicasMax + 1 }),
    readDeploymentHistory(ctx, deployment, { before: Number.MAX_SAFE_INTEGER, count: changesMax }),
    readOutcomes(ctx, deployment),
    findRefusal(requireToDeploy(ctx, model, deployment)),
  ])
  const targets = [...deployment.variants, ...(deployment.shadows ?? [])]
  const uris = targets.flatMap(({ uri }) => (uri === undefined ? [] : [{ uri, registeredModelId }]))
  const wanted = await readWanted(ctx, [...uris, ...replicas])
  return {
    deployment,
    window,
    sinceMs: countedSinceMs(ctx, asked),
    untilMs: ctx.now(),
    stats,
    wanted,
    guarded: guard && (await readGuardedVariants(ctx, { deployment, guard, wanted })),
    replicas,
    history,
    outcomes,
    whyNotChange,
  }
}

/** Shares of the variants, 0 to 1, by name. */
export function sharesOf({ variants }: Pick<Deployment, 'variants'>): ReadonlyMap<string, number> {
  const sum = variants.reduce((total, { weight }) => total + weight, 0)
  return new Map(variants.map(({ name, weight }) => [name, weight / sum]))
}

/** The change by which the guard acted last, and the one before it, if nobody changed the deployment since. */
export function actOfGuard({
  history,
}: Pick<DeploymentStanding, 'history'>):
  | { readonly act: DeploymentChange; readonly before: DeploymentChange | undefined }
  | undefined {
  const [act, before] = history
  return act?.isByGuard ? { act, before } : undefined
}
