import { z } from 'zod'
import { requireModel, requireToCreate } from '../../access/permissions/require.ts'
import { absent, excerpt, invalid } from '../../core/error.ts'
import { anyone } from '../../http/guards/guard.ts'
import type { RegisteredModel } from '../../registry/models/read-models.ts'
import { createModel, getModel } from '../../registry/models/registered-models.ts'
import { searchRegisteredModels } from '../../registry/models/search-models.ts'
import { isPromptTag } from '../../registry/prompts.ts'
import type { Tag } from '../../registry/versions/read-versions.ts'
import { action, type SageMakerAction, secondsOf } from './action.ts'
import { type ArnPlace, groupArnOf, readGroupName, userContextOf } from './arns.ts'
import { clausesOf, ListMembers, orderOf, pageAsked, quoted } from './lists.ts'

const GroupName = z.string().min(1).max(600).transform(readGroupName)
/** There are no other accounts, so both options say the same. */
const ownAccountOnly = z.enum(['SameAccount', 'CrossAccount']).optional()
const Tags = z
  .array(z.object({ Key: z.string(), Value: z.string() }))
  .max(50)
  .default([])

/** Model package groups: the registered models, prompts left out. */
export const groupActions: readonly SageMakerAction[] = [
  action('CreateModelPackageGroup', {
    reads: false,
    request: z.object({
      ModelPackageGroupName: z.string().min(1),
      ModelPackageGroupDescription: z.string().optional(),
      Tags,
    }),
    rule: (ctx) => requireToCreate(ctx, 'model'),
    answer: async (ctx, req, { place }) => {
      const { name } = await createModel(ctx, {
        name: req.ModelPackageGroupName,
        description: req.ModelPackageGroupDescription,
        tags: tagsFrom(req.Tags),
      })
      return { ModelPackageGroupArn: groupArnOf(place, name) }
    },
  }),

  action('DescribeModelPackageGroup', {
    reads: true,
    request: z.object({ ModelPackageGroupName: GroupName }),
    rule: (ctx, req) => requireModel(ctx, req.ModelPackageGroupName, 'READ'),
    answer: async (ctx, req, { place }) => {
      const model = await getModel(ctx, req.ModelPackageGroupName)
      if (model.tags.some(isPromptTag)) throw noGroup(model.name)
      return {
        ...summaryOf(model, place),
        CreatedBy: userContextOf(place, model.userId),
      }
    },
  }),

  action('ListModelPackageGroups', {
    reads: true,
    request: ListMembers.extend({
      SortBy: z.enum(['Name', 'CreationTime']).optional(),
      CrossAccountFilterOption: ownAccountOnly,
    }),
    rule: anyone,
    answer: async (ctx, req, { place }) => {
      const column = req.SortBy === 'Name' ? 'name' : 'creation_timestamp'
      const { items, nextPageToken } = await searchRegisteredModels(ctx, {
        filter: clausesOf(req).join(' AND '),
        orderBy: orderOf(column, req.SortOrder),
        ...pageAsked(req),
      })
      return {
        ModelPackageGroupSummaryList: items.map((model) => summaryOf(model, place)),
        NextToken: nextPageToken,
      }
    },
  }),

  action('Search', {
    reads: true,
    request: z.strictObject({
      CrossAccountFilterOption: ownAccountOnly,
      Resource: z.enum(['ModelPackageGroup']),
      SearchExpression: z
        .strictObject({
          Filters: z
            .array(
              z.strictObject({
                Name: z.enum(['ModelPackageGroupName']),
                Operator: z.enum(['Equals', 'NotEquals', 'Contains']).default('Equals'),
                Value: z.string().max(1024),
              }),
            )
            .max(20)
            .default([]),
          Operator: z.enum(['And']).optional(),
        })
        .optional(),
      SortBy: z.enum(['ModelPackageGroupName', 'CreationTime', 'LastModifiedTime']).optional(),
      SortOrder: z.enum(['Ascending', 'Descending']).optional(),
      MaxResults: ListMembers.shape.MaxResults,
      NextToken: ListMembers.shape.NextToken,
    }),
    rule: anyone,
    answer: async (ctx, req, { place }) => {
      const filters = req.SearchExpression?.Filters ?? []
      const { items, nextPageToken } = await searchRegisteredModels(ctx, {
        filter: filters.map(clauseOf).join(' AND '),
        orderBy: orderOf(searchColumns[req.SortBy ?? 'CreationTime'], req.SortOrder),
        ...pageAsked(req),
      })
      return {
        Results: items.map((model) => ({ ModelPackageGroup: foundGroup(model, place) })),
        NextToken: nextPageToken,
      }
    },
  }),
]

const searchColumns = {
  ModelPackageGroupName: 'name',
  CreationTime: 'creation_timestamp',
  LastModifiedTime: 'last_updated_timestamp',
}

function clauseOf(filter: {
  readonly Operator: 'Equals' | 'NotEquals' | 'Contains'
  readonly Value: string
}): string {
  const { Operator: operator, Value: value } = filter
  if (operator === 'Contains') return `name LIKE ${quoted(`%${value}%`)}`
  return `name ${operator === 'Equals' ? '=' : '!='} ${quoted(value)}`
}

function foundGroup(model: RegisteredModel, place: ArnPlace) {
  return {
    ...summaryOf(model, place),
    CreatedBy: userContextOf(place, model.userId),
    Tags: model.tags.map(({ key, value }) => ({ Key: key, Value: value })),
  }
}

function summaryOf(model: RegisteredModel, place: ArnPlace) {
  return {
    ModelPackageGroupName: model.name,
    ModelPackageGroupArn: groupArnOf(place, model.name),
    ModelPackageGroupDescription: model.description ?? undefined,
    CreationTime: secondsOf(model.createdAtMs),
    ModelPackageGroupStatus: 'Completed',
  }
}

/** A prompt has the same names, and is no model. */
function noGroup(name: string) {
  return absent(`Model package group '${excerpt(name)}' not found`)
}

function tagsFrom(tags: z.output<typeof Tags>): Tag[] {
  const found = tags.map(({ Key, Value }) => ({ key: Key, value: Value }))
  if (found.some(isPromptTag))
    throw invalid('A prompt is no model package group; leave its tag out')
  return found
}
