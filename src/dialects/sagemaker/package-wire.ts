import { versionAddressOf } from '../../artifacts/path.ts'
import { placeKey } from '../../core/place.ts'
import type { PackageMembers } from '../../registry/packages/model-packages.ts'
import { type ArnPlace, packageArnOf } from '../../registry/packages/package-arn.ts'
import { packageStatusOf } from '../../registry/packages/package-status.ts'
import type { FoundPackage } from '../../registry/packages/search-packages.ts'
import { firstStage } from '../../registry/stages/stages.ts'
import type { VersionDetail } from '../../registry/versions/version-detail.ts'
import { secondsOf } from './action.ts'
import { groupArnOf, userContextOf } from './arns.ts'

/** As lists show a package. */
export function summarizePackage(
  { version, status }: Omit<FoundPackage, 'approval'>,
  place: ArnPlace,
) {
  return {
    // Versions have no such name in AWS; clients that look for one pass it on to Describe.
    ModelPackageName: `${version.name}/${version.version}`,
    ModelPackageGroupName: version.name,
    ModelPackageVersion: version.version,
    ModelPackageArn: packageArnOf(place, version.name, version.version),
    ModelPackageDescription: version.description || undefined,
    CreationTime: secondsOf(version.createdAtMs),
    ModelPackageStatus: 'Completed',
    ModelApprovalStatus: status,
    ModelPackageRegistrationType: 'Registered',
  }
}

/** All of a package. */
export function describePackage(
  version: VersionDetail,
  {
    given,
    place,
    serverUrl,
    packageStage,
  }: {
    readonly given: PackageMembers
    readonly place: ArnPlace
    readonly serverUrl: string
    /** `PackageSettings.stage` */
    readonly packageStage: string
  },
) {
  const own = version.tags.filter(({ key }) => !key.startsWith('mlflow.'))
  const approval = packageApprovalOf(version, packageStage)
  const status = packageStatusOf({ stage: version.stage, approval }, packageStage)
  const summary = summarizePackage({ version, status }, place)
  // An archived package may have been approved before: that does not explain what it is now.
  const isExplained = approval?.status === summary.ModelApprovalStatus
  const { [saidOfLifeCycle]: said, ...rest } = given
  return {
    ...summary,
    ModelPackageGroupArn: groupArnOf(place, version.name),
    ModelPackageStatusDetails: { ValidationStatuses: [], ImageScanStatuses: [] },
    CertifyForMarketplace: false,
    CreatedBy: userContextOf(place, version.userId),
    LastModifiedTime: secondsOf(version.updatedAtMs),
    LastModifiedBy: userContextOf(place, approval?.by.name ?? version.userId),
    ApprovalDescription: isExplained ? (approval?.reason ?? undefined) : undefined,
    ModelLifeCycle: lifeCycleOf(version, said),
    SourceUri: version.source,
    CustomerMetadataProperties: Object.fromEntries(own.map(({ key, value }) => [key, value])),
    ...rest,
    InferenceSpecification: inferenceOf(version, given, serverUrl),
  }
}

/** The approval of a package for the stage that packages are approved for. */
export function packageApprovalOf(
  { approvals }: Pick<VersionDetail, 'approvals'>,
  packageStage: string,
) {
  return approvals.find(
    ({ target, kind }) => kind === 'stage' && placeKey(target) === placeKey(packageStage),
  )
}

/** What a client said of the life cycle, and the stage that the package was in then. */
export type SaidOfLifeCycle = {
  readonly said: LifeCycle
  readonly whileIn: string
}

export type LifeCycle = {
  readonly Stage: string
  readonly StageStatus: string
  readonly StageDescription?: string | undefined
}

/** The key among the kept members; no member of SageMaker's begins like this. */
export const saidOfLifeCycle = '_life_cycle'

/**
 * An open request for a stage comes first. What a client said holds until the package moves; then the
 * stage is what counts.
 */
function lifeCycleOf({ stage, approvals }: VersionDetail, kept: unknown): LifeCycle | undefined {
  const open = approvals.find(
    ({ kind, status, isBreakGlass }) =>
      kind === 'stage' && status === 'PendingManualApproval' && !isBreakGlass,
  )
  if (open) {
    const { target, reason } = open
    return {
      ...{ Stage: target, StageStatus: 'PendingApproval' },
      StageDescription: reason ?? undefined,
    }
  }
  // Only this is ever kept there.
  const told = kept as SaidOfLifeCycle | undefined
  if (told?.whileIn === stage) return told.said
  if (stage === firstStage) return undefined
  const approval = approvals.find(
    ({ kind, target, status }) =>
      kind === 'stage' && status === 'Approved' && placeKey(target) === placeKey(stage),
  )
  return { Stage: stage, StageStatus: 'Approved', StageDescription: approval?.reason ?? undefined }
}

/** What the client sent, else one container with the version's files; the digest stands in the first. */
export function inferenceOf(
  {
    id,
    manifestId,
    storageLocation,
    digest,
  }: Pick<VersionDetail, 'id' | 'manifestId' | 'storageLocation'> & Partial<VersionDetail>,
  given: PackageMembers,
  serverUrl: string,
) {
  if (given.InferenceSpecification !== undefined) return given.InferenceSpecification
  const address = manifestId === null ? storageLocation : versionAddressOf(id)
  const url = address.replace(
    /^mlflow-artifacts:\/+/,
    `${serverUrl}/api/2.0/mlflow-artifacts/artifacts/`,
  )
  return { Containers: [{ ModelDataUrl: url, ModelDataETag: digest }] }
}
