import { type SQL, sql } from 'drizzle-orm'
import { isNotDeniedSql, isPromptModel, mayReadSql } from '../../access/permissions/permitted.ts'
import { excerpt, invalid } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import {
  type ConditionTree,
  conditionTreeSql,
  type TreeField,
} from '../../search/condition-tree.ts'
import type { Page } from '../../search/page.ts'
import type { RegisteredModel } from '../models/read-models.ts'
import { searchRegisteredModels } from '../models/search-models.ts'
import type { ApprovalStatus, PlaceApproval } from '../versions/approval.ts'
import { type ModelVersion, readVersions } from '../versions/read-versions.ts'
import { type RegistrySearch, searchModelVersions } from '../versions/search-versions.ts'
import { type ArnPlace, arnPrefixOf } from './package-arn.ts'
import { packageStatusOf, packageStatusSql, readPackageApprovals } from './package-status.ts'

/** A search by conditions that name things as SageMaker does. */
export type PackageSearch = Omit<RegistrySearch, 'also' | 'filter'> & {
  readonly conditions: ConditionTree
  /** Where conditions name ARNs: what those begin with. */
  readonly place?: ArnPlace
}

/** A version, and its approval as a model package. */
export type FoundPackage = {
  readonly version: ModelVersion
  readonly approval: PlaceApproval | undefined
  readonly status: ApprovalStatus
}

const text = (expression: SQL): TreeField => ({ type: 'text', expression })
const time = (expression: SQL): TreeField => ({ type: 'time', expression })

const packageName = sql`m.name || '/' || v.version`
const packageFields: ReadonlyMap<string, TreeField> = new Map([
  ['ModelPackageGroupName', text(sql`m.name`)],
  ['ModelPackageName', text(packageName)],
  ['ModelPackageVersion', { type: 'number', expression: sql`v.version` }],
  ['ModelPackageDescription', text(sql`nullif(v.description, '')`)],
  ['ModelPackageStatus', text(sql`'Completed'`)],
  ['ModelLifeCycle.Stage', text(sql`nullif(v.stage, 'None')`)],
  ['CreationTime', time(sql`v.created_at_ms`)],
  ['LastModifiedTime', time(sql`v.updated_at_ms`)],
  ['CreatedBy', text(sql`v.user_id`)],
  ['SourceUri', text(sql`v.source`)],
])
const groupFields: ReadonlyMap<string, TreeField> = new Map([
  ['ModelPackageGroupName', text(sql`m.name`)],
  ['ModelPackageGroupDescription', text(sql`nullif(m.description, '')`)],
  ['ModelPackageGroupStatus', text(sql`'Completed'`)],
  ['CreationTime', time(sql`m.created_at_ms`)],
  ['LastModifiedTime', time(sql`m.updated_at_ms`)],
  ['CreatedBy', text(sql`m.user_id`)],
])

const versionTag = (key: string) =>
  sql`(select t.value from model_version_tags t where t.model_version = v.id and t.key = ${key})`
const groupTag = (key: string) =>
  sql`(select t.value from registered_model_tags t where t.registered_model = m.id and t.key = ${key})`

/** An ARN is what those of a kind begin with and, behind that, the name. */
function arnFieldsOf(place: ArnPlace | undefined): ReadonlyMap<string, TreeField> {
  if (place === undefined) return new Map()
  const start = arnPrefixOf(place)
  return new Map([
    ['ModelPackageArn', text(sql`${`${start}model-package/`} || ${packageName}`)],
    ['ModelPackageGroupArn', text(sql`${`${start}model-package-group/`} || m.name`)],
  ])
}

/**
 * Versions that the caller may read, as model packages. Versions of prompts are none.
 *
 * @throws INVALID_PARAMETER_VALUE a condition, the order or the token is wrong
 */
export async function searchPackages(
  ctx: Context,
  { conditions, place, ...search }: PackageSearch,
): Promise<Page<FoundPackage>> {
  const where = packageConditionSql(ctx, conditions, arnFieldsOf(place))
  const also = { where, fingerprint: conditions }
  const { items, nextPageToken } = await searchModelVersions(ctx, { ...search, also })
  return { items: await findApprovals(ctx, items), nextPageToken }
}

/**
 * What conditions on packages mean of `model_versions v` and `registered_models m`. What a prompt has is no
 * package, whatever its version is tagged as.
 *
 * @param more names that there are besides, for what belongs to a package
 * @throws INVALID_PARAMETER_VALUE a condition is wrong
 */
export function packageConditionSql(
  ctx: Context,
  conditions: ConditionTree,
  more: ReadonlyMap<string, TreeField> = new Map(),
): SQL {
  const status = text(packageStatusSql(ctx.settings.packages.stage))
  const fields = fieldIn(new Map([...packageFields, ['ModelApprovalStatus', status], ...more]), [
    ['CustomerMetadataProperties.', versionTag],
    ['Tags.', groupTag],
  ])
  return sql`(not ${isPromptModel} and ${conditionTreeSql(conditions, fields)})`
}

/** @throws as `searchPackages` */
export function searchPackageGroups(
  ctx: Context,
  { conditions, place, ...search }: PackageSearch,
): Promise<Page<RegisteredModel>> {
  const fields = new Map([...groupFields, ...arnFieldsOf(place)])
  fields.delete('ModelPackageArn')
  const where = conditionTreeSql(conditions, fieldIn(fields, [['Tags.', groupTag]]))
  return searchRegisteredModels(ctx, { ...search, also: { where, fingerprint: conditions } })
}

/** Which version of which model. */
type VersionName = { readonly name: string; readonly version: number }

/** Those of these versions that are there and the caller may read, as model packages. */
export async function findPackages(
  ctx: Context,
  named: readonly VersionName[],
): Promise<FoundPackage[]> {
  const wanted = JSON.stringify(named.map(({ name, version }) => [name, version]))
  const rows = await ctx.db.all(sql<{
    id: number
  }>`select distinct v.id from json_each(${wanted}) wanted
    join registered_models m on m.workspace = ${ctx.workspace} and m.name = wanted.value ->> 0
    join model_versions v on v.registered_model = m.id and v.version = wanted.value ->> 1
    where not ${isPromptModel} and ${mayReadSql(ctx, 'model', { id: sql`m.id` })}
      and ${isNotDeniedSql(ctx, 'version')}`)
  return findApprovals(
    ctx,
    await readVersions(
      ctx.db,
      rows.map(({ id }) => id),
    ),
  )
}

/** Versions with their approvals as model packages. */
export async function findApprovals(
  ctx: Context,
  versions: readonly ModelVersion[],
): Promise<FoundPackage[]> {
  const { stage: packageStage } = ctx.settings.packages
  const approvals = await readPackageApprovals(
    ctx.db,
    versions.map(({ id }) => id),
    packageStage,
  )
  return versions.map((version) => {
    const { id, stage } = version
    const approval = approvals.get(id)
    return { version, approval, status: packageStatusOf({ stage, approval }, packageStage) }
  })
}

function fieldIn(
  fields: ReadonlyMap<string, TreeField>,
  keyed: readonly (readonly [string, (key: string) => SQL])[],
): (name: string) => TreeField {
  return (name) => {
    const found = fields.get(name)
    if (found) return found
    for (const [prefix, tagOf] of keyed) {
      if (name.startsWith(prefix)) return text(tagOf(name.slice(prefix.length)))
    }
    const known = [...fields.keys(), ...keyed.map(([prefix]) => `${prefix}<key>`)]
    throw invalid(`Unknown name '${excerpt(name)}' in a filter; there are ${known.join(', ')}`)
  }
}
