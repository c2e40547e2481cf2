import type { SQL } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import { compile } from '../../../src/db/compile.ts'
import { searchCards } from '../../../src/governance/cards/read-card.ts'
import { systemContext } from '../../../src/platform/context.ts'
import { planOf } from '../../support/plans.ts'
import { askedDatabase } from '../../support/watched-database.ts'

test.each([
  ['time', 'model_cards_by_beginning'],
  ['name', 'registered_models_by_name'],
] as const)(
  'a page of cards by %s begins where the page before ended, in an index',
  async (by, index) => {
    const platform = await freshPlatform()
    const heard: SQL[] = []
    const db = askedDatabase(platform.db, (query) => {
      if (compile(query).text.includes('model_cards c')) heard.push(query)
    })
    const ctx = systemContext({ ...platform, db }, 'default')
    for (const isDescending of [false, true]) {
      const search = { conditions: { isEvery: true, of: [] }, maxResults: 10, by, isDescending }
      await searchCards(ctx, { ...search, pageToken: undefined })
    }
    expect(heard).toHaveLength(2)
    for (const query of heard) {
      const plan = await planOf(query)
      expect(plan[0]).toContain(index)
      expect(plan.filter((line) => line === 'USE TEMP B-TREE FOR ORDER BY')).toEqual([])
    }
  },
)
