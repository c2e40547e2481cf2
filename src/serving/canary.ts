import { sql } from 'drizzle-orm'
import { conflict, excerpt, invalid, RegistryError } from '../core/error.ts'
import { principalRecord } from '../core/principal.ts'
import { changeGuardedDeployment } from '../governance/moves/guarded-deployments.ts'
import { type Context, type Platform, systemContext } from '../platform/context.ts'
import { failureText, logError } from '../platform/log.ts'
import { refuseOtherRevision, type SeenDeployment } from './change-weights.ts'
import { type CanaryState, type GuardedSplit, withoutSteps } from './deployment-guard.ts'
import { type Deployment, getDeployment, writeDeployment } from './deployments.ts'
import { enterStage } from './enter-stage.ts'
import { followStage, startOfCanary, stepTo } from './steps.ts'

/** Deployments that one sweep moves; the next sweep goes on with the others. */
const perSweep = 50

/** What people do with a canary under way. */
export type CanaryChange = 'pause' | 'resume' | 'promote' | 'rollback'

type WantedCanaryChange = SeenDeployment & {
  readonly change: CanaryChange
  readonly reason: string
}

/**
 * Hold the steps of a deployment, go on with them, go to the last one, or back to how it was before the first.
 *
 * @param reason for the audit log
 * @param revision the one that was seen, as `id` the deployment; undefined: whatever is there
 * @throws PERMISSION_DENIED a policy lets only others
 * @throws RESOURCE_DOES_NOT_EXIST no such deployment
 * @throws RESOURCE_CONFLICT no steps are under way, it is paused or goes on already, or it changed since or at the same moment
 */
export async function changeCanary(
  ctx: Context,
  name: string,
  { change, reason, ...seen }: WantedCanaryChange,
): Promise<Deployment> {
  if (reason.trim() === '') throw invalid("'reason' is empty: say why, for the audit log")
  const deployment = await getDeployment(ctx, name)
  const { id, model, revision, canary } = deployment
  refuseOtherRevision(deployment, seen)
  if (!canary) {
    throw conflict(`No steps of deployment '${excerpt(name)}' are under way; write it with 'steps'`)
  }
  // Whoever goes to the last step also makes the move that follows it.
  const by = change === 'promote' ? principalRecord(ctx.principal) : canary.by
  const split = changedSplit(ctx, { deployment, canary: { ...canary, by }, change })
  return changeGuardedDeployment(ctx, { model, deployment: name, reason }, (guarded) =>
    writeDeployment(guarded, name, { ...split, model, id, revision, reason }),
  )
}

type CanaryMove = {
  readonly deployment: Deployment
  readonly canary: CanaryState
  readonly change: CanaryChange
}

function changedSplit(ctx: Context, { deployment, canary, change }: CanaryMove): GuardedSplit {
  const split = splitOf(deployment)
  const { due_at_ms, left_ms, ...state } = canary
  switch (change) {
    case 'pause':
      if (due_at_ms === undefined) throw conflict('The steps are paused already')
      return { ...split, canary: { ...state, left_ms: Math.max(0, due_at_ms - ctx.now()) } }
    case 'resume':
      if (left_ms === undefined) throw conflict('The steps go on already')
      return { ...split, canary: { ...state, due_at_ms: ctx.now() + left_ms } }
    case 'promote':
      return stepTo(split, canary, { step: Number.POSITIVE_INFINITY, nowMs: ctx.now() })
    case 'rollback':
      return withoutSteps(startOfCanary(split, canary))
  }
}

/** Move the canaries whose step is over. Sweeps may run in parallel: of two, one writes the revision. */
export async function sweepCanaries(platform: Platform): Promise<void> {
  const due = await platform.db.all(sql<{ workspace: string; name: string }>`select workspace, name
    from deployments where next_step_at_ms <= ${platform.now()} order by next_step_at_ms limit ${perSweep}`)
  for (const { workspace, name } of due) {
    try {
      await moveOne(systemContext(platform, workspace), name)
    } catch (err) {
      // Another was first, or it was deleted.
      if (err instanceof RegistryError) continue
      logError({ event: 'canary not moved', deployment: name, error: failureText(err) })
    }
  }
}

async function moveOne(ctx: Context, name: string): Promise<void> {
  const deployment = await getDeployment(ctx, name)
  const { canary, id, model, revision } = deployment
  if (canary?.due_at_ms === undefined || canary.due_at_ms > ctx.now()) return
  if (!(await claimStep(ctx, deployment))) return
  const variant = deployment.variants.find((one) => one.name === canary.variant)
  if (canary.step + 1 >= (variant?.steps?.length ?? 0)) {
    const { reason, stage } = await enterStage(ctx, { model, canary, variant })
    const ended = withoutSteps(splitOf(deployment))
    const split = stage === undefined ? ended : followStage(ended, { name: canary.variant, stage })
    await writeDeployment(ctx, name, { ...split, model, id, revision, reason })
    return
  }
  const step = canary.step + 1
  const split = stepTo(splitOf(deployment), canary, { step, nowMs: ctx.now() })
  const weight = split.variants.find((variant) => variant.name === canary.variant)?.weight
  const reason = `Step ${step + 1}: ${canary.variant} has ${weight}%`
  await writeDeployment(ctx, name, { ...split, model, id, revision, reason })
}

/** A step that failed, or whose sweep ended, is due again after this time, behind the others. */
const claimMs = 60_000

/** Of several sweeps that find the same step due, let one make it. */
async function claimStep(ctx: Context, { id, revision }: Deployment): Promise<boolean> {
  const nowMs = ctx.now()
  const claimed = await ctx.db.all(sql`update deployments set next_step_at_ms = ${nowMs + claimMs}
    where id = ${id} and revision = ${revision} and next_step_at_ms <= ${nowMs} returning id`)
  return claimed.length > 0
}

function splitOf({ variants, shadows, sticky, guard, canary }: Deployment): GuardedSplit {
  return { variants, shadows, sticky, guard, canary }
}
