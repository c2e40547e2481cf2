import { sql } from 'drizzle-orm'
import { invalid } from '../../core/error.ts'
import { checkLength } from '../../core/names.ts'
import type { Context } from '../../platform/context.ts'

/** A name for an address of the table of runs of an experiment. */
export type SavedView = {
  readonly id: number
  readonly name: string
  /** What stands behind the `?` of the address, encoded. */
  readonly query: string
  /** Whether everybody who reads the experiment has it, or its owner alone. */
  readonly isShared: boolean
  /** Whether the table begins with it; one's own goes before the shared one. */
  readonly isDefault: boolean
  /** Counts the changes, from 1. */
  readonly revision: number
  readonly changedAtMs: number
}

/** What people say of it. */
export type SavedViewValues = Pick<SavedView, 'name' | 'query' | 'isShared' | 'isDefault'>

export type SavedViewRow = {
  readonly id: number
  readonly owner: number | null
  readonly name: string
  readonly query: string
  readonly is_default: number
  readonly revision: number
  readonly changed_at_ms: number
}

export const viewColumns = sql`id, owner, name, query, is_default, revision, changed_at_ms`

const nameMax = 100
const queryMax = 8000

export function viewFrom(row: SavedViewRow): SavedView {
  return {
    id: row.id,
    name: row.name,
    query: row.query,
    isShared: row.owner === null,
    isDefault: row.is_default === 1,
    revision: row.revision,
    changedAtMs: row.changed_at_ms,
  }
}

/** Whose private views the caller has. Nobody's: where no account stands for them. */
export function ownerOf(ctx: Context): number | undefined {
  return ctx.principal.accountId
}

/** The owner that a view gets; null: it is everybody's. @throws INVALID_PARAMETER_VALUE it would be nobody's */
export function ownerFor(ctx: Context, isShared: boolean): number | null {
  if (isShared) return null
  const owner = ownerOf(ctx)
  if (owner !== undefined) return owner
  throw invalid(
    'A view of your own takes an account to keep it for, and you have none here; save it for everybody',
  )
}

/** The name and query as they are kept. @throws INVALID_PARAMETER_VALUE one is empty, too long or no query */
export function checkView<T extends Pick<SavedView, 'name' | 'query'>>(values: T): T {
  const name = values.name.trim()
  if (name === '') throw invalid('The name of a view is missing')
  checkLength(name, nameMax, 'name')
  const query = plainQuery(values.query)
  // As it is encoded: servers and proxies take no longer addresses, and the table leads to this one.
  checkLength(query, queryMax, 'query, encoded,')
  return { ...values, name, query }
}

/** What of an address is about a moment, and no part of a view. */
const passing = ['saved', 'after', 'sel', 'open']

/** A query as its view keeps it: encoded one way, in the order given. */
export function plainQuery(query: string): string {
  const fields = [...new URLSearchParams(query)].filter(([name]) => !passing.includes(name))
  return new URLSearchParams(fields).toString()
}
