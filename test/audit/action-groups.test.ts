import type { SQL } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import { actions } from '../../src/audit/actions.ts'
import { readEntriesBefore } from '../../src/audit/read-entries.ts'
import { compile } from '../../src/db/compile.ts'
import { planOf } from '../support/plans.ts'
import { askedDatabase } from '../support/watched-database.ts'

test('every action is in one group', () => {
  expect(actions).toEqual([...new Set(actions)])
})

test('a group is read by the index of each of its actions, and never the whole log', async () => {
  const { db } = await freshPlatform()
  const heard: SQL[] = []
  const watched = askedDatabase(db, (query) => {
    if (compile(query).text.includes('audit_entries')) heard.push(query)
  })
  const newest = { beforeSeq: Number.MAX_SAFE_INTEGER, countMax: 100 }
  await readEntriesBefore(watched, { group: 'access' }, newest)
  const plans = await Promise.all(heard.map(planOf))
  const read = plans.flat().filter((line) => /^(SCAN|SEARCH) (e|found)\b/.test(line))
  expect(read).toEqual([
    'SEARCH e USING INTEGER PRIMARY KEY (rowid=?)',
    'SEARCH found USING INTEGER PRIMARY KEY (rowid=?)',
    'SEARCH e USING COVERING INDEX audit_entries_by_action (action=? AND seq<?)',
  ])
})
