import type { SQL } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import { compile } from '../../../src/db/compile.ts'
import { planOf } from '../../support/plans.ts'
import { askedDatabase } from '../../support/watched-database.ts'
import { runsWorld } from '../../ui/runs-world.ts'

test('the parts of runs are found and counted by an index, not by reading tags', async () => {
  const { db } = await freshPlatform()
  const heard = new Map<string, SQL>()
  const database = askedDatabase(db, (query) => {
    const { text } = compile(query)
    if (/cross join run_tags t on t\.key = 'mlflow\.parentRunId'/.test(text)) heard.set(text, query)
  })
  const { as, rita, logRun } = await runsWorld({ db: database })
  const parent = await logRun({ name: 'sweep' })
  await as(rita).get(`/experiments/1?open=${parent}`)
  const plans = await Promise.all([...heard.values()].map(planOf))
  expect(plans).toHaveLength(2)
  for (const plan of plans) {
    expect(plan.join('\n')).toMatch(
      /SEARCH t USING (COVERING )?INDEX run_tags_by_parent \(value=\?/,
    )
  }
})
