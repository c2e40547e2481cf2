import { sql } from 'drizzle-orm'
import { commit } from '../../audit/commit.ts'
import { conflict, excerpt, invalid } from '../../core/error.ts'
import { principalText } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { hashJson } from '../../platform/hash.ts'
import { versionEntry } from '../../registry/audit-entries.ts'
import { versionNotFound } from '../../registry/check-names.ts'
import { getVersion } from '../../registry/versions/versions.ts'
import { type Card, cardTooLarge, fitsRow } from './card-shape.ts'
import { loggedCardStatements } from './logged-card.ts'

/**
 * Write the next revision of a version's card; fields that it lacks are empty. A logged card that
 * is not yet a revision becomes revision 1 in the same batch.
 *
 * @param expected the revision that the author saw; absent: any
 * @throws RESOURCE_DOES_NOT_EXIST no such version
 * @throws RESOURCE_CONFLICT the card is at another revision than expected
 * @throws INVALID_PARAMETER_VALUE the card is too large
 */
export async function writeCard(
  ctx: Context,
  name: string,
  {
    version: number,
    card,
    expected,
  }: { readonly version: number; readonly card: Card; readonly expected: number | undefined },
): Promise<void> {
  if (!fitsRow(card)) throw invalid(`The card is too large: ${cardTooLarge}`)
  const version = await getVersion(ctx, name, number)
  const text = JSON.stringify(card)
  const digest = await hashJson(ctx, card)
  const id = sql`select id from model_versions where id = ${version.id}`
  const newest = (column: string) => sql`(select c.${sql.raw(column)} from model_cards c
    where c.model_version = v.id order by c.revision desc limit 1)`
  const standing = sql`coalesce(${newest('revision')}, 0)`
  const guard = expected === undefined ? sql`1` : sql`${standing} = ${expected}`
  const { written } = await commit(ctx, {
    logged: await loggedCardStatements(ctx, version),
    entry: versionEntry(ctx, id, {
      action: 'model_version.card_changed',
      before: sql`json_object('revision', ${newest('revision')}, 'digest', ${newest('digest')})`,
      after: sql`json_object('revision', ${standing} + 1, 'digest', ${digest},
          'fields', json(${differingFields(text, newest('card'))}), 'imported_from', null)`,
      guard,
    }),
    written: sql`insert into model_cards
        (model_version, revision, author, created_at_ms, card, digest, imported_from)
      select v.id, ${standing} + 1, ${principalText(ctx.principal)}, ${ctx.now()}, ${text}, ${digest},
        null
      from model_versions v where v.id = ${version.id} and ${guard} returning revision`,
  })
  if (written.length > 0) return
  const found = await ctx.db.first(sql<{ revision: number }>`select
    coalesce((select max(revision) from model_cards where model_version = v.id), 0) as revision
    from model_versions v where v.id = ${version.id}`)
  if (!found) throw versionNotFound(name, number)
  throw conflict(
    `The card of '${excerpt(name)}' version ${number} is at revision ${found.revision}, not ${expected}: somebody else changed it; read it again and repeat your change`,
  )
}

/** The fields in which two cards differ, a JSON list; `old` may be null. */
function differingFields(text: string, old: ReturnType<typeof sql>) {
  return sql`(select json_group_array(key) from (
    select coalesce(n.key, o.key) as key
    from json_each(${text}) n full join json_each(coalesce(${old}, '{}')) o on o.key = n.key
    where n.value is not o.value order by 1))`
}
