import { sql } from 'drizzle-orm'
import type { Context } from '../platform/context.ts'
import type { PolicyDocument } from './policies/policy.ts'

/** What policies said at some revisions, in the order given; those that nobody wrote are left out. */
export async function readPolicyDocuments(
  ctx: Context,
  wanted: readonly { readonly name: string; readonly revision: number }[],
): Promise<{ name: string; revision: number; document: PolicyDocument }[]> {
  const pairs = JSON.stringify(wanted.map(({ name, revision }) => [name, revision]))
  const rows = await ctx.db.all(sql<{ name: string; revision: number; document: string }>`
    select p.name, r.revision, r.document from json_each(${pairs}) w
    join policies p on p.workspace = ${ctx.workspace} and p.name = w.value ->> 0
    join policy_revisions r on r.policy = p.id and r.revision = w.value ->> 1
    where r.document is not null order by w.key`)
  return rows.map(({ document, ...row }) => ({ ...row, document: JSON.parse(document) }))
}
