import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { expect, onTestFinished, test } from 'vitest'
import { run } from '../runner/processes.ts'

const mapped = new URL('../../src/cli/server/mapped-stacks.ts', import.meta.url).pathname

/** What a bundle prints that is made and mapped as the command's. */
async function printedBy(source: string, hasMap = true): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-stacks-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const thrower = join(folder, 'thrower.ts')
  const outfile = join(folder, 'bundle.js')
  const begin = `import { mapStacks } from ${JSON.stringify(mapped)}\nmapStacks(import.meta.url)\n`
  await writeFile(thrower, `${begin}${source}`)
  const options = { bundle: true, format: 'esm', platform: 'node', sourcemap: 'external' } as const
  await build({ ...options, entryPoints: [thrower], outfile })
  if (!hasMap) await rm(`${outfile}.map`)
  return (await run(process.execPath, [outfile])).output
}

test('a stack names the line of the source, also behind a wait', async () => {
  const source = `async function fail() {
  await 1
  throw new Error('a bug')
}
await fail()`
  const output = await printedBy(source)
  expect(output).toContain('Error: a bug\n')
  expect(output).toMatch(/at (async )?fail \(.*thrower\.ts:5:9\)/)
})

test.each([
  ['goes', 'rmSync(map)'],
  ['is broken', "writeFileSync(map, '{')"],
])('a stack is what it is where the map %s while the program runs', async (_, change) => {
  const output = await printedBy(`import { rmSync, writeFileSync } from 'node:fs'
const map = new URL(import.meta.url + '.map')
${change}
throw new Error('a bug')`)
  expect(output).toContain('Error: a bug\n')
  expect(output).toMatch(/bundle\.js:\d+/)
})

test('without its map, and of an error that has no text, a stack is what it is', async () => {
  expect(await printedBy("throw new Error('a bug')", false)).toMatch(/bundle\.js:\d+/)
  const odd = `const err = new Error('x')
err.toString = () => { throw 1 }
console.log(err.stack)`
  expect(await printedBy(odd)).toMatch(/<error>\n {4}at .*thrower\.ts:3/)
})

test('the map is read for a stack that goes through the bundle, and not for one of Node alone', async () => {
  const output = await printedBy(`import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
const { readFileSync } = fs
let reads = 0
fs.readFileSync = (...all) => {
  if (String(all[0]).endsWith('.map')) reads++
  return readFileSync(...all)
}
syncBuiltinESMExports()
// Streams that end make an error of Node's own, whose stack it reads.
await new Blob(['x']).stream().pipeTo(new WritableStream())
console.log('after streams', reads)
console.log(new Error('a bug').stack, 'after a bug', reads)`)
  expect(output).toContain('after streams 0\n')
  expect(output).toContain('after a bug 1')
})
