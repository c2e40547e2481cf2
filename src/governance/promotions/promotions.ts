import { type SQL, sql } from 'drizzle-orm'
import { commit, entryStatement, type NewEntry } from '../../audit/commit.ts'
import { conflict, excerpt, notFound, RegistryError } from '../../core/error.ts'
import { placeKey } from '../../core/place.ts'
import { gatehouse, principalText, type SomeAccount } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { getVersion } from '../../registry/versions/versions.ts'
import type { Beside } from '../../search/page.ts'
import { approvalStatements } from '../approval-status.ts'
import { loggedCardStatements } from '../cards/logged-card.ts'
import { type PromotionTarget, targetText } from '../policies/policy.ts'
import { type Assessment, evidenceText } from './assess.ts'
import { hasExpired } from './expiry.ts'
import {
  checkSaid,
  type Promotion,
  type PromotionRow,
  type PromotionStatus,
  promotionFrom,
} from './promotion.ts'

export type NewPromotion = {
  readonly model: string
  readonly version: number
  readonly target: PromotionTarget
  readonly archiveExisting: boolean
  readonly reason: string | undefined
  /** See `openForMs`. */
  readonly openMs: number
}

/**
 * Open a request, or find the one that is open for this version and target. One that is past its time
 * expires, and makes room for another.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such version
 */
export async function openPromotion(
  ctx: Context,
  wanted: NewPromotion,
): Promise<{ readonly promotion: Promotion; readonly isNew: boolean }> {
  const { target } = wanted
  checkSaid(wanted.reason, 'reason')
  const version = await getVersion(ctx, wanted.model, wanted.version)
  const [kind, name] =
    target.alias === undefined ? ['stage', target.stage] : ['alias', target.alias]
  const isOpen = sql`model_version = ${version.id} and target_kind = ${kind} and target = ${name}
    and status = 'open'`
  const now = ctx.now()
  const logged = await loggedCardStatements(ctx, version)
  const { registeredModelId, id: modelVersionId } = version
  const approvals = await approvalStatements(ctx, { registeredModelId, modelVersionId, target })
  const { opened, found } = await commit(ctx, {
    opened: sql<{
      id: number
    }>`insert into promotions (workspace, registered_model, model_version, model, version,
        from_stage, target_kind, target, place, archive_existing, status, requested_by, requester,
        requested_at_ms, expires_at_ms, reason, break_glass)
      select m.workspace, m.id, v.id, m.name, v.version, v.stage, ${kind}, ${name},
        ${placeKey(name)}, ${wanted.archiveExisting}, 'open', ${principalText(ctx.principal)}, ${ctx.principal.name},
        ${now}, ${now + wanted.openMs}, ${wanted.reason ?? null}, 0
      from model_versions v join registered_models m on m.id = v.registered_model
      where v.id = ${version.id} and not exists (select 1 from promotions where ${isOpen})
      returning id`,
    entry: promotionEntry(ctx, 'promotion.opened', {
      where: sql`${isOpen} and requested_at_ms = ${now} and requester = ${ctx.principal.name}
        and changes() = 1`,
      reason: wanted.reason,
    }),
    approvals,
    found: sql<PromotionRow>`select * from promotions where ${isOpen}`,
    // Reviewers read the card that a client logged: it is a revision from here on.
    logged,
  })
  const [row] = found
  if (!row) throw notFound('Model version', `${wanted.model}/${wanted.version}`)
  const promotion = promotionFrom(row)
  if (opened.length === 1 || !hasExpired(ctx, promotion, wanted.openMs)) {
    return { promotion, isNew: opened.length === 1 }
  }
  await endExpired(ctx, promotion)
  return openPromotion(ctx, wanted)
}

/** @throws RESOURCE_DOES_NOT_EXIST */
export async function getPromotion(ctx: Context, id: number): Promise<Promotion> {
  const promotion = await findPromotion(ctx, id)
  if (!promotion) throw notFound('Promotion request', String(id))
  return promotion
}

export async function findPromotion(ctx: Context, id: number): Promise<Promotion | undefined> {
  const row = await ctx.db.first(
    sql<PromotionRow>`select * from promotions where id = ${id} and workspace = ${ctx.workspace}`,
  )
  return row && promotionFrom(row)
}

export type PromotionFilter = {
  readonly status?: PromotionStatus | undefined
  /** Only those that are not open any more. */
  readonly isDecided?: true | undefined
  /** Only those that were merged by break-glass and that nobody followed up. */
  readonly lacksFollowUp?: true | undefined
  readonly model?: string | undefined
  readonly version?: number | undefined
  /** Of a name alone, or of the account that has it now. */
  readonly requestedBy?: SomeAccount | undefined
  readonly ids?: readonly number[] | undefined
}

export type PromotionPlace = {
  readonly before?: number | undefined
  readonly count: number
  readonly shown: SQL
}

/**
 * Newest first.
 *
 * @param page.before only those of a lower id
 * @param page.shown condition on `promotions p`
 */
export async function listPromotions(
  ctx: Context,
  filter: PromotionFilter,
  { before, count, shown }: PromotionPlace,
): Promise<Promotion[]> {
  const conditions = [
    sql`workspace = ${ctx.workspace}`,
    shown,
    ...(filter.status ? [sql`status = ${filter.status}`] : []),
    ...(filter.isDecided ? [sql`status <> 'open'`] : []),
    ...(filter.lacksFollowUp ? [sql`break_glass = 1 and followed_up_by is null`] : []),
    ...(filter.model ? [sql`model = ${filter.model}`] : []),
    ...(filter.version ? [sql`version = ${filter.version}`] : []),
    ...(filter.requestedBy ? [isRequesterSql(filter.requestedBy)] : []),
    ...(filter.ids
      ? [sql`id in (select value from json_each(${JSON.stringify(filter.ids)}))`]
      : []),
    ...(before ? [sql`id < ${before}`] : []),
  ]
  const rows = await ctx.db.all(sql<PromotionRow>`select p.* from promotions p
    where ${sql.join(conditions, sql` and `)} order by id desc limit ${count}`)
  return rows.map(promotionFrom)
}

/** As `isSame` has it; a name is what the index has. */
function isRequesterSql({ name, account }: SomeAccount): SQL {
  const hasName = sql`requester = ${name}`
  if (account === undefined) return hasName
  return sql`${hasName} and coalesce(requested_by ->> 'account', ${account}) = ${account}`
}

/** The open requests for stages of one version, oldest first. @param versionId `model_versions.id` */
export async function listOpenStageRequests(ctx: Context, versionId: number): Promise<Promotion[]> {
  const rows = await ctx.db.all(sql<PromotionRow>`select * from promotions
    where model_version = ${versionId} and target_kind = 'stage' and status = 'open'
      and expires_at_ms > ${ctx.now()} order by id`)
  return rows.map(promotionFrom)
}

/**
 * End open requests without a move: all of them or none. Closing and expiring decide nothing, so a
 * version gets back the approval that its last request for the place, which was decided or still
 * waits, gave it.
 *
 * @param ending.status rejections are reviews: see `reviewPromotion`
 * @throws RESOURCE_CONFLICT one of them is not open any more
 */
export async function endPromotions(
  ctx: Context,
  promotions: readonly Promotion[],
  { status, comment }: Ending,
): Promise<void> {
  if (promotions.length === 0) return
  checkSaid(comment)
  const ids = sql`select value from json_each(${JSON.stringify(promotions.map(({ id }) => id))})`
  const areOpen = sql`(select count(*) from promotions o where o.id in (${ids})
    and o.status = 'open') = ${promotions.length}`
  const { ended } = await commit(ctx, {
    ended: endStatement(ctx, ids, { status, guard: areOpen }),
    entry: promotionEntry(ctx, `promotion.${status}`, {
      where: hasEnded(ctx, ids),
      reason: comment,
    }),
    approvals: await approvalStatements(ctx, ...promotions),
  })
  if (ended.length === promotions.length) return
  for (const { id } of promotions) {
    const now = await getPromotion(ctx, id)
    if (now.status !== 'open') throw notOpen(now)
  }
  throw conflict('The requests changed meanwhile; try again')
}
type Ending = {
  readonly status: 'closed' | 'expired'
  readonly comment?: string | undefined
}

/** Expire a request that is past its time, unless another call ends it first. */
export async function endExpired(ctx: Context, promotion: Promotion): Promise<void> {
  try {
    // The request id marks what is written, so this needs one of its own.
    const own = { ...ctx, principal: gatehouse, requestId: ctx.randomId() }
    await endPromotions(own, [promotion], { status: 'expired' })
  } catch (err) {
    if (!(err instanceof RegistryError && err.code === 'RESOURCE_CONFLICT')) throw err
  }
}

/**
 * The statement that ends an open request; it returns a row if it did. Of two decisions about one place
 * the later one has the later time, also if the clock was set back between them.
 *
 * @param id of the request, or a select of several
 */
export function endStatement(
  ctx: Context,
  id: number | SQL,
  { status, guard = sql`1`, judged, breakGlass }: EndTerms,
): SQL<{ id: number }> {
  const earlier = sql`(select max(p.decided_at_ms) + 1 from promotions p
    where p.model_version = promotions.model_version and p.place = promotions.place)`
  return sql<{ id: number }>`update promotions set status = ${status},
      decided_at_ms = max(${ctx.now()}, coalesce(${earlier}, 0)),
      decided_by = ${principalText(ctx.principal)}, merged_by_request = ${ctx.requestId},
      evidence = ${judged ? evidenceText(judged) : null},
      judged_at_ms = ${judged?.judgedAtMs ?? null}, break_glass = ${breakGlass ?? false}
    where id in (${id}) and status = 'open' and ${guard} returning id`
}
type EndTerms = {
  readonly status: Exclude<PromotionStatus, 'open'>
  readonly guard?: SQL
  /** The judgement that decides it. */
  readonly judged?: Assessment
  readonly breakGlass?: boolean
}

/** True in the batch, after `endStatement` of the same ids, if that took effect. */
export function hasEnded(ctx: Context, id: number | SQL): SQL {
  return sql`id in (${id}) and status <> 'open' and merged_by_request = ${ctx.requestId}`
}

/** An entry about a request, in its workspace. @param detail.where conditions on columns of `promotions` */
export function promotionEntry(
  ctx: Context,
  action: NewEntry['action'],
  {
    where,
    reason,
    more = sql`'{}'`,
  }: { readonly where: SQL; readonly reason?: string | undefined; readonly more?: SQL },
): SQL {
  return entryStatement(ctx, {
    action,
    workspace: sql`workspace`,
    from: sql`promotions where ${where}`,
    registeredModel: sql`registered_model`,
    model: sql`model`,
    version: sql`version`,
    promotion: sql`id`,
    reason,
    after: sql`json_patch(json_object('promotion', cast(id as text), 'to',
      json_object(target_kind, target)), ${more})`,
  })
}

/** The error of a call that needs an open request: 409. */
export function notOpen({ id, status, closedBecause }: Promotion): RegistryError {
  return new RegistryError(
    'RESOURCE_CONFLICT',
    `Promotion request #${id} is ${status}${closedBecause ? ` (${closedBecause})` : ''}; open another one`,
  )
}

/** `fraud-detector version 3 -> Production`. */
export function promotionText({ model, version, target }: Promotion): string {
  return `${excerpt(model)} version ${version} -> ${targetText(target)}`
}

/** The requests before and after one, of the same model; undefined: there is none. */
export async function findPromotionsBeside(
  ctx: Context,
  { id, registeredModelId }: Pick<Promotion, 'id' | 'registeredModelId'>,
): Promise<Beside<number>> {
  const requests = sql`from promotions where registered_model = ${registeredModelId}`
  const { before, after } = await ctx.db.batch({
    before: sql<{ id: number | null }>`select max(id) as id ${requests} and id < ${id}`,
    after: sql<{ id: number | null }>`select min(id) as id ${requests} and id > ${id}`,
  })
  return { before: before[0]?.id ?? undefined, after: after[0]?.id ?? undefined }
}
