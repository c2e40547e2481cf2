import { requireModelVersion } from '../../access/permissions/require.ts'
import { keepLoggedCard } from '../../governance/cards/logged-card.ts'
import type { Context } from '../../platform/context.ts'
import { requireToRegister } from '../../registry/permissions.ts'
import { checkReceiving, type Expected, requireToReceive } from '../../transfer/check-receiving.ts'
import { noteSending } from '../../transfer/note-sending.ts'
import {
  getCreationEntry,
  newVersionOf,
  type Received,
  registerReceived,
} from '../../transfer/receive-version.ts'
import type { RequestOf } from '../endpoints/endpoint.ts'
import * as endpoints from '../endpoints/transfers.ts'
import { targetFrom } from '../governance/promotion-wire.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** Versions on their way between two servers. */
export const transferRoutes: readonly ServedEndpoint[] = [
  serve(
    endpoints.noteSending,
    (ctx, { params }) => requireModelVersion(ctx, params.name, 'EDIT'),
    async (ctx, { params, body }) => ({
      entry: await noteSending(ctx, params.name, { version: params.version, ...body }),
    }),
  ),

  serve(
    endpoints.checkTransfer,
    async (ctx, req) => requireToReceive(ctx, await expectedFrom(ctx, req)),
    async (ctx, req) => {
      const version = await checkReceiving(ctx, await expectedFrom(ctx, req))
      return version === undefined ? {} : { version: String(version) }
    },
  ),

  serve(
    endpoints.receiveVersion,
    (ctx, req) => requireToRegister(ctx, newVersionOf(receivedFrom(req))),
    async (ctx, req) => {
      const { version, isNew } = await registerReceived(ctx, receivedFrom(req))
      if (isNew) await keepLoggedCard(ctx, version)
      const entry = await getCreationEntry(ctx, version)
      return { name: version.name, version: String(version.version), entry, added: isNew }
    },
  ),
]

async function expectedFrom(
  ctx: Context,
  { params, body }: RequestOf<typeof endpoints.checkTransfer>,
): Promise<Expected> {
  const { to, archive_existing: archiveOthers, ...rest } = body
  return { ...rest, ...(to && (await targetFrom(ctx, to))), name: params.name, archiveOthers }
}

function receivedFrom({ params, body }: RequestOf<typeof endpoints.receiveVersion>): Received {
  const { run_id: runId, tags, ...rest } = body
  return {
    ...rest,
    ...{ name: params.name, runId },
    tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
  }
}
