import { z } from 'zod'
import { excerpt, invalid, RegistryError } from '../../core/error.ts'
import { parseRowId } from '../../core/int64.ts'
import type { AppContext } from '../../http/app-env.ts'
import {
  type ArnPlace,
  arnPrefixOf,
  nobodysAccount,
  partitionOf,
} from '../../registry/packages/package-arn.ts'

/** What the ARNs of an answer begin with: the region is that which the request was signed for. */
export function arnPlaceOf(c: AppContext): ArnPlace {
  const { account, region } = c.var.ctx.settings.packages
  const scope = /Credential=[^/,]+\/\d{8}\/([a-z0-9-]{1,40})\//.exec(
    c.req.header('authorization') ?? '',
  )
  return { region: scope?.[1] ?? region, account }
}

export function groupArnOf(place: ArnPlace, name: string): string {
  return `${arnPrefixOf(place)}model-package-group/${name}`
}

export function cardArnOf(place: ArnPlace, name: string): string {
  return `${arnPrefixOf(place)}model-card/${name}`
}

/** As IAM names who did something. */
export function userContextOf({ account, region }: ArnPlace, name: string | null) {
  if (name === null) return undefined
  const arn = `arn:${partitionOf(region)}:iam::${account}:user/${name}`
  return { IamIdentity: { Arn: arn, PrincipalId: name } }
}

/** A member that names a group by its name or its ARN; it reads as the name. */
export function groupMember(account: string) {
  return z
    .string()
    .min(1)
    .max(600)
    .transform((text) => readGroupName(text, account))
}

/** A member that names a package by its ARN or as `name/3`. */
export function packageMember(account: string) {
  return z
    .string()
    .min(1)
    .max(700)
    .transform((text) => readPackageName(text, account))
}

/** A member that names a card by its ARN or as its package is named, `name/3`. */
export function cardMember(account: string) {
  return z
    .string()
    .min(1)
    .max(700)
    .transform((text) => readVersionName(text, { type: 'model-card', what: 'model card' }, account))
}

/**
 * A group by its name or its ARN.
 *
 * @param account this server's
 * @throws INVALID_PARAMETER_VALUE it is the ARN of something else
 * @throws PERMISSION_DENIED it is the ARN of another account's
 */
export function readGroupName(text: string, account: string): string {
  return text.startsWith('arn:') ? resourceOf(text, 'model-package-group', account) : text
}

/**
 * A package by its ARN or as `name/3`.
 *
 * @param account this server's
 * @throws INVALID_PARAMETER_VALUE
 * @throws PERMISSION_DENIED it is the ARN of another account's
 */
export function readPackageName(text: string, account: string): VersionName {
  return readVersionName(text, { type: 'model-package', what: 'model package' }, account)
}

type VersionName = { readonly name: string; readonly version: number }

function readVersionName(
  text: string,
  { type, what }: { readonly type: string; readonly what: string },
  account: string,
): VersionName {
  const resource = text.startsWith('arn:') ? resourceOf(text, type, account) : text
  const [, name = '', number = ''] = /^([^/]+)\/(\d{1,15})$/.exec(resource) ?? []
  const version = parseRowId(number)
  if (version !== undefined && name !== '') return { name, version }
  throw invalid(`Invalid ${what} '${excerpt(text)}': name it by its ARN, or as '<group>/<version>'`)
}

/** The region, and its partition, may be any, since clients are set up for one; the account is this server's. */
function resourceOf(arn: string, type: string, account: string): string {
  const [, owner = '', resource = ''] =
    /^arn:aws[a-z-]*:sagemaker:[^:]*:(\d{12}):(.*)$/s.exec(arn) ?? []
  if (!resource.startsWith(`${type}/`)) {
    throw invalid(
      `Invalid ARN '${excerpt(arn)}': here one begins with 'arn:aws:sagemaker:<region>:${account}:${type}/'`,
    )
  }
  if (owner === account || owner === nobodysAccount) return resource.slice(type.length + 1)
  throw new RegistryError(
    'PERMISSION_DENIED',
    `'${excerpt(arn)}' is of the account ${owner}, and this server answers for ${account} alone: ask the one that has it`,
  )
}
