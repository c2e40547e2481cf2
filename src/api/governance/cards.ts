import type { z } from 'zod'
import { requireModelVersion } from '../../access/permissions/require.ts'
import type { Author, CardRevision } from '../../governance/cards/card-rows.ts'
import type { Card } from '../../governance/cards/card-shape.ts'
import { getCard as cardOf, getRevision, listRevisions } from '../../governance/cards/read-card.ts'
import {
  type CardTemplate,
  deleteTemplate,
  getTemplate,
  setTemplate,
} from '../../governance/cards/templates.ts'
import { renderCard, renderForHuggingFace } from '../../governance/cards/write-card.ts'
import { writeCard } from '../../governance/cards/write-revision.ts'
import type { VersionTraces } from '../../governance/version-traces.ts'
import type { Context } from '../../platform/context.ts'
import * as endpoints from '../endpoints/cards.ts'
import type { Answer } from '../endpoints/endpoint.ts'
import { page } from '../page.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

type OfModel = { readonly params: { readonly name: string } }

const mayRead = (ctx: Context, { params }: OfModel) => requireModelVersion(ctx, params.name, 'READ')
const mayEdit = (ctx: Context, { params }: OfModel) => requireModelVersion(ctx, params.name, 'EDIT')

/** Model cards, and the templates they start from. The page of a card is src/ui's. */
export const cardRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.getCard, mayRead, (ctx, { params }) => cardAnswer(ctx, params)),

  serve(endpoints.putCard, mayEdit, async (ctx, { params, body: { revision, ...authored } }) => {
    await writeCard(ctx, params.name, {
      version: params.version,
      card: cardFrom(authored),
      expected: revision,
    })
    return cardAnswer(ctx, params)
  }),

  serve(endpoints.listCardRevisions, mayRead, (ctx, { params, query }) =>
    page(['card-revisions', params.name, params.version], query, {
      first: Number.MAX_SAFE_INTEGER,
      read: (before, count) =>
        listRevisions(ctx, params.name, { version: params.version, count, before }),
      keyOf: ({ revision }) => revision,
      toWire: revisionAnswer,
    }),
  ),

  serve(endpoints.getCardRevision, mayRead, async (ctx, { params }) => {
    const found = await getRevision(ctx, params.name, params)
    return { ...revisionAnswer(found), card: found.card }
  }),

  serve(endpoints.getCardMarkdown, mayRead, async (ctx, { params, query }, c) => {
    const found = await cardOf(ctx, params.name, {
      version: params.version,
      revision: query.revision,
    })
    const write = query.format === 'huggingface' ? renderForHuggingFace : renderCard
    return c.body(await write({ ...params, ...found }), 200, {
      'Content-Type': 'text/markdown; charset=utf-8',
      'Content-Security-Policy': "default-src 'none'; sandbox",
    })
  }),

  serve(endpoints.getCardTemplate, mayRead, async (ctx, { params }) =>
    templateAnswer(await getTemplate(ctx, params.name)),
  ),

  serve(
    endpoints.putCardTemplate,
    mayEdit,
    async (ctx, { params, body: { required, ...authored } }) =>
      templateAnswer(await setTemplate(ctx, params.name, { card: cardFrom(authored), required })),
  ),

  serve(endpoints.deleteCardTemplate, mayEdit, async (ctx, { params }) => {
    await deleteTemplate(ctx, params.name)
    return {}
  }),
]

/** The authored part of a body, which comes in one of two forms. */
function cardFrom({ card, ...fields }: Card & { readonly card?: Card | undefined }): Card {
  return card ?? fields
}

async function cardAnswer(
  ctx: Context,
  { name, version }: { readonly name: string; readonly version: number },
): Promise<Answer<typeof endpoints.getCard>> {
  const { revision, current, card, derived, missing } = await cardOf(ctx, name, { version })
  return {
    revision,
    ...(current && { author: authorAnswer(current.author), updated_at: current.updatedAtMs }),
    ...(current?.importedFrom !== undefined && { imported_from: current.importedFrom }),
    card,
    derived: {
      ...derived,
      datasets: [...derived.datasets],
      traces: derived.traces && tracesToWire(derived.traces),
    },
    missing,
  }
}

function revisionAnswer({ revision, author, updatedAtMs, digest, importedFrom }: CardRevision) {
  return {
    revision,
    author: authorAnswer(author),
    updated_at: updatedAtMs,
    digest,
    ...(importedFrom !== undefined && { imported_from: importedFrom }),
  }
}

function templateAnswer({ card, required, author, updatedAtMs }: CardTemplate) {
  return { card, required, author: authorAnswer(author), updated_at: updatedAtMs }
}

function authorAnswer({ groups, ...author }: Author) {
  return { ...author, groups: [...groups] }
}

/** What a version did. */
export function tracesToWire({
  finished,
  errors,
  unfinished,
  p50,
  p95,
  p99,
  feedback,
}: VersionTraces): z.output<typeof endpoints.TracesShape> {
  return {
    count: finished,
    errors,
    unfinished,
    error_rate: finished === 0 ? undefined : errors / finished,
    latency_ms: p50 === null || p95 === null || p99 === null ? undefined : { p50, p95, p99 },
    feedback: [...feedback],
  }
}
