import { type SQL, sql } from 'drizzle-orm'
import { type Principal, principalText, type SomeAccount } from '../core/principal.ts'
import { letOthersRun } from '../core/rounds.ts'
import type { Batch, BatchRows } from '../db/database.ts'
import type { Context } from '../platform/context.ts'
import type { Action } from './actions.ts'
import { briefReason, briefSql, isTooLong, readDigests } from './brief.ts'

/** What an entry says besides who, when and by which request: expressions over the rows of `from`. */
export type NewEntry = {
  readonly action: Action
  /** Tables and condition, e.g. `registered_models m where m.id = 1`. Each of its rows makes an entry. */
  readonly from: SQL
  /** `registered_models.id`, the name and, of a version, the number. */
  readonly registeredModel?: SQL | undefined
  readonly model?: SQL | undefined
  readonly version?: SQL | undefined
  /** 1 for a prompt. */
  readonly isPrompt?: SQL | undefined
  /** JSON objects, e.g. `json_object('stage', v.stage)`. */
  readonly before?: SQL | undefined
  readonly after?: SQL | undefined
  readonly reason?: string | undefined
  /** `promotions.id` of the request that is merged by this change, and who approved it. */
  readonly promotion?: SQL | undefined
  readonly approvers?: readonly SomeAccount[] | undefined
  /** Where it is another's than the context's: a Principal as JSON. */
  readonly actor?: SQL | undefined
  readonly workspace?: SQL | undefined
}

/**
 * The statement that adds the entry of a change to the audit log. It belongs into the batch of the
 * change: before it, where it reads the old values and repeats the guard of the change, or right after
 * an insert. Without a row of `from` there is no entry, and no change.
 */
export function entryStatement(ctx: Context, entry: NewEntry): SQL {
  const statement = entrySql(ctx, entry)
  written.set(statement, { ctx, entry })
  return statement
}

/** What the statements of entries were made of, in case one has to be made anew. */
const written = new WeakMap<SQL, { readonly ctx: Context; readonly entry: NewEntry }>()

function entrySql(ctx: Context, entry: NewEntry): SQL {
  const { approvers } = entry
  const approvedBy = approvers && [...new Set(approvers.map(({ name }) => name))]
  const none = sql`null`
  return sql`insert into audit_entries (workspace, at_ms, actor, action, registered_model, model,
      version, is_prompt, before, after, reason, promotion, approved_by, request_id, user_agent, approvers)
    select ${entry.workspace ?? ctx.workspace}, ${ctx.now()},
      ${entry.actor ?? actorText(ctx.principal)}, ${entry.action},
      ${entry.registeredModel ?? none}, ${entry.model ?? none}, ${entry.version ?? none},
      ${entry.isPrompt ?? sql`0`}, ${entry.before ?? none}, ${entry.after ?? none},
      ${entry.reason ?? null}, ${entry.promotion ?? none},
      ${approvedBy ? JSON.stringify(approvedBy) : null}, ${ctx.requestId},
      ${ctx.userAgent ?? null}, ${approvers ? JSON.stringify(approvers) : null}
    from ${entry.from}`
}

const groupsMax = 100

/** As `principalText`, with a bounded number of groups: an issuer may tell of any number. */
function actorText(principal: Principal): string {
  const more = principal.groups.length - groupsMax
  if (more <= 0) return principalText(principal)
  const groups = [...principal.groups.slice(0, groupsMax), `and ${more} more`]
  return principalText({ ...principal, groups })
}

/**
 * Run a change and its entries in the audit log as one batch, then have the entries sealed and their
 * events delivered. Every change that the audit log tells of goes through here. Long texts stand in
 * entries by their beginning, length and digest.
 *
 * @returns the rows of each statement under its name
 * @throws ConstraintError as `batch`; nothing happened
 */
export async function commit<const Q extends Batch>(
  ctx: Context,
  statements: Q,
): Promise<BatchRows<Q>> {
  try {
    const rows = await ctx.db.batch(statements).catch(async (err) => {
      if (!isTooLong(err)) throw err
      // Each of these works through texts that may have megabytes, so each is a turn of its own.
      await letOthersRun()
      const brief = await withBriefEntries(ctx, statements)
      await letOthersRun()
      const rows = await ctx.db.batch(brief)
      await letOthersRun()
      return rows
    })
    ctx.wake()
    return rows
  } finally {
    ctx.permissionReads?.clear()
  }
}

/** The same statements, with entries in which long texts are brief. */
async function withBriefEntries<Q extends Batch>(ctx: Context, statements: Q): Promise<Q> {
  const all = Object.values(statements).flat()
  const entries = all.flatMap((statement) => (statement && written.get(statement)?.entry) ?? [])
  const digests = await readDigests(ctx, statements, entries)
  const brief = (statement: SQL): SQL => {
    const made = written.get(statement)
    if (!made) return statement
    const { before, after, reason } = made.entry
    return entrySql(made.ctx, {
      ...made.entry,
      before: before && briefSql(before, digests),
      after: after && briefSql(after, digests),
      reason: reason && briefReason(reason, digests),
    })
  }
  const named = Object.entries(statements).map(([name, one]) => [
    name,
    one && (isSeveral(one) ? one.map(brief) : brief(one)),
  ])
  // Each name stands for as many statements as before, with the same rows.
  return Object.fromEntries(named) as Q
}

function isSeveral(query: SQL | readonly SQL[]): query is readonly SQL[] {
  return Array.isArray(query)
}
