import { RegistryError } from '../../core/error.ts'
import { deploymentGuard } from '../../core/principal.ts'
import { rollBack } from '../../governance/moves/rollback.ts'
import type { Context } from '../../platform/context.ts'
import type { Variant } from '../../router/split.ts'
import { type DeploymentGuard, stageOf, withoutSteps } from '../deployment-guard.ts'
import { type Deployment, getDeployment, writeDeployment } from '../deployments.ts'
import { requireReporting } from '../permissions.ts'
import { readModelUri } from '../resolve.ts'
import { readMeaning } from '../watch.ts'
import { readJudgedCounts, refusalsBeside, whyBroken } from './judge-counts.ts'
import { type CountsReport, reportCounts } from './report-counts.ts'

/**
 * Take the report of a router, and hold the variants to their bounds. A guard believes the counts of those alone
 * whom it names and who could do by hand what it does, so nobody does through it what they may not.
 *
 * @returns false: this report was counted before
 * @throws PERMISSION_DENIED the caller may not report
 * @throws RESOURCE_DOES_NOT_EXIST no such deployment
 * @throws RESOURCE_CONFLICT somebody else reports under this id, or the deployment changed at the same moment
 */
export async function takeReport(
  ctx: Context,
  name: string,
  report: CountsReport,
): Promise<boolean> {
  const deployment = await getDeployment(ctx, name)
  await requireReporting(ctx, deployment)
  const { guard, revision } = deployment
  const isCounted = await reportCounts(ctx, name, {
    ...report,
    ...(guard && { revision }),
  })
  if (isCounted && guard) await holdToBounds(ctx, deployment, guard)
  return isCounted
}

async function holdToBounds(
  ctx: Context,
  deployment: Deployment,
  guard: DeploymentGuard,
): Promise<void> {
  const stats = await readJudgedCounts(ctx, deployment, guard)
  for (const { name, versions } of stats) {
    const variant = deployment.variants.find((one) => one.name === name)
    if (!variant) continue
    for (const counts of versions) {
      const why = whyBroken(counts, refusalsBeside(stats, name), guard)
      const { version } = counts
      if (why === undefined || !(await isMeant(ctx, variant, version))) continue
      const what = version === 0 ? '' : ` (version ${version})`
      const reason = `Variant '${name}'${what} ${why}`
      await act(ctx, { deployment, variant, version, guard, reason })
      return
    }
  }
}

/** Whether a variant should answer with this version: one that was replaced is judged no more. */
async function isMeant(ctx: Context, { uri }: Variant, version: number): Promise<boolean> {
  if (uri === undefined) return true
  const { told } = await readMeaning(ctx, readModelUri(uri))
  return 'why' in told || told.version === version
}

type Breach = {
  readonly deployment: Deployment
  readonly variant: Variant
  readonly version: number
  readonly guard: DeploymentGuard
  readonly reason: string
}

/** Of two who find the same at once, one acts: whoever rolls back, or writes the revision. */
async function act(
  ctx: Context,
  { deployment, variant, version, guard, reason }: Breach,
): Promise<void> {
  const { id, name, model, revision, variants, shadows, sticky, canary } = deployment
  const asGuard = { ...ctx, principal: deploymentGuard }
  const split = { variants, shadows, sticky, guard: deployment.guard }
  const read = { model, id, revision, reason }
  const stage = guard.action === 'rollback' ? stageOf(variant) : undefined
  if (stage === undefined) {
    const others = variants.filter((one) => one !== variant && one.weight > 0)
    // The last one that answers goes on: nobody would.
    if (others.length === 0) return
    const kept = variants.map((one) => (one === variant ? { ...one, weight: 0 } : one))
    const { uri } = variant
    const meant = uri === undefined ? undefined : { uri, version }
    const out = withoutSteps({ ...split, variants: kept })
    await isDone(() => writeDeployment(asGuard, name, { ...out, ...read, meant }))
    return
  }
  const back = { stage, from: version, toVersion: undefined, reason }
  const isBack = await isDone(() => rollBack(asGuard, model, back))
  // What it cannot roll back it says once: each further revision would be in the way of those who can.
  const isSaid = deployment.updatedBy === deploymentGuard.name && canary === undefined
  if (!isBack && isSaid) return
  // Whatever the guard does, the steps end.
  await isDone(() => writeDeployment(asGuard, name, { ...withoutSteps(split), ...read }))
}

/** False: another was first, nothing is there to go back to, or a policy wants a request, which is open now. */
async function isDone(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run()
    return true
  } catch (err) {
    if (err instanceof RegistryError && outcomes.has(err.code)) return false
    throw err
  }
}

const outcomes: ReadonlySet<string> = new Set([
  'RESOURCE_CONFLICT',
  'RESOURCE_DOES_NOT_EXIST',
  'PERMISSION_DENIED',
])
