import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { resetDatabase } from '#platform'
import writtenDown from '../counts/bytes.json' with { type: 'json' }
import { type CountedOperation, countedOperations } from '../counts/operations.ts'
import { countedWorld } from '../counts/world.ts'

/** What grows the database, each done so often that pages which are half full count for little. */
const growing = [
  'create-run with 5 tags',
  'log-batch of 1,000 points of 10 metrics',
  'log-batch of 100 params of a new run',
  'register a version of 1 file',
  'log a trace of 20 spans',
  'after a run of 10,000 points of 10 metrics: fold, rank',
]
const times = 100

/** Ids are random, and so is which pages split: a file ends some pages sooner or later. */
const pageBytes = 4096
const pagesMore = 5
const written: Readonly<Record<string, number>> = writtenDown

async function sizeBytes(): Promise<number> {
  return (await env.DB.prepare('select 1').all()).meta.size_after
}

/** `npm run counts` writes the file anew. */
test('the database grows by what is written down for each operation', async () => {
  // A database that a test before used has room left in its file.
  await resetDatabase()
  const world = await countedWorld()
  const bytes: Record<string, number> = {}
  const isGrowing = ({ name }: CountedOperation) => growing.includes(name)
  for (const { name, before, call } of countedOperations.filter(isGrowing)) {
    await world.settle()
    const from = await sizeBytes()
    for (let i = 1; i <= times; i++) {
      await before?.(world, i)
      await call(world, i)
    }
    await world.settle()
    const grown = (await sizeBytes()) - from
    const known = written[name]
    const isKnown =
      known !== undefined && Math.abs(grown - known * times) <= pagesMore * pageBytes + times
    bytes[name] = isKnown ? known : Math.round(grown / times)
  }
  await expect(`${JSON.stringify(bytes, null, 2)}\n`).toMatchFileSnapshot('../counts/bytes.json')
})
