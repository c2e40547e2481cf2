import { sql } from 'drizzle-orm'
import { isNotDeniedSql, mayReadSql } from '../../access/permissions/permitted.ts'
import { notFound } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { packageApprovalSql } from '../../registry/packages/package-status.ts'
import {
  type FoundPackage,
  findApprovals,
  packageConditionSql,
} from '../../registry/packages/search-packages.ts'
import { readVersions } from '../../registry/versions/read-versions.ts'
import { getVersion } from '../../registry/versions/versions.ts'
import type { ConditionTree, TreeField } from '../../search/condition-tree.ts'
import { findPage, type Searchable } from '../../search/find-page.ts'
import { parseOrderBy } from '../../search/order-by.ts'
import type { SortField } from '../../search/order-sql.ts'
import type { Page } from '../../search/page.ts'
import type { FilterField } from '../../search/vocabulary.ts'
import { vocabularyOf } from '../../search/vocabulary.ts'
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

/** When a revision was written. */
type RevisionTime = { readonly revision: number; readonly writtenAtMs: number }

/**
 * When the revisions of a version's card were written, without what stands in them. A logged card that is
 * not yet a revision is not among them.
 *
 * @param of.after the revision behind which they begin, in their order
 * @param of.least the lowest revision, and `most` the highest one
 * @param of.sinceMs exclusive, as `untilMs` is
 */
export async function listRevisionTimes(
  ctx: Context,
  version: Pick<CardedVersion, 'id'>,
  of: {
    readonly after: number
    readonly count: number
    readonly isDescending: boolean
    readonly least: number
    readonly most: number
    readonly sinceMs: number
    readonly untilMs: number
  },
): Promise<RevisionTime[]> {
  const [from, order] = of.isDescending ? [sql`<`, sql`desc`] : [sql`>`, sql`asc`]
  const rows = await ctx.db.all(sql<{ revision: number; created_at_ms: number }>`
    select revision, created_at_ms from model_cards
    where model_version = ${version.id} and revision ${from} ${of.after}
      and revision between ${of.least} and ${of.most}
      and created_at_ms > ${of.sinceMs} and created_at_ms < ${of.untilMs}
    order by revision ${order} limit ${of.count}`)
  return rows.map(({ revision, created_at_ms: writtenAtMs }) => ({ revision, writtenAtMs }))
}

/** A card as lists show it: of which version, and when its first and its newest revision were written. */
export type ListedCard = FoundPackage & {
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

const byVersion = [{ expression: sql`c.model_version`, type: 'int64' }] as const
/** In the order of names a database goes from models to their cards by itself. */
const searchableCards: Searchable = {
  from: sql`model_cards c join model_versions v on v.id = c.model_version
    join registered_models m on m.id = v.registered_model`,
  id: sql`c.model_version`,
  filterKeys: vocabularyOf<FilterField>('model version', []),
  sortKeys: vocabularyOf<SortField>('model version', [
    [
      [''],
      new Map<string, SortField>([
        ['name', { type: 'text', column: () => sql`m.name` }],
        ['version_number', { type: 'int64', column: () => sql`v.version` }],
        ['creation_timestamp', { type: 'int64', column: () => sql`c.created_at_ms` }],
      ]),
    ],
  ]),
  defaultOrder: byVersion,
  tieBreak: byVersion,
}

/** In the order of time: from card to card by their index, so that a page reads no others. */
const cardsByTime: Searchable = {
  ...searchableCards,
  from: sql`model_cards c indexed by model_cards_by_beginning
    cross join model_versions v on v.id = c.model_version
    cross join registered_models m on m.id = v.registered_model`,
}

/**
 * The cards of versions that the caller may read; those that were logged and are not yet a revision are not
 * among them.
 *
 * @param search.conditions on the version as a package, its `CardName` (`fraud/3`), the `CardTime` of the first
 *   revision, and the `Approval` that was asked for
 * @throws INVALID_PARAMETER_VALUE a condition, the order or the token is wrong
 */
export async function searchCards(
  ctx: Context,
  search: {
    readonly conditions: ConditionTree
    readonly by: 'name' | 'time'
    readonly isDescending: boolean
    readonly maxResults: number
    readonly pageToken: string | undefined
  },
): Promise<Page<ListedCard>> {
  const { conditions, by, isDescending, maxResults: count, pageToken: token } = search
  const columns = by === 'name' ? ['name', 'version_number'] : ['creation_timestamp']
  const orderBy = columns.map((column) => `${column} ${isDescending ? 'DESC' : 'ASC'}`)
  const names: ReadonlyMap<string, TreeField> = new Map([
    ['CardName', { type: 'text', expression: sql`m.name || '/' || v.version` }],
    ['CardTime', { type: 'time', expression: sql`c.created_at_ms` }],
    ['Approval', { type: 'text', expression: packageApprovalSql(ctx.settings.packages.stage) }],
  ])
  const { items: ids, nextPageToken } = await findPage(
    ctx.db,
    by === 'name' ? searchableCards : cardsByTime,
    {
      scope: [
        sql`c.revision = 1 and m.workspace = ${ctx.workspace}`,
        mayReadSql(ctx, 'model', { id: sql`m.id` }),
        isNotDeniedSql(ctx, 'version'),
        packageConditionSql(ctx, conditions, names),
      ],
      filter: [],
      orderBy: parseOrderBy(orderBy),
      ...{ count, token, fingerprint: ['cards', ctx.workspace, orderBy, conditions] },
    },
  )
  return { items: await readListed(ctx, ids), nextPageToken }
}

async function readListed(ctx: Context, ids: readonly number[]): Promise<ListedCard[]> {
  const found = await findApprovals(ctx, await readVersions(ctx.db, ids))
  const rows = await ctx.db.all(sql<{ id: number; created: number; updated: number }>`
    select value as id,
      (select created_at_ms from model_cards where model_version = value and revision = 1) as created,
      (select created_at_ms from model_cards where model_version = value
        order by revision desc limit 1) as updated
    from json_each(${JSON.stringify(ids)})`)
  const times = new Map(rows.map((row) => [row.id, row]))
  return found.map((card) => {
    const { created = 0, updated = 0 } = times.get(card.version.id) ?? {}
    return { ...card, createdAtMs: created, updatedAtMs: updated }
  })
}
