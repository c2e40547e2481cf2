import { z } from 'zod'
import { type ErrorCode, excerpt, invalid, RegistryError } from '../../core/error.ts'
import { anyone } from '../../http/guards/guard.ts'
import type { Context } from '../../platform/context.ts'
import type { RegisteredModel } from '../../registry/models/read-models.ts'
import { type PackageMembers, readPackageMembers } from '../../registry/packages/model-packages.ts'
import type { ArnPlace } from '../../registry/packages/package-arn.ts'
import {
  type FoundPackage,
  findPackages,
  type PackageSearch,
  searchPackageGroups,
  searchPackages,
} from '../../registry/packages/search-packages.ts'
import {
  type ConditionTree,
  type TreeOperator,
  treeOperators,
} from '../../search/condition-tree.ts'
import { action, type SageMakerAction, secondsOf } from './action.ts'
import { readGroupName, readPackageName, userContextOf } from './arns.ts'
import { exceptionOf } from './errors.ts'
import { ownAccountOnly, summarizeGroup } from './groups.ts'
import { every, ListMembers, orderOf, pageAsked } from './lists.ts'
import { inferenceOf, summarizePackage } from './package-wire.ts'

const Filter = z.strictObject({
  Name: z.string().min(1).max(255),
  Operator: z.enum(treeOperators).default('Equals'),
  Value: z.string().max(1024).optional(),
})
const Joined = z.enum(['And', 'Or']).default('And')
const NestedFilter = z.strictObject({
  NestedPropertyName: z.string().min(1).max(255),
  Filters: z.array(Filter).min(1).max(20),
})

type Expression = {
  Filters: z.output<typeof Filter>[]
  NestedFilters: z.output<typeof NestedFilter>[]
  SubExpressions: Expression[]
  Operator: 'And' | 'Or'
}
const Expression: z.ZodType<Expression> = z.strictObject({
  Filters: z.array(Filter).max(20).default([]),
  NestedFilters: z.array(NestedFilter).max(20).default([]),
  get SubExpressions() {
    return z.array(Expression).max(20).default([])
  },
  Operator: Joined,
})

const depthMax = 3
const filtersMax = 20

/** Search, of packages and of groups. */
export const searchActions: readonly SageMakerAction[] = [
  action('Search', {
    reads: true,
    request: () =>
      z.strictObject({
        CrossAccountFilterOption: ownAccountOnly,
        Resource: z.enum(['ModelPackage', 'ModelPackageGroup']),
        SearchExpression: Expression.optional(),
        SortBy: z
          .enum([
            'ModelPackageGroupName',
            'ModelPackageVersion',
            'CreationTime',
            'LastModifiedTime',
          ])
          .default('LastModifiedTime'),
        SortOrder: z.enum(['Ascending', 'Descending']).default('Descending'),
        MaxResults: ListMembers.shape.MaxResults,
        NextToken: ListMembers.shape.NextToken,
      }),
    rule: anyone,
    answer: async (ctx, req, { place }) => {
      const isOfGroups = req.Resource === 'ModelPackageGroup'
      if (isOfGroups && req.SortBy === 'ModelPackageVersion') {
        throw invalid('SortBy: groups have no ModelPackageVersion')
      }
      const search = {
        conditions: req.SearchExpression ? treeOf(req.SearchExpression, place.account) : every([]),
        orderBy: orderOf(columns[req.SortBy], req.SortOrder),
        place,
        ...pageAsked(req),
      }
      return isOfGroups
        ? searchForGroups(ctx, search, place)
        : searchForPackages(ctx, search, place)
    },
  }),

  action('BatchDescribeModelPackage', {
    reads: true,
    request: () =>
      z.strictObject({ ModelPackageArnList: z.array(z.string().max(700)).min(1).max(100) }),
    rule: anyone,
    answer: async (ctx, req, { place }) => describeMany(ctx, req.ModelPackageArnList, place),
  }),
]

/** What cannot be described stands in a map of its own, and does not keep the others back. */
async function describeMany(ctx: Context, arns: readonly string[], place: ArnPlace) {
  const asked = new Map([...new Set(arns)].map((arn) => [arn, readEach(arn, place.account)]))
  const named = [...asked.values()].filter((one) => 'version' in one)
  const found = await findPackages(ctx, named)
  const byName = new Map(found.map((one) => [`${one.version.name}/${one.version.version}`, one]))
  const ids = found.map(({ version }) => version.id)
  const members = await readPackageMembers(ctx, ids)
  const described: [string, object][] = []
  const errors: [string, object][] = []
  for (const [arn, one] of asked) {
    const it = 'version' in one ? byName.get(`${one.name}/${one.version}`) : undefined
    const given = (it && members.get(it.version.id)) ?? {}
    if (it) described.push([arn, describeBriefly(ctx, it, { given, place })])
    else errors.push([arn, refusalOf('why' in one ? one : noPackage(arn))])
  }
  return {
    ModelPackageSummaries: Object.fromEntries(described),
    BatchDescribeModelPackageErrorMap: Object.fromEntries(errors),
  }
}

function refusalOf({ code, why }: { readonly code: ErrorCode; readonly why: string }) {
  return { ErrorCode: exceptionOf(code), ErrorResponse: why }
}

function noPackage(arn: string) {
  const why = `Model package ${excerpt(arn)} does not exist.`
  return { code: 'RESOURCE_DOES_NOT_EXIST', why } as const
}

function readEach(arn: string, account: string) {
  try {
    return readPackageName(arn, account)
  } catch (err) {
    if (err instanceof RegistryError) return { code: err.code, why: err.message }
    throw err
  }
}

function describeBriefly(
  ctx: Context,
  found: FoundPackage,
  { given, place }: { readonly given: PackageMembers; readonly place: ArnPlace },
) {
  const serverUrl = ctx.serverUrl?.() ?? ''
  return {
    ...summarizePackage(found, place),
    InferenceSpecification: inferenceOf(found.version, given, serverUrl),
  }
}

const columns = {
  ModelPackageGroupName: 'name',
  ModelPackageVersion: 'version_number',
  CreationTime: 'creation_timestamp',
  LastModifiedTime: 'last_updated_timestamp',
}

async function searchForGroups(ctx: Context, search: PackageSearch, place: ArnPlace) {
  const { items, nextPageToken } = await searchPackageGroups(ctx, search)
  return {
    Results: items.map((model) => ({ ModelPackageGroup: describeGroup(model, place) })),
    NextToken: nextPageToken,
  }
}

async function searchForPackages(ctx: Context, search: PackageSearch, place: ArnPlace) {
  const { items, nextPageToken } = await searchPackages(ctx, search)
  const ids = items.map(({ version }) => version.id)
  const members = await readPackageMembers(ctx, ids)
  return {
    Results: items.map((found) => ({
      ModelPackage: describeFound(found, members.get(found.version.id) ?? {}, place),
    })),
    NextToken: nextPageToken,
  }
}

function describeGroup(model: RegisteredModel, place: ArnPlace) {
  return {
    ...summarizeGroup(model, place),
    CreatedBy: userContextOf(place, model.userId),
    Tags: model.tags.map(({ key, value }) => ({ Key: key, Value: value })),
  }
}

function describeFound(found: FoundPackage, given: PackageMembers, place: ArnPlace) {
  const { version } = found
  const own = version.tags.filter(({ key }) => !key.startsWith('mlflow.'))
  return {
    ...summarizePackage(found, place),
    ...(given.InferenceSpecification !== undefined && {
      InferenceSpecification: given.InferenceSpecification,
    }),
    CreatedBy: userContextOf(place, version.userId),
    LastModifiedTime: secondsOf(version.updatedAtMs),
    ApprovalDescription: found.approval?.reason ?? undefined,
    SourceUri: version.source,
    CustomerMetadataProperties: Object.fromEntries(own.map(({ key, value }) => [key, value])),
  }
}

/** @throws INVALID_PARAMETER_VALUE it is nested too deep, or has too many filters */
function treeOf(expression: Expression, account: string): ConditionTree {
  const read = { filters: 0, account }
  const tree = expressionTree(expression, 1, read)
  if (read.filters <= filtersMax) return tree
  throw invalid(`A search takes at most ${filtersMax} filters in all; this one has ${read.filters}`)
}

function expressionTree(
  { Filters, NestedFilters, SubExpressions, Operator }: Expression,
  depth: number,
  read: { filters: number; readonly account: string },
): ConditionTree {
  if (depth > depthMax) throw invalid(`SubExpressions are nested deeper than ${depthMax}`)
  const nested = NestedFilters.map(({ NestedPropertyName: property, Filters: filters }) =>
    every(filters.map((filter) => leafOf(filter, read.account, property))),
  )
  read.filters += Filters.length + NestedFilters.flatMap(({ Filters: of }) => of).length
  return {
    isEvery: Operator === 'And',
    of: [
      ...Filters.map((filter) => leafOf(filter, read.account)),
      ...nested,
      ...SubExpressions.map((sub) => expressionTree(sub, depth + 1, read)),
    ],
  }
}

/** ARNs are searched for as what they name. @param property that the name is one of */
function leafOf(
  filter: z.output<typeof Filter>,
  account: string,
  property?: string,
): ConditionTree {
  const { Operator: operator, Value: value = '' } = filter
  const isWithin = property === undefined || filter.Name.startsWith(`${property}.`)
  const name = isWithin ? filter.Name : `${property}.${filter.Name}`
  const needsValue = operator !== 'Exists' && operator !== 'NotExists'
  if (needsValue && filter.Value === undefined) {
    throw invalid(`The filter of ${name} needs a Value, or the Operator Exists or NotExists`)
  }
  if (!wholeValues.has(operator)) return { name, operator, value }
  if (name === 'ModelPackageGroupArn') {
    const read = (arn: string) => readGroupName(arn, account)
    return { name: 'ModelPackageGroupName', operator, value: eachOf(value, operator, read) }
  }
  if (name !== 'ModelPackageArn') return { name, operator, value }
  if (operator === 'Equals') {
    const { name: group, version } = readPackageName(value, account)
    return every([
      { name: 'ModelPackageGroupName', operator, value: group },
      { name: 'ModelPackageVersion', operator, value: String(version) },
    ])
  }
  const read = (arn: string) => {
    const { name: group, version } = readPackageName(arn, account)
    return `${group}/${version}`
  }
  return { name: 'ModelPackageName', operator, value: eachOf(value, operator, read) }
}

/** Operators that compare with an ARN, which may be of any region, and not with a part of one. */
const wholeValues: ReadonlySet<TreeOperator> = new Set(['Equals', 'NotEquals', 'In'])

function eachOf(value: string, operator: TreeOperator, read: (arn: string) => string): string {
  if (operator !== 'In') return read(value)
  return value
    .split(',')
    .map((arn) => read(arn.trim()))
    .join(',')
}
