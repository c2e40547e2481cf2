import { type SQL, sql } from 'drizzle-orm'
import { jsonChunksOf } from '../db/sql.ts'
import type { Context } from '../platform/context.ts'

export const importedKinds = [
  'experiment',
  'run',
  'logged_model',
  'registered_model',
  'model_version',
] as const
export type ImportedKind = (typeof importedKinds)[number]

/** One thing that was imported. */
export type ImportedItem = {
  readonly foreignId: string
  readonly ownId: string
  /** What the importing program noted. */
  readonly mark: string
}

/** What came of one thing that was to be imported. */
export type ImportOutcome = {
  /** Its id at the source. */
  readonly id: string
  /**
   * `added`: it is new here; `updated`: it was imported before; `merged`: something of ours stands for
   * it; `refused`: nothing was written for it.
   */
  readonly state: 'added' | 'updated' | 'merged' | 'refused'
  /** Its id here, where it is not that of the source. */
  readonly ownId?: string | undefined
  /** Why it was refused, or what of it is not as it was. */
  readonly problem?: string | undefined
}

/** What is known of these things of a source; those that were not imported are left out. */
export async function readImportedItems(
  ctx: Context,
  source: string,
  { kind, ids }: { readonly kind: ImportedKind; readonly ids: readonly string[] },
): Promise<ReadonlyMap<string, ImportedItem>> {
  const rows = await ctx.db.all(sql<{ foreign_id: string; own_id: string; mark: string }>`
    select foreign_id, own_id, mark from imported_items
    where workspace = ${ctx.workspace} and source = ${source} and kind = ${kind}
      and foreign_id in (select value from json_each(${JSON.stringify(ids)}))`)
  return new Map(
    rows.map(({ foreign_id: foreignId, own_id: ownId, mark }) => [
      foreignId,
      { foreignId, ownId, mark },
    ]),
  )
}

/** The statements that note what was imported, for its batch. */
export function noteStatements(
  ctx: Context,
  source: string,
  { kind, items }: { readonly kind: ImportedKind; readonly items: readonly ImportedItem[] },
): SQL[] {
  const rows = items.map(({ foreignId, ownId, mark }) => [foreignId, ownId, mark])
  return jsonChunksOf(rows).map(
    (chunk) => sql`insert into imported_items
        (workspace, source, kind, foreign_id, own_id, mark, imported_at_ms)
      select ${ctx.workspace}, ${source}, ${kind}, value ->> 0, value ->> 1, value ->> 2, ${ctx.now()}
      from json_each(${chunk}) where true
      on conflict (workspace, source, kind, foreign_id) do update
      set own_id = excluded.own_id, mark = excluded.mark, imported_at_ms = excluded.imported_at_ms`,
  )
}
