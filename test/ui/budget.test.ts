import { expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import type { Database } from '../../src/db/database.ts'
import { pagesOf } from './page.ts'
import { askedWorld } from './world.ts'

const model = '/models/fraud-detector'
const pages = [
  '/',
  '/models',
  '/promotions',
  '/promotions/1',
  model,
  `${model}/3`,
  `${model}/compare?v=2,3`,
  `${model}/change`,
  `${model}/3/change`,
  `${model}/3/card`,
  `${model}/3/gates`,
  '/experiments',
  '/experiments/1',
]

/** Round trips to the database, and bytes of HTML, of each page. */
async function costs(more: number) {
  const platform = await freshPlatform()
  let trips = 0
  const db: Database = {
    all: (query) => counted(() => platform.db.all(query)),
    first: (query) => counted(() => platform.db.first(query)),
    batch: (queries) => counted(() => platform.db.batch(queries)),
  }
  function counted<T>(ask: () => T): T {
    trips++
    return ask()
  }
  const { app, rita, register } = await askedWorld({ db, blobs: platform.blobs })
  for (let i = 0; i < more; i++) await register()
  const found: Record<string, { trips: number; bytes: number }> = {}
  for (const page of pages) {
    await pagesOf(app, rita).get(page)
    trips = 0
    const { html, status } = await pagesOf(app, rita).get(page)
    expect(status, page).toBe(200)
    found[page] = { trips, bytes: html.length }
  }
  return found
}

test('no page asks the database more for more versions, and none grows beyond its bounds', async () => {
  const [few, many] = [await costs(0), await costs(12)]
  for (const page of pages) {
    const [small, large] = [few[page], many[page]]
    expect(large?.trips, page).toBeLessThanOrEqual((small?.trips ?? 0) + 1)
    expect(large?.trips, page).toBeLessThanOrEqual(30)
    expect(large?.bytes, page).toBeLessThan(100_000)
  }
})
