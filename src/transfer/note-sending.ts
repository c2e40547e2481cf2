import { sql } from 'drizzle-orm'
import { commit } from '../audit/commit.ts'
import { modelEntriesSql } from '../audit/entry.ts'
import { checkLength } from '../core/names.ts'
import type { Context } from '../platform/context.ts'
import { versionEntry } from '../registry/audit-entries.ts'
import { versionNotFound } from '../registry/check-names.ts'
import { modelId, versionId } from '../registry/ids.ts'

/** A version that goes to another server. */
export type Sending = {
  readonly version: number
  /** What the other server is called. */
  readonly to: string
  /** What it has become there, and which entry of the audit log there says so. */
  readonly arrived?:
    | { readonly model: string; readonly version: string; readonly entry: number }
    | undefined
}

const serverCharsMax = 500

/**
 * Note in the audit log that a version goes to another server, or what it has become there. What was noted
 * before is not noted again, so that a promotion that was cut off can go on.
 *
 * @returns the number of the entry, which the other server's log is to name
 * @throws RESOURCE_DOES_NOT_EXIST no such version
 */
export async function noteSending(
  ctx: Context,
  name: string,
  { version, to, arrived }: Sending,
): Promise<number> {
  checkLength(to, serverCharsMax, 'to')
  const action = arrived ? 'model_version.arrived' : 'model_version.sent'
  const after = JSON.stringify({ to, ...arrived })
  const known = sql`select e.seq from ${modelEntriesSql('e')}
    where e.registered_model = (${modelId(ctx, name)}) and e.version = ${version}
      and e.action = ${action} and json(e.after) = json(${after}) order by e.seq desc limit 1`
  const { entries } = await commit(ctx, {
    entry: versionEntry(ctx, versionId(ctx, name, version), {
      action,
      after: sql`json(${after})`,
      guard: sql`not exists (${known})`,
    }),
    entries: sql<{ seq: number }>`${known}`,
  })
  const [entry] = entries
  if (!entry) throw versionNotFound(name, version)
  return entry.seq
}
