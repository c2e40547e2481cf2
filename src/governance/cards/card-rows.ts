import { type SQL, sql } from 'drizzle-orm'
import type { Principal } from '../../core/principal.ts'
import type { modelCards } from '../tables.ts'
import { type Card, type CardField, fieldNames, isFilled } from './card-shape.ts'

export type CardRow = Omit<typeof modelCards.$inferSelect, 'model_version'>

/** Who wrote something, as it was recorded. */
export type Author = Pick<Principal, 'name' | 'kind' | 'verified' | 'groups'>

/** One revision of the authored part. */
export type CardRevision = {
  readonly revision: number
  readonly author: Author
  readonly updatedAtMs: number
  readonly card: Card
  /** `sha256:` and hex. */
  readonly digest: string
  /** The file that a client had logged; absent: it was written here. */
  readonly importedFrom?: string
  /** What did not fit its field in that file, in words for its author. */
  readonly problems: readonly string[]
}

export function revisionFrom(row: CardRow): CardRevision {
  return {
    revision: row.revision,
    // Only `principalText` and `JSON.stringify` of a judged card are ever written.
    author: JSON.parse(row.author) as Author,
    updatedAtMs: row.created_at_ms,
    card: JSON.parse(row.card) as Card,
    digest: row.digest,
    ...(row.imported_from !== null && { importedFrom: row.imported_from }),
    problems: row.problems === null ? [] : (JSON.parse(row.problems) as string[]),
  }
}

/** The fields that a card has, a JSON list. */
export function fieldsOf(card: string): SQL {
  return sql`(select json_group_array(key) from (select key from json_each(${card}) order by key))`
}

/** Those of `required` that a card leaves empty, in the order of a card. */
export function missingFields(card: Card, required: readonly CardField[]): CardField[] {
  return fieldNames.filter((field) => required.includes(field) && !isFilled(card, field))
}
