import type { PackageSettings } from '../../platform/settings/settings.ts'
import { packageArnOf } from '../../registry/packages/package-arn.ts'
import { eventId, type RegistryEvent } from '../events/events.ts'
import { jsonEvent } from './json.ts'
import { packageChange, packageDetail, statusDetail } from './sagemaker.ts'

/**
 * An event in the form of Amazon EventBridge's "SageMaker Model Package State Change", so that
 * rules and targets written for SageMaker's registry work on ours: a model is a model package
 * group, a version a model package. `source` is `gatehouse`, as Amazon reserves `aws.`.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
 */
export function eventBridgeEvent(event: RegistryEvent, packages: PackageSettings): object {
  const { model } = event
  const time = new Date(event.atMs).toISOString()
  return {
    version: '0',
    id: eventId(event),
    'detail-type': packageChange,
    source: 'gatehouse',
    account: packages.account,
    time,
    region: packages.region,
    resources: resourcesOf(event, packages),
    detail: {
      ...(model === null ? {} : { ModelPackageGroupName: model }),
      ...packageDetail(event, packages),
      CreationTime: time,
      LastModifiedTime: time,
      ...statusDetail(event, packages),
      Event: jsonEvent(event),
    },
  }
}

/**
 * What a rule may match whole: the model, the version, also by the ARN that SageMaker's clients take, and the stages and aliases that the event is
 * of, as MLflow's URIs name them.
 */
function resourcesOf(
  { model, version, before, after }: RegistryEvent,
  packages: PackageSettings,
): string[] {
  if (model === null) return []
  const to = (after.to ?? {}) as Readonly<Record<string, unknown>>
  const stages = [before.stage, after.stage, to.stage].filter((name) => typeof name === 'string')
  const aliases = [before.alias, after.alias, to.alias].filter((name) => typeof name === 'string')
  return [
    ...new Set([
      ...(version === null ? [] : [packageArnOf(packages, model, version)]),
      `models:/${model}`,
      ...(version === null ? [] : [`models:/${model}/${version}`]),
      ...stages.map((stage) => `models:/${model}/${stage}`),
      ...aliases.map((alias) => `models:/${model}@${alias}`),
    ]),
  ]
}
