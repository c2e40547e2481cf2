import { z } from 'zod'
import { decodePageToken, encodePageToken, foreignPageToken } from '../../core/page-token.ts'
import { anyone } from '../../http/guards/guard.ts'
import { findArtifactPlaces, findVersionPlaces } from '../../registry/files/find-places.ts'
import * as endpoints from '../endpoints/file-places.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** Behind which version and which artifact a page begins. */
const Place = z.tuple([z.number().int(), z.number().int(), z.string(), z.string()])
const start = [0, 0, '', ''] as const

/** Where files are, by what they hold. */
export const filePlaceRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.findFilePlaces, anyone, async (ctx, { query }) => {
    const { sought, max_results: count, page_token } = query
    const print = ['file-places', sought]
    const place = Place.safeParse(decodePageToken(print, page_token) ?? start)
    if (!place.success) throw foreignPageToken()
    const [model, version, path, artifact] = place.data
    const [versions, artifacts] = await Promise.all([
      findVersionPlaces(ctx, sought, { after: [model, version, path], count: count + 1 }),
      'sha256' in sought
        ? findArtifactPlaces(ctx, sought.sha256, { after: artifact, count })
        : { paths: [], next: undefined },
    ])
    const hasMore = versions.length > count || artifacts.next !== undefined
    const shown = versions.slice(0, count)
    const last = shown.at(-1)
    const versionKey = last ? [last.modelId, last.version, last.path ?? ''] : [model, version, path]
    const artifactKey = artifacts.next ?? artifacts.paths.at(-1) ?? artifact
    return {
      versions: shown.map(({ modelId: _, version, path, ...rest }) => ({
        ...rest,
        version: String(version),
        ...(path !== undefined && { path }),
      })),
      artifacts: [...artifacts.paths],
      ...(hasMore && {
        next_page_token: encodePageToken(print, [...versionKey, artifactKey]),
      }),
    }
  }),
]
