import { expect, test } from 'vitest'
import { runtime } from '#platform'
import type { Counts } from '../support/counts.ts'
import writtenDown from './counted.json' with { type: 'json' }
import { countedOperations } from './operations.ts'
import { type CountedWorld, countedWorld } from './world.ts'

/** By the name of the operation. */
type Counted = Readonly<Record<string, Counts>>

/** Each is called once before, since a server remembers some of what it has read. */
async function countAll(world: CountedWorld, from: number): Promise<Counted> {
  const counted: Record<string, Counts> = {}
  for (const { name, before, call } of countedOperations) {
    for (const i of [from, from + 1]) {
      await before?.(world, i)
      counted[name] = await world.costOf(() => call(world, i))
    }
  }
  return counted
}

/** What the numbers of a line are, in this order. */
const columns = ['trips', 'statements', 'rowsRead', 'rowsWritten', 'classA', 'classB'] as const

/** A line for each operation, so that a difference shows what a change costs. */
function linesOf(counted: Counted): string {
  const lines = Object.entries(counted).map(([name, counts]) => {
    const numbers = columns.map((column) => counts[column])
    return `  ${JSON.stringify(name)}: [${numbers.join(', ')}]`
  })
  return `{\n${lines.join(',\n')}\n}\n`
}

/** Node's libSQL does not tell of rows. */
const hasRows = runtime !== 'node'

/** Fewer than there are more of each of runs, models and versions in the larger world. */
const growthMax = 40

/** `npm run counts` writes counted.json anew. */
test('each operation costs what is written down, and those that list nothing read no more as the server grows', async () => {
  const world = await countedWorld()
  await world.grow({ runs: 150, models: 20, versions: 4 })
  const small = await countAll(world, 1)
  await world.grow({ runs: 1350, models: 60, versions: 80 })
  const large = await countAll(world, 11)
  if (hasRows) {
    await expect(linesOf(large)).toMatchFileSnapshot('counted.json')
  } else {
    const known = Object.entries(writtenDown).map(([name, numbers]) => [
      name,
      ...numbers.slice(0, 2),
    ])
    const here = Object.entries(large).map(([name, { trips, statements }]) => [
      name,
      trips,
      statements,
    ])
    expect(here).toEqual(known)
  }
  const growing = countedOperations.filter(
    ({ name }) => (large[name]?.rowsRead ?? 0) > (small[name]?.rowsRead ?? 0) + growthMax,
  )
  const mayGrow = countedOperations.filter(({ grows }) => grows && hasRows)
  expect(growing).toEqual(mayGrow)
})
