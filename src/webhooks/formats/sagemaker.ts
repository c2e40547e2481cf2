import type { PackageSettings } from '../../platform/settings/settings.ts'
import { packageArnOf } from '../../registry/packages/package-arn.ts'
import { isPackageStage } from '../../registry/packages/package-status.ts'
import { archivedStage } from '../../registry/stages/stages.ts'
import { eventId, type RegistryEvent } from '../events/events.ts'
import { jsonEvent } from './json.ts'

/**
 * An event exactly as SageMaker's own registry sends "SageMaker Model Package State Change", for
 * programs that were written for that and look at `source`. EventBridge itself takes no `aws.` from
 * others: `eventBridgeEvent` is for that.
 */
export function sageMakerEvent(event: RegistryEvent, packages: PackageSettings): object {
  const { model, version } = event
  const time = new Date(event.atMs).toISOString()
  const arn =
    model !== null && version !== null ? packageArnOf(packages, model, version) : undefined
  return {
    version: '0',
    id: eventId(event),
    'detail-type': packageChange,
    source: 'aws.sagemaker',
    account: packages.account,
    region: packages.region,
    time,
    resources: arn === undefined ? [] : [arn],
    detail: {
      ...(model !== null && { ModelPackageGroupName: model }),
      ...packageDetail(event, packages),
      ...statusDetail(event, packages),
      CreationTime: time,
      LastModifiedTime: time,
      Event: jsonEvent(event),
    },
  }
}

export const packageChange = 'SageMaker Model Package State Change'

/** What such an event has of its package; nothing where it is of none. */
export function packageDetail(
  { model, version, after }: RegistryEvent,
  packages: PackageSettings,
): object {
  if (model === null || version === null) return {}
  return {
    ModelPackageName: `${model}/${version}`,
    ModelPackageVersion: Number(version),
    ModelPackageArn: packageArnOf(packages, model, version),
    ModelPackageStatus: 'Completed',
    ModelPackageStatusDetails: { ValidationStatuses: [], ImageScanStatuses: [] },
    CertifyForMarketplace: false,
    ...(typeof after.stage === 'string' && {
      ModelLifeCycle: { Stage: after.stage, StageStatus: 'Approved' },
    }),
  }
}

/** Its approval status, in both forms of the event; nothing where the event says nothing of it. */
export function statusDetail(event: RegistryEvent, packages: PackageSettings): object {
  const status = packageStatus(event, packages)
  return status === undefined ? {} : { ModelApprovalStatus: status }
}

/**
 * What Describe says of the package from this event on: a package is approved for one stage, so moves and
 * requests for other places say nothing of it.
 */
function packageStatus(
  { type, after }: RegistryEvent,
  packages: PackageSettings,
): string | undefined {
  if (type === 'model_version.created') return 'PendingManualApproval'
  if (after.stage === archivedStage) return 'Rejected'
  const to = (after.to ?? {}) as Readonly<Record<string, unknown>>
  const isForPackage = [after.stage, to.stage].some(
    (stage) => typeof stage === 'string' && isPackageStage(stage, packages.stage),
  )
  if (!isForPackage) return undefined
  if (type === 'promotion.opened') return 'PendingManualApproval'
  if (type === 'promotion.rejected') return 'Rejected'
  if (typeof after.stage !== 'string') return undefined
  return typeof after.approval_status === 'string' ? after.approval_status : 'Approved'
}
