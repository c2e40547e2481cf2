import { excerpt, invalid } from '../../core/error.ts'
import { parseRowId } from '../../core/int64.ts'
import type { AppContext } from '../../http/app-env.ts'
import {
  arnAccount,
  packageArnOf as arnOfPackage,
  arnRegion,
} from '../../registry/packages/package-arn.ts'

/** What the ARNs of an answer begin with. */
export type ArnPlace = {
  /** That of the request: any will do. */
  readonly region: string
  /** Twelve digits. */
  readonly account: string
}

/** The region that the request was signed for. */
export function arnPlaceOf(c: AppContext): ArnPlace {
  const scope = /Credential=[^/,]+\/\d{8}\/([a-z0-9-]{1,40})\//.exec(
    c.req.header('authorization') ?? '',
  )
  return { region: scope?.[1] ?? arnRegion, account: arnAccount }
}

export function groupArnOf(place: ArnPlace, name: string): string {
  return `${prefixOf(place)}model-package-group/${name}`
}

export function packageArnOf(place: ArnPlace, name: string, version: number): string {
  return arnOfPackage(name, version, place.region)
}

/** As IAM names who did something. */
export function userContextOf({ account }: ArnPlace, name: string | null) {
  if (name === null) return undefined
  return { IamIdentity: { Arn: `arn:aws:iam::${account}:user/${name}`, PrincipalId: name } }
}

/** A group by its name or its ARN. @throws INVALID_PARAMETER_VALUE it is the ARN of something else */
export function readGroupName(text: string): string {
  return text.startsWith('arn:') ? resourceOf(text, 'model-package-group') : text
}

/** A package by its ARN or as `name/3`. @throws INVALID_PARAMETER_VALUE */
export function readPackageName(text: string): { readonly name: string; readonly version: number } {
  const resource = text.startsWith('arn:') ? resourceOf(text, 'model-package') : text
  const [, name = '', number = ''] = /^([^/]+)\/(\d{1,15})$/.exec(resource) ?? []
  const version = parseRowId(number)
  if (version !== undefined && name !== '') return { name, version }
  throw invalid(
    `Invalid model package '${excerpt(text)}': name it by its ARN, or as '<group>/<version>'`,
  )
}

function prefixOf(place: ArnPlace): string {
  return `arn:aws:sagemaker:${place.region}:${place.account}:`
}

/** The region may be any, since clients are set up for one; the account is this server's. */
function resourceOf(arn: string, type: string): string {
  const [, partition, service, , owner, resource = ''] =
    /^arn:([^:]*):([^:]*):([^:]*):([^:]*):(.*)$/s.exec(arn) ?? []
  const isOurs = partition === 'aws' && service === 'sagemaker' && owner === arnAccount
  if (isOurs && resource.startsWith(`${type}/`)) return resource.slice(type.length + 1)
  throw invalid(
    `Invalid ARN '${excerpt(arn)}': here one begins with 'arn:aws:sagemaker:<region>:${arnAccount}:${type}/'`,
  )
}
