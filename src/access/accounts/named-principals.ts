import { sql } from 'drizzle-orm'
import { excerpt, invalid } from '../../core/error.ts'
import { nearestOf } from '../../core/names.ts'
import type { Context } from '../../platform/context.ts'
import { nameKey, servicePrefix } from './names.ts'

/** How many names are searched for the one that was meant. */
const suggestionsMax = 10_000

/**
 * Look up principals by their full names: `user:ada`, `group:risk`, `service:ci`. With access
 * control off they need no accounts.
 *
 * @param field the field that has them, for the message
 * @returns `accounts.id` of the users and service accounts among them, by full name
 * @throws INVALID_PARAMETER_VALUE one is no such name, or nobody has it
 */
export async function resolvePrincipals(
  ctx: Context,
  words: readonly string[],
  field: string,
): Promise<Record<string, string>> {
  for (const word of words) {
    if (/^(user|group|service):\S/.test(word)) continue
    throw invalid(
      `Invalid '${excerpt(word)}' in '${field}': write user:<name>, group:<name> or service:<name>`,
    )
  }
  const given = JSON.stringify(words)
  const { accounts, groups } = await ctx.db.batch({
    accounts: sql<{ word: string; id: number }>`select word, id from (
        select id, iif(kind = 'service', name, 'user:' || name) as word from accounts)
      where word in (select value from json_each(${given}))`,
    groups: sql<{ word: string }>`select 'group:' || name as word from "groups"
      where 'group:' || name in (select value from json_each(${given}))`,
  })
  const known = new Set([
    ...accounts.map(({ word }) => word),
    ...groups.map(({ word }) => word),
    ...groupsOfSettings(ctx).map((name) => `group:${name}`),
  ])
  const unknown = words.find((word) => !known.has(word))
  if (unknown !== undefined && ctx.settings.auth) throw await unknownPrincipal(ctx, unknown, field)
  return Object.fromEntries(accounts.map(({ word, id }) => [word, String(id)]))
}

/** Groups that the settings name: their members are known when they sign in. */
function groupsOfSettings({ settings: { oidc, tokenIssuers } }: Context): string[] {
  return [...(oidc ? [{ ...oidc, everybodyIn: [] }] : []), ...tokenIssuers].flatMap(
    ({ groups, adminGroup, everybodyIn }) => [
      ...Object.values(groups.map ?? {}),
      ...everybodyIn,
      ...(adminGroup === undefined ? [] : [adminGroup]),
    ],
  )
}

async function unknownPrincipal(ctx: Context, word: string, field: string): Promise<Error> {
  const [kind = ''] = word.split(':', 1)
  const names = await ctx.db.all(
    kind === 'group'
      ? sql<{ word: string }>`select 'group:' || name as word from "groups" limit ${suggestionsMax}`
      : sql<{ word: string }>`select iif(kind = 'service', name, 'user:' || name) as word
          from accounts where kind = ${kind} limit ${suggestionsMax}`,
  )
  const meant = nearestOf(
    word,
    names.map((row) => row.word),
    (name) => kind + nameKey(name.slice(name.indexOf(':') + 1)),
  )
  const what =
    kind === 'group' ? 'group' : word.startsWith(servicePrefix) ? 'service account' : 'user'
  const hint = meant === undefined ? 'make it first' : `did you mean '${excerpt(meant)}'?`
  return invalid(`There is no ${what} '${excerpt(word)}' for '${field}'; ${hint}`)
}
