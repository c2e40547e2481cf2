import {
  requireModel,
  requireModelVersion,
  requireRegistering,
  requireToCreate,
} from '../../access/permissions/require.ts'
import { absent, invalid } from '../../core/error.ts'
import { keepLoggedCard } from '../../governance/cards/logged-card.ts'
import { deleteFreeModel, deleteFreeVersion } from '../../governance/moves/guarded-changes.ts'
import { anyone } from '../../http/guards/guard.ts'
import type { Context } from '../../platform/context.ts'
import * as registry from '../../registry/collections/collections.ts'
import * as linking from '../../registry/collections/link-version.ts'
import * as links from '../../registry/collections/links.ts'
import { requireToDeleteModel, requireToDeleteVersion } from '../../registry/permissions.ts'
import { getVersionByAlias } from '../../registry/stages/aliases.ts'
import type { ModelVersion } from '../../registry/versions/read-versions.ts'
import { getVersion } from '../../registry/versions/versions.ts'
import { pageOf, pageStart } from '../../search/page.ts'
import { listDeploymentNames } from '../../serving/deployments.ts'
import { enterOther } from '../../workspaces/reach.ts'
import {
  findReadableLinks,
  findReadableSources,
  hasOnSource,
} from '../../workspaces/shown-links.ts'
import * as endpoints from '../endpoints/collections.ts'
import type { RequestOf } from '../endpoints/endpoint.ts'
import { page, pageRequest, pageToWire } from '../page.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** Collections: versions of several models, or workspaces, under one name. */
export const collectionRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.listCollections, anyone, (ctx, { query }) =>
    page<registry.Collection, string, ReturnType<typeof collectionToWire>>(
      ['collections', ctx.workspace],
      query,
      {
        first: '',
        read: (after: string, count: number) => registry.readCollections(ctx, after, count),
        keyOf: ({ name }) => name,
        toWire: collectionToWire,
      },
    ),
  ),

  serve(
    endpoints.getCollection,
    (ctx, { params }) => requireModel(ctx, params.name, 'READ'),
    async (ctx, { params }) => collectionToWire(await registry.getCollection(ctx, params.name)),
  ),

  serve(
    endpoints.putCollection,
    async (ctx, { params }) => {
      await requireToPut(ctx, params.name)
    },
    async (ctx, { params: { name }, body }) => {
      // Asked again: somebody may have made the model since, and who may make one may not change it.
      const isThere = await requireToPut(ctx, name)
      const put = isThere ? registry.changeCollection : registry.createCollection
      return collectionToWire(await put(ctx, name, body))
    },
  ),

  serve(
    endpoints.deleteCollection,
    (ctx, { params }) => requireToDeleteModel(ctx, params.name),
    async (ctx, { params }) => {
      await registry.getCollection(ctx, params.name)
      await deleteFreeModel(ctx, params.name, listDeploymentNames)
      return {}
    },
  ),

  serve(
    endpoints.listLinks,
    (ctx, { params }) => requireModelVersion(ctx, params.name, 'READ'),
    async (ctx, { params, query }) => {
      const { id } = await registry.getCollection(ctx, params.name)
      const wanted = pageRequest(['links', ctx.workspace, params.name], query)
      const before = pageStart(wanted, Number.MAX_SAFE_INTEGER)
      const found = await links.readLinks(ctx, id, { before, count: wanted.count + 1 })
      const readable = await findReadableSources(ctx, found)
      return pageToWire(
        pageOf(wanted, found, ({ version }) => version),
        (link) => linkToWire(link, readable.has(link.id)),
      )
    },
  ),

  serve(endpoints.linkVersion, requireToLink, async (ctx, { params, body }) => {
    const at = await enterOther(ctx, body.workspace)
    const version = await findWanted(at, body)
    const made = await linking.linkVersion(ctx, params.name, { workspace: at.workspace, version })
    await keepLoggedCard(ctx, made)
    return linkToWire(await getLink(ctx, params.name, made.version), true)
  }),

  serve(
    endpoints.unlinkVersion,
    (ctx, { params }) => requireToDeleteVersion(ctx, params.name, params.version),
    async (ctx, { params }) => {
      await getLink(ctx, params.name, params.version)
      await deleteFreeVersion(ctx, params.name, params.version)
      return {}
    },
  ),

  serve(
    endpoints.listLinksTo,
    (ctx, { params }) => requireModelVersion(ctx, params.name, 'READ'),
    async (ctx, { params }) => {
      const { registeredModelId } = await getVersion(ctx, params.name, params.version)
      const found = await links.readLinksTo(ctx, params.name, params.version)
      const source = { ...ofVersion(ctx, params), registeredModelId }
      const mayWithdraw = await hasOnSource(ctx, source, 'MANAGE')
      const shown = mayWithdraw ? found : await findReadableLinks(ctx, found)
      return {
        items: shown.map((link) => ({
          ...linkToWire(link, false),
          id: String(link.id),
          workspace: link.workspace,
        })),
      }
    },
  ),

  serve(
    endpoints.unlinkFrom,
    (ctx, { params }) => requireModelVersion(ctx, params.name, 'MANAGE'),
    async (ctx, { params }) => {
      const found = await links.readLinksTo(ctx, params.name, params.version)
      const link = found.find(({ id }) => id === Number(params.id))
      if (!link)
        throw absent(`Version ${params.version} of '${params.name}' has no link ${params.id}`)
      // The version's own workspace decides about its links, whether or not the caller enters the other.
      const at = { ...ctx, workspace: link.workspace }
      await deleteFreeVersion(at, link.collection, link.version)
      return {}
    },
  ),
]

/** @returns whether there is a model of this name */
async function requireToPut(ctx: Context, name: string): Promise<boolean> {
  const isThere = await registry.isModelThere(ctx, name)
  await (isThere ? requireModel(ctx, name, 'EDIT') : requireToCreate(ctx, 'model'))
  return isThere
}

type LinkRequest = RequestOf<typeof endpoints.linkVersion>

async function requireToLink(ctx: Context, { params, body }: LinkRequest): Promise<void> {
  await requireRegistering(ctx, params.name)
  await requireModelVersion(await enterOther(ctx, body.workspace), body.model, 'MANAGE')
}

/** @throws INVALID_PARAMETER_VALUE not one of `version` and `alias` is given */
function findWanted(at: Context, body: LinkRequest['body']): Promise<ModelVersion> {
  const { model, version, alias } = body
  if (version !== undefined && alias === undefined) return getVersion(at, model, version)
  if (alias !== undefined && version === undefined) return getVersionByAlias(at, model, alias)
  throw invalid("Give one of 'version' and 'alias': which version of the model is to be linked")
}

/** @throws RESOURCE_DOES_NOT_EXIST there is none */
async function getLink(ctx: Context, name: string, version: number): Promise<links.CollectionLink> {
  const link = await links.findLink(ctx, name, version)
  if (link) return link
  await registry.getCollection(ctx, name)
  throw absent(`The collection '${name}' has no link ${version}`)
}

function ofVersion(
  { workspace }: Context,
  { name, version }: { readonly name: string; readonly version: number },
) {
  return { workspace, model: name, version }
}

function collectionToWire(collection: registry.Collection) {
  return {
    name: collection.name,
    description: collection.description,
    protect: collection.protect,
    links: collection.links,
    aliases: Object.fromEntries(
      collection.aliases.map(({ alias, version }) => [alias, String(version)]),
    ),
    created_at: collection.createdAtMs,
    updated_at: collection.updatedAtMs,
  }
}

function linkToWire(link: links.CollectionLink, isSourceShown: boolean) {
  const { workspace, model, version, registeredModelId } = link.source
  return {
    collection: link.collection,
    version: String(link.version),
    stage: link.stage,
    aliases: [...link.aliases],
    digest: link.digest,
    linked_by: link.linkedBy ?? undefined,
    linked_at: link.linkedAtMs,
    ...(isSourceShown && {
      source: {
        ...{ workspace, model, version: String(version) },
        deleted: registeredModelId === undefined,
      },
    }),
  }
}
