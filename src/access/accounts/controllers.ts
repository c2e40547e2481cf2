import { type SQL, sql } from 'drizzle-orm'
import { isSame, type SomeAccount } from '../../core/principal.ts'

type ControllerRow = {
  readonly service: number
  readonly name: string
  readonly account: string | null
}

/**
 * The statement that reads who controls service accounts: whoever made one, or made a token for
 * one, even if the token is revoked by now, or the clock was set back since. `controllersFrom` takes its rows.
 *
 * Few accounts are led to their own entries, by an index that takes a text without affinity alone.
 *
 * @param accounts a select of `accounts.id`
 */
export function controllerRead(accounts: SQL): SQL<ControllerRow> {
  return sql<ControllerRow>`select distinct a.id as service, e.actor ->> 'name' as name,
      coalesce(e.actor ->> 'account', cast(u.id as text)) as account
    from accounts a cross join audit_entries e
      on e.action in ('service_account.created', 'token.created')
      and coalesce(e.after ->> 'for', e.after ->> 'name') = +a.name
      and (e.at_ms >= a.created_at_ms or e.seq > (select max(c.seq) from audit_entries c
        where c.action in ('service_account.created', 'token.created')
          and c.action = 'service_account.created'
          and coalesce(c.after ->> 'for', c.after ->> 'name') = +a.name))
    left join accounts u on u.name = e.actor ->> 'name' and u.created_at_ms <= e.at_ms
    where a.kind = 'service' and a.id in (${accounts})`
}

/** The key is the service account's `accounts.id`, as text. */
export type Controllers = ReadonlyMap<string, readonly SomeAccount[]>

export function controllersFrom(rows: readonly ControllerRow[]): Controllers {
  const controllers = new Map<string, SomeAccount[]>()
  for (const { service, name, account } of rows) {
    const known = controllers.get(String(service)) ?? []
    known.push({ name, account: account ?? undefined })
    controllers.set(String(service), known)
  }
  return controllers
}

/** Whether two principals are the same, or one is a service account that the other controls. */
export function isOneOwner(
  one: SomeAccount,
  other: SomeAccount,
  controllers: Controllers,
): boolean {
  const controls = (owner: SomeAccount, { account }: SomeAccount) =>
    account !== undefined && (controllers.get(account) ?? []).some((by) => isSame(by, owner))
  return isSame(one, other) || controls(one, other) || controls(other, one)
}
