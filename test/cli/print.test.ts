import { expect, test } from 'vitest'
import { programAt } from '../support/program.ts'
import { registryServer } from '../support/registry-server.ts'

const name = 'a-name-that-is-much-longer-than-any-terminal-wants-to-show-in-one-line-of-its-own'

async function program() {
  const server = await registryServer({ now: () => 1_764_000_000_000 })
  return { ...server, ask: programAt(server.app) }
}

test.each([40, 60, 80, 250])('a table fits a terminal of %i columns', async (columns) => {
  const { ask, createModel } = await program()
  await createModel(name, { tags: [{ key: 'team', value: '机器学习'.repeat(10) }] })
  const { out } = await ask(['models', 'list'], { columns })
  const lines = out.trimEnd().split('\n')
  expect(lines).toHaveLength(2)
  // A Chinese character takes two columns.
  const widthOf = (line: string) => line.length + (line.match(/\p{Script=Han}/gu)?.length ?? 0)
  for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns)
  expect(out.includes('…')).toBe(columns < 250)
})

test('a table that goes into a pipe is whole', async () => {
  const { ask, createModel } = await program()
  await createModel(name)
  expect((await ask(['models', 'list'])).out).toContain(name)
})

test("times are in the reader's zone, and in UTC with --utc", async () => {
  const { ask, createModel } = await program()
  await createModel('m')
  const there = { timeZone: 'Asia/Kolkata' }
  expect((await ask(['models', 'show', 'm'], there)).out).toContain(
    'created  2025-11-24 21:30:00\n',
  )
  expect((await ask(['models', 'show', 'm', '--utc'], there)).out).toContain(
    'created  2025-11-24 16:00:00Z\n',
  )
})

test('what could move the cursor of a terminal is shown as an escape', async () => {
  const { ask, createModel } = await program()
  await createModel('m', { description: 'a\u001b[2Jb\u202ec' })
  expect((await ask(['models', 'show', 'm'])).out).toContain('a\\u001b[2Jb\\u202ec')
})
