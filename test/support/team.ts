import { sql } from 'drizzle-orm'
import { freshPlatform } from '#platform'
import type { Principal } from '../../src/core/principal.ts'
import type { Platform } from '../../src/platform/context.ts'
import type { Settings } from '../../src/platform/settings/settings.ts'
import { makeAccount, person } from './accounts.ts'
import { appOf } from './app.ts'
import { type Client, client } from './client.ts'

/** One who asks: by the principal that signing in would give. */
export type Member = Client & { readonly principal: Principal }

export type Team = Awaited<ReturnType<typeof team>>

/** A server with access control on, and people who ask it. */
export async function team(settings: Partial<Settings> = {}, more: Partial<Platform> = {}) {
  const fresh = await freshPlatform()
  const platform = { ...fresh, ...more, settings: { ...fresh.settings, auth: true, ...settings } }
  const accounts = new Map<string, Promise<Principal>>()
  const accountOf = (name: string) => {
    const made = accounts.get(name) ?? makeAccount(platform, name)
    accounts.set(name, made)
    return made
  }
  const admin = memberOf(platform, await makeAccount(platform, 'root', { isAdmin: true }))
  return {
    platform,
    admin,
    /** Somebody with an account; made at the first call. */
    member: async (name: string, groups: readonly string[] = []): Promise<Member> =>
      memberOf(platform, { ...(await accountOf(name)), groups, claimedGroups: groups }),
    /** Who signed in elsewhere: no account here. */
    stranger: (name: string, groups: readonly string[] = []): Member =>
      memberOf(platform, person(name, { groups })),
    /** Let a member do something on one thing. */
    async grant(username: string, type: string, id: string, permission: string): Promise<void> {
      const body = { username, resource_type: type, resource_id: id, permission }
      const res = await admin.post3('users/permissions/grant', body)
      if (res.status !== 200) throw new Error(res.text)
    },
    /** All audit entries of this action, oldest first. */
    async entries(action: string) {
      const rows = await platform.db.all(
        sql<{
          before: string | null
          after: string | null
          model: string | null
        }>`select before, after, model from audit_entries where action = ${action} order by seq`,
      )
      const parsed = (text: string | null): unknown => (text === null ? null : JSON.parse(text))
      return rows.map(({ before, after, model }) => ({
        before: parsed(before),
        after: parsed(after),
        model,
      }))
    },
  }
}

function memberOf(platform: Platform, principal: Principal): Member {
  return { principal, ...client(appOf(() => platform, principal)) }
}
