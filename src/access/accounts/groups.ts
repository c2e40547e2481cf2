import { type SQL, sql } from 'drizzle-orm'
import { entryStatement } from '../../audit/commit.ts'
import { conflict, excerpt, invalid, notFound, RegistryError } from '../../core/error.ts'
import { ConstraintError } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { commitAccess } from './epoch.ts'
import { checkAccountName } from './names.ts'

export type Group = {
  readonly name: string
  /** Accounts by name: `rita`, `service:trainer`. */
  readonly members: readonly string[]
}

const membersMax = 10_000

/** Groups by name, the first `count` of those after `after`. */
export async function listGroups(ctx: Context, after: string, count: number): Promise<Group[]> {
  const rows =
    await ctx.db.all(sql<GroupRow>`select g.name, ${membersJson} as members from "groups" g
    where g.name > ${after} order by g.name limit ${count}`)
  return rows.map(groupFrom)
}

/** @throws RESOURCE_DOES_NOT_EXIST */
export async function getGroup(ctx: Context, name: string): Promise<Group> {
  const row = await ctx.db.first(groupRead(name))
  if (!row) throw notFound('Group', name)
  return groupFrom(row)
}

type GroupChange = {
  readonly members: readonly string[]
  /** Those that the caller read, null: there was no such group; absent: whoever they are. */
  readonly seen?: readonly string[] | null
}

/**
 * Give a group exactly these members. A group that does not exist is made.
 *
 * @throws INVALID_PARAMETER_VALUE the name, or a member that has no account
 * @throws RESOURCE_CONFLICT the members are not those that the caller read
 * @throws RESOURCE_ALREADY_EXISTS there is such a group, and the caller read that there is none
 */
export async function setGroup(
  ctx: Context,
  name: string,
  { members, seen }: GroupChange,
): Promise<Group> {
  checkAccountName(name, 'name')
  if (members.length > membersMax) throw invalid(`A group has at most ${membersMax} members`)
  const given = JSON.stringify(members)
  await checkMembers(ctx, given)
  const ids = sql`select id from accounts where name in (select value from json_each(${given}))`
  const group = sql`(select id from "groups" where name = ${name})`
  const change = commitAccess(ctx, {
    entry: entryStatement(ctx, {
      action: 'group.set',
      from: sql`(select ${name} as name) n left join "groups" g on g.name = n.name`,
      before: sql`iif(g.id is null, null, ${groupJson})`,
      after: sql`json_object('name', n.name, 'members', json((select json_group_array(name) from
        (select name from accounts where id in (${ids}) order by name))))`,
    }),
    // The schema refuses a group that was made at no time, which fails the batch.
    made: sql`insert into "groups" (name, created_at_ms)
      select ${name}, iif(${isSeen(name, seen)}, ${ctx.now()}, null) where true
      on conflict (name) do nothing`,
    removed: sql`delete from group_members where "group" = ${group} and account not in (${ids})`,
    added: sql`insert into group_members ("group", account)
      select ${group}, id from accounts where id in (${ids}) on conflict do nothing`,
  })
  try {
    await change
  } catch (err) {
    if (!(err instanceof ConstraintError) || err.kind !== 'not null') throw err
    throw await explainChanged(ctx, name, seen)
  }
  return getGroup(ctx, name)
}

/** Condition that a group has these members now; true where nobody says whom they saw. */
function isSeen(name: string, seen: GroupChange['seen']): SQL {
  if (seen === undefined) return sql`true`
  const text = seen === null ? null : JSON.stringify(seen)
  return sql`(select ${membersJson} from "groups" g where g.name = ${name}) is ${text}`
}

async function explainChanged(
  ctx: Context,
  name: string,
  seen: GroupChange['seen'],
): Promise<RegistryError> {
  if (seen === null) {
    return new RegistryError(
      'RESOURCE_ALREADY_EXISTS',
      `There is a group '${excerpt(name)}' already; change its members instead`,
    )
  }
  const row = await ctx.db.first(groupRead(name))
  const now = row && groupFrom(row).members
  if (!now) return conflict(`Group '${excerpt(name)}' was deleted meanwhile, so nothing was done`)
  return conflict(
    `Group '${excerpt(name)}' has other members than were seen, so nothing was done: now they are ${excerpt(now.join(', ') || 'none', 500)}`,
  )
}

function groupRead(name: string): SQL<GroupRow> {
  return sql<GroupRow>`select g.name, ${membersJson} as members from "groups" g where g.name = ${name}`
}

/** @throws RESOURCE_DOES_NOT_EXIST */
export async function deleteGroup(ctx: Context, name: string): Promise<void> {
  const { deleted } = await commitAccess(ctx, {
    entry: entryStatement(ctx, {
      action: 'group.deleted',
      from: sql`"groups" g where g.name = ${name}`,
      before: groupJson,
    }),
    deleted: sql`delete from "groups" where name = ${name} returning 1`,
  })
  if (deleted.length === 0) throw notFound('Group', name)
}

/** @param given a JSON list of names */
async function checkMembers(ctx: Context, given: string): Promise<void> {
  const unknown = await ctx.db.first(sql<{ name: string }>`select value as name
    from json_each(${given}) where value not in (select name from accounts)`)
  if (unknown) {
    throw invalid(
      `'${excerpt(unknown.name)}' in 'members' is no account; name users as 'rita' and service accounts as 'service:trainer'`,
    )
  }
}

/** The members of the group `g`, a JSON list by name. */
const membersJson: SQL = sql.raw(`(select json_group_array(name) from (select a.name
  from group_members m join accounts a on a.id = m.account where m."group" = g.id order by a.name))`)

const groupJson: SQL = sql`json_object('name', g.name, 'members', json(${membersJson}))`

type GroupRow = { readonly name: string; readonly members: string }

function groupFrom({ name, members }: GroupRow): Group {
  return { name, members: JSON.parse(members) }
}
