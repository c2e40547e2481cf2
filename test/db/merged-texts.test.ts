import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import { mergedTexts } from '../../src/db/sql.ts'

type Merged = { readonly merged: string }

const small = fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' }), { maxKeys: 12 })
/** More than SQLite's own merge is used for. */
const large = fc.tuple(small, fc.nat(40)).map(([texts, from]) => ({
  ...texts,
  ...Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`name ${from + i}`, `own ${from}`])),
}))

test('texts of one object are joined by those of another, which win, few or many', async () => {
  const { db } = await freshPlatform()
  const either = fc.oneof(small, large)
  await fc.assert(
    fc.asyncProperty(either, either, async (base, over) => {
      const row =
        await db.first(sql<Merged>`select ${mergedTexts(sql`s.base`, sql`s.over`)} as merged
        from (select ${JSON.stringify(base)} as base, ${JSON.stringify(over)} as over) s`)
      expect(JSON.parse(row?.merged ?? '')).toEqual({ ...base, ...over })
    }),
    { numRuns: 100 },
  )
})
