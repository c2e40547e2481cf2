import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { operations } from '../../src/mlflow/surface.ts'
import { variableOf } from '../../src/platform/settings/setting.ts'
import { settingTable } from '../../src/platform/settings/setting-table.ts'
import { endpointSums, endpointTable, filledIn, settingsTable } from './tables.ts'

const docs = new URL('../../docs/', import.meta.url).pathname

/** Where these fail, `npm run docs` writes the tables anew. */
test('the page on compatibility has every endpoint, and says rightly which are served', async () => {
  const path = `${docs}mlflow-compatibility.md`
  const blocks = { sums: endpointSums(), endpoints: endpointTable() }
  const page = filledIn(await readFile(path, 'utf8'), blocks)
  await expect(page).toMatchFileSnapshot(path)
  const endpoints = operations.flatMap(({ routes }) => routes)
  expect(endpoints.filter((route) => !page.includes(`\`${route.method} ${route.path}\``))).toEqual(
    [],
  )
})

test('the page on operations has every setting', async () => {
  const path = `${docs}operations.md`
  const page = filledIn(await readFile(path, 'utf8'), { settings: settingsTable() })
  await expect(page).toMatchFileSnapshot(path)
  expect(settingTable.filter(({ name }) => !page.includes(`\`${variableOf(name)}\``))).toEqual([])
})
