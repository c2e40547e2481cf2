import { z } from 'zod'
import { requireModel } from '../../access/permissions/require.ts'
import { excerpt, invalid } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { deleteModelTags, setModelTags } from '../../registry/many-tags.ts'
import { readPageFrom } from '../../search/page.ts'
import { action, type SageMakerAction } from './action.ts'
import { readGroupName } from './arns.ts'
import { getGroup, Tags, tagsFrom } from './groups.ts'

function taggedMember(account: string) {
  return z
    .string()
    .min(1)
    .max(700)
    .transform((arn) => readTaggedName(arn, account))
}

/** Tags of groups. A package has none: CustomerMetadataProperties are its tags. */
export const tagActions: readonly SageMakerAction[] = [
  action('AddTags', {
    reads: false,
    request: (account) => z.strictObject({ ResourceArn: taggedMember(account), Tags: Tags.min(1) }),
    rule: (ctx, req) => requireModel(ctx, req.ResourceArn, 'EDIT'),
    answer: async (ctx, req) => {
      const { name } = await getGroup(ctx, req.ResourceArn)
      await setModelTags(ctx, name, tagsFrom(req.Tags))
      return { Tags: await readTags(ctx, name) }
    },
  }),

  action('ListTags', {
    reads: true,
    request: (account) =>
      z.strictObject({
        ResourceArn: taggedMember(account),
        MaxResults: z.number().int().min(50).max(1000).default(50),
        NextToken: z.string().max(8192).optional(),
      }),
    rule: (ctx, req) => requireModel(ctx, req.ResourceArn, 'READ'),
    answer: async (ctx, { ResourceArn: name, MaxResults: count, NextToken: token }) => {
      const tags = await readTags(ctx, name)
      const fingerprint = ['sagemaker tags', ctx.workspace, name]
      const isKey = (key: readonly unknown[]): key is readonly [string] =>
        key.length === 1 && typeof key[0] === 'string'
      const page = await readPageFrom({ fingerprint, token }, isKey, async (from) => {
        const rest = from ? tags.filter(({ Key }) => Key > from[0]) : tags
        const items = rest.slice(0, count)
        const last = rest.length > count ? items.at(-1) : undefined
        return { items, next: last && ([last.Key] as const) }
      })
      return { Tags: page.items, NextToken: page.nextPageToken }
    },
  }),

  action('DeleteTags', {
    reads: false,
    request: (account) =>
      z.strictObject({
        ResourceArn: taggedMember(account),
        TagKeys: z.array(z.string().min(1)).min(1).max(50),
      }),
    rule: (ctx, req) => requireModel(ctx, req.ResourceArn, 'EDIT'),
    answer: async (ctx, req) => {
      const { name } = await getGroup(ctx, req.ResourceArn)
      await deleteModelTags(ctx, name, req.TagKeys)
      return {}
    },
  }),
]

/** By key, as lists page through them. */
async function readTags(ctx: Context, name: string) {
  const { tags } = await getGroup(ctx, name)
  return tags
    .map(({ key, value }) => ({ Key: key, Value: value }))
    .sort((one, other) => (one.Key < other.Key ? -1 : 1))
}

function readTaggedName(arn: string, account: string): string {
  if (/^arn:aws[a-z-]*:sagemaker:[^:]*:[^:]*:model-package\//.test(arn)) {
    throw invalid(
      `'${excerpt(arn)}' is a package: its tags are CustomerMetadataProperties, and its group has tags`,
    )
  }
  if (!arn.startsWith('arn:')) throw invalid(`'${excerpt(arn)}' is no ARN`)
  return readGroupName(arn, account)
}
