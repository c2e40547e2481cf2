import type { PackageSettings } from '../../platform/settings/settings.ts'

/** What ARNs begin with. */
export type ArnPlace = Pick<PackageSettings, 'account' | 'region'>

/** The account of servers that were given none. It is nobody's at AWS, so ARNs with it are always our own. */
export const nobodysAccount = '000000000000'

/** The ARN of a version as a model package, as SageMaker writes it. */
export function packageArnOf(place: ArnPlace, name: string, version: number | string): string {
  return `${arnPrefixOf(place)}model-package/${name}/${version}`
}

/** What the ARNs of SageMaker's things begin with. */
export function arnPrefixOf({ region, account }: ArnPlace): string {
  return `arn:${partitionOf(region)}:sagemaker:${region}:${account}:`
}

/** By what the regions of AWS's other partitions begin with. */
const partitions = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['eu-isoe-', 'aws-iso-e'],
  ['us-isof-', 'aws-iso-f'],
  ['eusc-', 'aws-eusc'],
] as const

/** The partition of AWS's that a region is in. */
export function partitionOf(region: string): string {
  return partitions.find(([start]) => region.startsWith(start))?.[1] ?? 'aws'
}
