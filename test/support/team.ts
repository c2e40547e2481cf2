import { sql } from 'drizzle-orm'
import { freshPlatform } from '#platform'
import { createApp } from '../../src/app.ts'
import type { Principal } from '../../src/core/principal.ts'
import type { Platform } from '../../src/platform/context.ts'
import type { Settings } from '../../src/platform/settings/settings.ts'

export type Reply = {
  readonly status: number
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer has
  readonly json: any
}

/** One who asks: by the principal that signing in would give. */
export type Member = {
  readonly principal: Principal
  call(method: string, path: string, body?: unknown): Promise<Reply>
  /** POST and GET below `/api/2.0/mlflow/`. */
  post(path: string, body: unknown): Promise<Reply>
  get(path: string): Promise<Reply>
  /** POST below `/api/3.0/mlflow/`. */
  post3(path: string, body: unknown): Promise<Reply>
}

export type Team = {
  readonly platform: Platform
  readonly admin: Member
  /** Somebody with an account; made at the first call. */
  member(name: string, groups?: readonly string[]): Promise<Member>
  /** Who signed in elsewhere: no account here. */
  stranger(name: string, groups?: readonly string[]): Member
  /** Let a member do something on one thing. */
  grant(username: string, type: string, id: string, permission: string): Promise<void>
  /** All entries of the record of this action, oldest first. */
  entries(action: string): Promise<{ before: unknown; after: unknown; model: string | null }[]>
}

/** A server with access control on, and people who ask it. */
export async function team(settings: Partial<Settings> = {}): Promise<Team> {
  const fresh = await freshPlatform()
  const platform = { ...fresh, settings: { ...fresh.settings, auth: true, ...settings } }
  const known = new Map<string, number>()
  const accountOf = async (name: string, isAdmin = 0) => {
    const id = known.get(name)
    if (id !== undefined) return id
    const [row] = await platform.db.all<{ id: number }>(sql`
      insert into accounts (kind, name, name_key, is_admin, created_at_ms)
      values (${name.startsWith('service:') ? 'service' : 'user'}, ${name}, ${name}, ${isAdmin}, 0)
      returning id`)
    const made = row?.id ?? 0
    known.set(name, made)
    return made
  }
  const base = (name: string, groups: readonly string[]): Principal => ({
    name,
    kind: name.startsWith('service:') ? 'service' : 'user',
    verified: true,
    groups,
    isAdmin: false,
  })
  const adminId = await accountOf('root', 1)
  const admin = memberOf(platform, { ...base('root', []), isAdmin: true, accountId: adminId })
  return {
    platform,
    admin,
    member: async (name, groups = []) =>
      memberOf(platform, { ...base(name, groups), accountId: await accountOf(name) }),
    stranger: (name, groups = []) => memberOf(platform, base(name, groups)),
    async grant(username, type, id, permission) {
      const body = { username, resource_type: type, resource_id: id, permission }
      const res = await admin.post3('users/permissions/grant', body)
      if (res.status !== 200) throw new Error(res.text)
    },
    async entries(action) {
      const rows = await platform.db.all<{
        before: string | null
        after: string | null
        model: string | null
      }>(sql`select before, after, model from audit_entries where action = ${action} order by seq`)
      const parsed = (text: string | null) => (text === null ? null : JSON.parse(text))
      return rows.map(({ before, after, model }) => ({
        before: parsed(before),
        after: parsed(after),
        model,
      }))
    },
  }
}

function memberOf(platform: Platform, principal: Principal): Member {
  const app = createApp(() => platform, { principal })
  const call = async (method: string, path: string, body?: unknown): Promise<Reply> => {
    const raw = typeof body === 'string'
    const res = await app.request(path, {
      method,
      ...(body !== undefined && {
        body: raw ? body : JSON.stringify(body),
        headers: { 'content-type': raw ? 'application/octet-stream' : 'application/json' },
      }),
    })
    const text = await res.text()
    return { status: res.status, text, json: text.startsWith('{') ? JSON.parse(text) : undefined }
  }
  return {
    principal,
    call,
    post: (path, body) => call('POST', `/api/2.0/mlflow/${path}`, body),
    get: (path) => call('GET', `/api/2.0/mlflow/${path}`),
    post3: (path, body) => call('POST', `/api/3.0/mlflow/${path}`, body),
  }
}
