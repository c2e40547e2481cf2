import { type SQL, sql } from 'drizzle-orm'
import type { Action } from '../audit/actions.ts'
import { commit, entryStatement } from '../audit/commit.ts'
import { conflict, excerpt, notFound } from '../core/error.ts'
import { parseRowId } from '../core/int64.ts'
import { checkLength } from '../core/names.ts'
import type { Context } from '../platform/context.ts'
import { ofVersion } from '../registry/audit-entries.ts'
import { versionId } from '../registry/ids.ts'
import { getVersion } from '../registry/versions/versions.ts'
import type { versionComments } from './tables.ts'

export const commentCharsMax = 10_000
/** More comments than anybody reads on one version. */
const commentsMax = 1000

/** A comment on a version. */
export type VersionComment = {
  readonly id: number
  readonly author: string
  /** `accounts.id` of the author: another account may have the name today. */
  readonly account: number | null
  readonly text: string
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

type CommentRow = typeof versionComments.$inferSelect

/**
 * @throws RESOURCE_DOES_NOT_EXIST no such version
 * @throws RESOURCE_CONFLICT the version has too many already
 */
export async function createComment(
  ctx: Context,
  name: string,
  { version, text }: { readonly version: number; readonly text: string },
): Promise<VersionComment> {
  checkLength(text, commentCharsMax, 'comment')
  await getVersion(ctx, name, version)
  const now = ctx.now()
  const { created } = await commit(ctx, {
    created: sql<CommentRow>`insert into version_comments
        (model_version, author, account, text, created_at_ms, updated_at_ms)
      select v.id, ${ctx.principal.name}, ${ctx.principal.accountId ?? null}, ${text}, ${now}, ${now} from model_versions v
      where v.id = (${versionId(ctx, name, version)}) and (select count(*) from version_comments c
        where c.model_version = v.id) < ${commentsMax} returning *`,
    // Ids rise, and nobody else writes within the batch.
    entry: commentEntry(ctx, 'version_comment.created', {
      which: sql`changes() = 1 and c.id = (select max(id) from version_comments)`,
      after: commentJson(sql`c.text`),
    }),
  })
  const [row] = created
  if (row) return commentFrom(row)
  throw conflict(
    `Version ${version} of '${excerpt(name)}' has ${commentsMax} comments or is gone; delete some first`,
  )
}

/** @throws RESOURCE_DOES_NOT_EXIST no such comment */
export async function updateComment(
  ctx: Context,
  id: string,
  text: string,
): Promise<VersionComment> {
  checkLength(text, commentCharsMax, 'comment')
  const which = commentOf(ctx, id)
  const { updated } = await commit(ctx, {
    entry: commentEntry(ctx, 'version_comment.updated', {
      which,
      before: commentJson(sql`c.text`),
      after: commentJson(sql`${text}`),
    }),
    updated: sql<CommentRow>`update version_comments as c set text = ${text}, updated_at_ms = ${ctx.now()}
      where ${which} returning *`,
  })
  const [row] = updated
  if (!row) throw notFound('Comment', id)
  return commentFrom(row)
}

/** @throws RESOURCE_DOES_NOT_EXIST no such comment */
export async function deleteComment(ctx: Context, id: string): Promise<void> {
  const which = commentOf(ctx, id)
  const { deleted } = await commit(ctx, {
    entry: commentEntry(ctx, 'version_comment.deleted', {
      which,
      before: commentJson(sql`c.text`),
    }),
    deleted: sql`delete from version_comments as c where ${which} returning id`,
  })
  if (deleted.length === 0) throw notFound('Comment', id)
}

/** A condition on `version_comments c`: the comment is there and the caller may change it. */
function commentOf(ctx: Context, id: string): SQL {
  const own =
    ctx.settings.auth && !ctx.principal.isAdmin
      ? sql`c.account = ${ctx.principal.accountId ?? null}`
      : sql`1`
  return sql`c.id = ${parseRowId(id) ?? 0} and ${own} and c.model_version in (
    select v.id from model_versions v join registered_models m on m.id = v.registered_model
    where m.workspace = ${ctx.workspace})`
}

function commentJson(text: SQL): SQL {
  return sql`json_object('comment', cast(c.id as text), 'text', ${text})`
}

function commentEntry(
  ctx: Context,
  action: Action,
  { which, ...change }: { readonly which: SQL; readonly before?: SQL; readonly after?: SQL },
): SQL {
  return entryStatement(ctx, {
    ...change,
    ...ofVersion,
    action,
    from: sql`version_comments c join model_versions v on v.id = c.model_version
      join registered_models m on m.id = v.registered_model where ${which}`,
  })
}

function commentFrom(row: CommentRow): VersionComment {
  return {
    id: row.id,
    author: row.author,
    account: row.account,
    text: row.text,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  }
}
