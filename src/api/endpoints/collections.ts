import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Nothing, PageQuery, pageOf, VersionParams } from './shapes.ts'

const Name = z.object({ name: z.string().min(1) })

const CollectionShape = z.object({
  name: z.string(),
  description: z.string().optional(),
  protect: z.boolean().describe('A version that is linked here is not deleted'),
  links: z.number().int().optional().describe('How many there are'),
  aliases: z.record(z.string(), z.string()).describe('Which version each stands for'),
  created_at: z.number().int(),
  updated_at: z.number().int(),
})

const SourceShape = z.object({
  workspace: z.string(),
  model: z.string(),
  version: z.string(),
  deleted: z.boolean().describe('The version is gone; the link keeps its files'),
})

const LinkShape = z.object({
  collection: z.string(),
  version: z.string().describe('Its number in the collection'),
  stage: z.string(),
  aliases: z.array(z.string()),
  digest: z.string().optional().describe('`sha256:` and hex, over its files'),
  linked_by: z.string().optional(),
  linked_at: z.number().int(),
  source: SourceShape.optional().describe('Absent where the caller may not read it'),
})

const path = '/api/v1/collections/{name}'
const common = { tag: 'collections' } as const

export const listCollections = endpoint({
  ...common,
  name: 'listCollections',
  method: 'GET',
  path: '/api/v1/collections',
  summary: 'The collections of the workspace that the caller may read, by name',
  query: PageQuery,
  answer: pageOf(CollectionShape),
})

export const getCollection = endpoint({
  ...common,
  name: 'getCollection',
  method: 'GET',
  path,
  summary: 'A collection',
  params: Name,
  answer: CollectionShape,
})

export const putCollection = endpoint({
  ...common,
  name: 'putCollection',
  method: 'PUT',
  path,
  summary: 'Make a collection, or change one',
  description:
    'A collection is a registered model whose versions are links to versions of other models: clients of MLflow read it, move its aliases and stages, and permissions, grants and policies hold for it, as for any model. What is left out stays as it is.',
  params: Name,
  body: z.strictObject({
    description: z.string().optional(),
    protect: z.boolean().optional().describe('A version that is linked here is not deleted'),
  }),
  answer: CollectionShape,
})

export const deleteCollection = endpoint({
  ...common,
  name: 'deleteCollection',
  method: 'DELETE',
  path,
  summary: 'Delete a collection with its links; the versions that they lead to stay',
  params: Name,
  answer: Nothing,
})

export const listLinks = endpoint({
  ...common,
  name: 'listLinks',
  method: 'GET',
  path: `${path}/links`,
  summary: 'The links of a collection, the newest first',
  params: Name,
  query: PageQuery,
  answer: pageOf(LinkShape),
})

export const linkVersion = endpoint({
  ...common,
  name: 'linkVersion',
  method: 'POST',
  path: `${path}/links`,
  status: 201,
  summary: 'Link a version in a collection; it gets the next number there',
  description:
    'The caller needs the right to register in the collection, and MANAGE on the model. Nothing is copied.',
  params: Name,
  body: z.strictObject({
    workspace: z
      .string()
      .optional()
      .describe("Where the model is; the collection's workspace where it is absent"),
    model: z.string().min(1),
    version: VersionParams.shape.version.optional(),
    alias: z
      .string()
      .optional()
      .describe('In place of the version: the one that an alias, or a stage, stands for now'),
  }),
  answer: LinkShape,
})

export const unlinkVersion = endpoint({
  ...common,
  name: 'unlinkVersion',
  method: 'DELETE',
  path: `${path}/links/{version}`,
  summary: 'Take a version out of a collection; what it leads to stays',
  description:
    "The caller needs what deleting the collection's version takes. Who has MANAGE on the model that it leads to withdraws it with unlinkFrom.",
  params: VersionParams,
  answer: Nothing,
})

export const listLinksTo = endpoint({
  ...common,
  name: 'listLinksTo',
  method: 'GET',
  path: '/api/v1/models/{name}/versions/{version}/links',
  summary: 'The collections, of any workspace, in which a version is linked',
  description:
    'Those that the caller may read; with MANAGE on the model all of them, as they can be withdrawn.',
  params: VersionParams,
  answer: z.object({
    items: z.array(
      LinkShape.omit({ source: true }).extend({
        id: z.string(),
        workspace: z.string().describe('Of the collection'),
      }),
    ),
  }),
})

export const unlinkFrom = endpoint({
  ...common,
  name: 'unlinkFrom',
  method: 'DELETE',
  path: '/api/v1/models/{name}/versions/{version}/links/{id}',
  summary: 'Withdraw a version from a collection, in whatever workspace that is',
  description: 'The caller needs MANAGE on the model. Policies of the collection hold.',
  params: VersionParams.extend({ id: z.string().regex(/^\d{1,15}$/, 'must be the id of a link') }),
  answer: Nothing,
})
