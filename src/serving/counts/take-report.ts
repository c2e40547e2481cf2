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
      if (why === undefined || !(await isMeant(ctx, variant, counts.version))) continue
      const what = counts.version === 0 ? '' : ` (version ${counts.version})`
      const reason = `Variant '${name}'${what} ${why}`
      await act(ctx, { deployment, variant, version: counts.version, guard, reason })
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

/** Of two who find the same at once, one acts: whoever writes the revision. */
async function act(
  ctx: Context,
  { deployment, variant, version, guard, reason }: Breach,
): Promise<void> {
  const { id, name, model, revision, variants, shadows, sticky } = deployment
  const asGuard = { ...ctx, principal: deploymentGuard }
  const stage = guard.action === 'rollback' ? stageOf(variant) : undefined
  const others = variants.filter((one) => one !== variant && one.weight > 0)
  // The last one that answers goes on: nobody would.
  if (stage === undefined && others.length === 0) return
  const kept = variants.map((one) =>
    stage === undefined && one === variant ? { ...one, weight: 0 } : one,
  )
  // Whatever the guard does, the steps end.
  const split = withoutSteps({ variants: kept, shadows, sticky, guard: deployment.guard })
  try {
    await writeDeployment(asGuard, name, { ...split, model, id, revision, reason })
    if (stage !== undefined) {
      await rollBack(asGuard, model, { stage, from: version, toVersion: undefined, reason })
    }
  } catch (err) {
    // Another was first, nothing is there to go back to, or a policy wants a request, which is open now.
    const mayPass = err instanceof RegistryError && outcomes.has(err.code)
    if (!mayPass) throw err
  }
}

const outcomes: ReadonlySet<string> = new Set([
  'RESOURCE_CONFLICT',
  'RESOURCE_DOES_NOT_EXIST',
  'PERMISSION_DENIED',
])
