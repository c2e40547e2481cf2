import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { listPath, renderList, renderSchema, schemaPath } from '../../drizzle/list.ts'
import { exitCodeHelp, exitCodes } from '../../src/cli/exit-codes.ts'
import { operations } from '../../src/mlflow/surface.ts'
import { variableOf } from '../../src/platform/settings/setting.ts'
import { settingTable } from '../../src/platform/settings/setting-table.ts'
import { describeOrder } from '../check/import-order.ts'
import { readSources } from '../check/imports.ts'
import { bundledScripts } from './bundled-script.ts'
import { commandNames, commandTables } from './commands.ts'
import { costTable, costTeams, countTable } from './cost.ts'
import { importPicture } from './picture.ts'
import { withQuotes } from './quoted.ts'
import { endpointSums, endpointTable, filledIn, settingsTable } from './tables.ts'

const root = new URL('../../', import.meta.url).pathname
const docs = `${root}docs/`

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

test('the scripts of pages are made of their sources', async () => {
  const path = `${root}src/ui/shell/script.ts`
  await expect(await bundledScripts(root)).toMatchFileSnapshot(path)
})

test('the migrations that the server carries are the files of drizzle/', async () => {
  await expect(await renderList()).toMatchFileSnapshot(listPath.pathname)
  await expect(await renderSchema()).toMatchFileSnapshot(schemaPath.pathname)
})

test('the page on operations has every setting', async () => {
  const path = `${docs}operations.md`
  const page = filledIn(await readFile(path, 'utf8'), { settings: settingsTable() })
  await expect(page).toMatchFileSnapshot(path)
  expect(settingTable.filter(({ name }) => !page.includes(`\`${variableOf(name)}\``))).toEqual([])
})

test('the page on cost reckons with what operations were counted to cost', async () => {
  const path = `${docs}cost.md`
  const blocks = { teams: costTeams(), costs: costTable(), counts: countTable() }
  const page = filledIn(await readFile(path, 'utf8'), blocks)
  await expect(page).toMatchFileSnapshot(path)
})

test('the page on the command line has every command with its flags, and every exit code', async () => {
  const path = `${docs}cli.md`
  const page = filledIn(await readFile(path, 'utf8'), { commands: commandTables() })
  await expect(page).toMatchFileSnapshot(path)
  expect(commandNames().filter((name) => !page.includes(`| \`${name}`))).toEqual([])
  for (const code of Object.values(exitCodes)) {
    expect(page).toContain(`| ${code} | `)
    expect(exitCodeHelp).toContain(`\n  ${code}  `)
  }
})

test('the page on architecture draws the imports as they are, and tells their order', async () => {
  const path = `${docs}architecture.md`
  const picture = importPicture(await readSources(root, ['src']))
  const order = `\`\`\`\n${describeOrder()}\n\`\`\``
  const page = filledIn(await readFile(path, 'utf8'), { picture, order })
  await expect(page).toMatchFileSnapshot(path)
})

test('the examples of the page on style are code of this repository', async () => {
  const path = `${docs}style.md`
  const page = await withQuotes(await readFile(path, 'utf8'), root)
  await expect(page).toMatchFileSnapshot(path)
  expect(page.match(/<!-- from /g)?.length).toBeGreaterThan(5)
})
