import { z } from 'zod'
import type { Permission } from '../../access/permissions/levels.ts'
import {
  requireModel,
  requireModelVersion,
  requireToCreate,
} from '../../access/permissions/require.ts'
import { absent, excerpt, invalid } from '../../core/error.ts'
import { deleteEmptyModel } from '../../governance/moves/guarded-changes.ts'
import { anyone } from '../../http/guards/guard.ts'
import type { Context } from '../../platform/context.ts'
import type { RegisteredModel } from '../../registry/models/read-models.ts'
import { createModel, getModel } from '../../registry/models/registered-models.ts'
import type { ArnPlace } from '../../registry/packages/package-arn.ts'
import { searchPackageGroups } from '../../registry/packages/search-packages.ts'
import { requireToDeleteModel } from '../../registry/permissions.ts'
import { isPromptName, isPromptTag } from '../../registry/prompts.ts'
import type { Tag } from '../../registry/versions/read-versions.ts'
import { listDeploymentNames } from '../../serving/deployments.ts'
import { action, type SageMakerAction, secondsOf } from './action.ts'
import { groupArnOf, groupMember, userContextOf } from './arns.ts'
import { conditionsOf, every, ListMembers, orderOf, pageAsked } from './lists.ts'

/** There are no other accounts, so both options say the same. */
export const ownAccountOnly = z.enum(['SameAccount', 'CrossAccount']).optional()
export const Tags = z.array(z.strictObject({ Key: z.string().min(1), Value: z.string() })).max(50)

/** Model package groups: the registered models, prompts left out. */
export const groupActions: readonly SageMakerAction[] = [
  action('CreateModelPackageGroup', {
    reads: false,
    request: () =>
      z.strictObject({
        ModelPackageGroupName: z.string().min(1),
        ModelPackageGroupDescription: z.string().optional(),
        Tags: Tags.default([]),
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
    request: (account) => z.object({ ModelPackageGroupName: groupMember(account) }),
    rule: (ctx, req) => requireModel(ctx, req.ModelPackageGroupName, 'READ'),
    answer: async (ctx, req, { place }) => {
      const model = await getGroup(ctx, req.ModelPackageGroupName)
      return {
        ...summarizeGroup(model, place),
        CreatedBy: userContextOf(place, model.userId),
      }
    },
  }),

  action('ListModelPackageGroups', {
    reads: true,
    request: () =>
      ListMembers.extend({
        SortBy: z.enum(['Name', 'CreationTime']).optional(),
        CrossAccountFilterOption: ownAccountOnly,
      }),
    rule: anyone,
    answer: async (ctx, req, { place }) => {
      const column = req.SortBy === 'Name' ? 'name' : 'creation_timestamp'
      const { items, nextPageToken } = await searchPackageGroups(ctx, {
        conditions: every(conditionsOf(req)),
        orderBy: orderOf(column, req.SortOrder),
        ...pageAsked(req),
      })
      return {
        ModelPackageGroupSummaryList: items.map((model) => summarizeGroup(model, place)),
        NextToken: nextPageToken,
      }
    },
  }),

  action('DeleteModelPackageGroup', {
    reads: false,
    request: (account) => z.strictObject({ ModelPackageGroupName: groupMember(account) }),
    rule: (ctx, req) => requireToDeleteModel(ctx, req.ModelPackageGroupName),
    answer: async (ctx, req) => {
      const model = await getGroup(ctx, req.ModelPackageGroupName)
      await deleteEmptyModel(ctx, model.name, listDeploymentNames)
      return undefined
    },
  }),
]

export function summarizeGroup(model: RegisteredModel, place: ArnPlace) {
  return {
    ModelPackageGroupName: model.name,
    ModelPackageGroupArn: groupArnOf(place, model.name),
    ModelPackageGroupDescription: model.description ?? undefined,
    CreationTime: secondsOf(model.createdAtMs),
    ModelPackageGroupStatus: 'Completed',
  }
}

/** The group of a name. @throws RESOURCE_DOES_NOT_EXIST there is none, or it is a prompt */
export async function getGroup(ctx: Context, name: string): Promise<RegisteredModel> {
  const model = await getModel(ctx, name)
  if (model.tags.some(isPromptTag)) throw noGroup(name)
  return model
}

/**
 * `requireModelVersion` of a package or of packages: what a prompt has is none.
 *
 * @throws RESOURCE_DOES_NOT_EXIST it is a prompt
 */
export async function requirePackage(
  ctx: Context,
  name: string,
  needed: Permission,
): Promise<void> {
  await requireModelVersion(ctx, name, needed)
  await refusePrompt(ctx, name)
}

/** @throws RESOURCE_DOES_NOT_EXIST it is a prompt */
export async function refusePrompt(ctx: Context, name: string): Promise<void> {
  if (await isPromptName(ctx, name)) throw noGroup(name)
}

function noGroup(name: string) {
  return absent(`Model package group '${excerpt(name)}' not found`)
}

/** @throws INVALID_PARAMETER_VALUE the tag that makes a prompt is among them */
export function tagsFrom(tags: z.output<typeof Tags>): Tag[] {
  const found = tags.map(({ Key, Value }) => ({ key: Key, value: Value }))
  if (found.some(isPromptTag))
    throw invalid('A prompt is no model package group; leave its tag out')
  return found
}
