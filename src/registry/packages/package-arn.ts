/** The account of every ARN: this server is no part of one of AWS's. */
export const arnAccount = '000000000000'
/** Where nothing says a region: any one names the same thing here. */
export const arnRegion = 'us-east-1'

/** The ARN of a version as a model package, as SageMaker writes it. */
export function packageArnOf(name: string, version: number | string, region = arnRegion): string {
  return `arn:aws:sagemaker:${region}:${arnAccount}:model-package/${name}/${version}`
}
