import { eventId, type RegistryEvent } from '../events/events.ts'
import { jsonEvent } from './json.ts'

/**
 * An event in the form of Amazon EventBridge's "SageMaker Model Package State Change", so that
 * rules and targets written for SageMaker's registry work on ours: a model is a model package
 * group, a version a model package. `source` is `gatehouse`, as Amazon reserves `aws.`.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
 */
export function eventBridgeEvent(event: RegistryEvent): object {
  const { model, version } = event
  const status = approvalStatus(event)
  const time = new Date(event.atMs).toISOString()
  const name = `${model}/${version}`
  return {
    version: '0',
    id: eventId(event),
    'detail-type': 'SageMaker Model Package State Change',
    source: 'gatehouse',
    account: '',
    time,
    region: '',
    resources: model === null ? [] : [`models:/${version === null ? model : name}`],
    detail: {
      ...(model === null ? {} : { ModelPackageGroupName: model }),
      ...(version === null
        ? {}
        : {
            ModelPackageName: name,
            ModelPackageVersion: Number(version),
            ModelPackageArn: `models:/${name}`,
            ModelPackageStatus: 'Completed',
          }),
      CreationTime: time,
      ...(status && { ModelApprovalStatus: status }),
      Event: jsonEvent(event),
    },
  }
}

/** SageMaker's approval status for a request or a stage; it has three values. */
function approvalStatus({ type, after: { stage } }: RegistryEvent): string | undefined {
  if (type === 'promotion.opened') return 'PendingManualApproval'
  if (type === 'promotion.rejected' || stage === 'Archived') return 'Rejected'
  if (typeof stage !== 'string') return undefined
  return stage === 'Production' ? 'Approved' : 'PendingManualApproval'
}
