import { versionAddressOf } from '../../artifacts/path.ts'
import type { PackageMembers } from '../../registry/packages/model-packages.ts'
import { archivedStage } from '../../registry/stages/stages.ts'
import type { ApprovalStatus } from '../../registry/versions/approval.ts'
import type { ModelVersion } from '../../registry/versions/read-versions.ts'
import type { VersionDetail } from '../../registry/versions/version-detail.ts'
import { secondsOf } from './action.ts'
import { type ArnPlace, groupArnOf, packageArnOf, userContextOf } from './arns.ts'

/** As lists show a package. */
export function summarizePackage(version: ModelVersion, place: ArnPlace) {
  return {
    // Versions have no such name in AWS; clients that look for one pass it on to Describe.
    ModelPackageName: `${version.name}/${version.version}`,
    ModelPackageGroupName: version.name,
    ModelPackageVersion: version.version,
    ModelPackageArn: packageArnOf(place, version.name, version.version),
    ModelPackageDescription: version.description || undefined,
    CreationTime: secondsOf(version.createdAtMs),
    ModelPackageStatus: 'Completed',
    ModelApprovalStatus: approvalStatusOf(version),
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
  }: { readonly given: PackageMembers; readonly place: ArnPlace; readonly serverUrl: string },
) {
  const own = version.tags.filter(({ key }) => !key.startsWith('mlflow.'))
  return {
    ...summarizePackage(version, place),
    ModelPackageGroupArn: groupArnOf(place, version.name),
    ModelPackageStatusDetails: { ValidationStatuses: [] },
    CertifyForMarketplace: false,
    CreatedBy: userContextOf(place, version.userId),
    LastModifiedTime: secondsOf(version.updatedAtMs),
    LastModifiedBy: userContextOf(place, version.approval?.by.name ?? version.userId),
    ApprovalDescription: version.approval?.reason ?? undefined,
    SourceUri: version.source,
    CustomerMetadataProperties: Object.fromEntries(own.map(({ key, value }) => [key, value])),
    ...given,
    InferenceSpecification: inferenceOf(version, given, serverUrl),
  }
}

/** A decided request counts; without one, the stage tells. */
function approvalStatusOf({ approval, stage }: ModelVersion): ApprovalStatus {
  if (approval) return approval.status
  if (stage === 'Production') return 'Approved'
  return stage === archivedStage ? 'Rejected' : 'PendingManualApproval'
}

/** What the client sent, else one container with the version's files; the digest stands in the first. */
function inferenceOf(
  { id, manifestId, storageLocation, digest }: VersionDetail,
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
