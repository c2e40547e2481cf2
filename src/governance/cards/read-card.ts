import { sql } from 'drizzle-orm'
import { notFound } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { getVersion } from '../../registry/versions/versions.ts'
import { type CardRevision, type CardRow, missingFields, revisionFrom } from './card-rows.ts'
import type { Card, CardField } from './card-shape.ts'
import { type Derived, derive } from './derived.ts'
import { type CardedVersion, findLoggedRevision } from './logged-card.ts'
import { findTemplate } from './templates.ts'

/** A version's card as it is now. */
export type ModelCard = {
  /** 0: nobody wrote a card yet, and `card` is the model's template. */
  readonly revision: number
  /** Absent at revision 0. */
  readonly current?: CardRevision
  readonly card: Card
  readonly derived: Derived
  /** What the model's template requires and the card leaves empty. */
  readonly missing: readonly CardField[]
}

const columns = sql`revision, author, created_at_ms, card, digest, imported_from, problems`

/**
 * The card of a version, authored and derived. A logged card that is not yet a revision is read
 * from its file. Reading writes nothing.
 *
 * @param revision of what people wrote; absent: the newest
 * @throws RESOURCE_DOES_NOT_EXIST no such version, or no such revision of its card
 * @throws DATA_LOSS a file that it is made from is damaged
 */
export async function getCard(
  ctx: Context,
  name: string,
  {
    version: number,
    revision,
  }: { readonly version: number; readonly revision?: number | undefined },
): Promise<ModelCard> {
  const version = await getVersion(ctx, name, number)
  const [{ current, problem }, derived, template] = await Promise.all([
    revision === undefined
      ? readCurrentRevision(ctx, version)
      : {
          current: await getRevision(ctx, name, { version: number, revision }),
          problem: undefined,
        },
    derive(ctx, version),
    findTemplate(ctx, version.registeredModelId),
  ])
  const card = current?.card ?? template?.card ?? {}
  const problems = [
    ...(derived.problems ?? []),
    ...(problem === undefined ? [] : [problem]),
    ...(current?.problems ?? []),
  ]
  return {
    revision: current?.revision ?? 0,
    ...(current && { current }),
    card,
    derived: problems.length > 0 ? { ...derived, problems } : derived,
    missing: missingFields(current?.card ?? {}, template?.required ?? []),
  }
}

/**
 * The newest revision of a version's card, or the card as it was logged. A version without a card
 * has neither. If the logged file is not a card, there is a problem, in words for who logged it.
 *
 * @throws DATA_LOSS the logged file is damaged
 */
export async function readCurrentRevision(
  ctx: Context,
  version: CardedVersion,
): Promise<{ current?: CardRevision; problem?: string }> {
  const kept = await ctx.db.first(sql<CardRow>`select ${columns} from model_cards
    where model_version = ${version.id} order by revision desc limit 1`)
  if (kept) return { current: revisionFrom(kept) }
  const { row, problem } = await findLoggedRevision(ctx, version)
  return { ...(row && { current: revisionFrom(row) }), ...(problem !== undefined && { problem }) }
}

/**
 * Revisions of a version's card, the newest first, at most `count` of them below revision `before`.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such version
 */
export async function listRevisions(
  ctx: Context,
  name: string,
  {
    version: number,
    count,
    before = Number.MAX_SAFE_INTEGER,
  }: { readonly version: number; readonly count: number; readonly before?: number },
): Promise<CardRevision[]> {
  const version = await getVersion(ctx, name, number)
  const rows = await ctx.db.all(sql<CardRow>`select ${columns} from model_cards
    where model_version = ${version.id} and revision < ${before}
    order by revision desc limit ${count}`)
  // Revisions have no gaps: if there is none below, there are none at all.
  if (rows.length > 0 || before <= 1) return rows.map(revisionFrom)
  const { row } = await findLoggedRevision(ctx, version)
  return row ? [revisionFrom(row)] : []
}

/** @throws RESOURCE_DOES_NOT_EXIST no such version, or no such revision of its card */
export async function getRevision(
  ctx: Context,
  name: string,
  { version: number, revision }: { readonly version: number; readonly revision: number },
): Promise<CardRevision> {
  const [found] = await listRevisions(ctx, name, {
    version: number,
    count: 1,
    before: revision + 1,
  })
  if (found?.revision !== revision) {
    throw notFound(`Revision of the card of '${name}' version ${number}`, String(revision))
  }
  return found
}
