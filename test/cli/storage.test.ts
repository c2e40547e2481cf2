import { access, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runHere } from '../support/program.ts'

const folder = () => mkdtemp(join(tmpdir(), 'gatehouse-cli-'))
const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

test('a command that reads makes no data where there is none', async () => {
  const data = join(await folder(), 'none')
  for (const args of [['models', 'list'], ['audit', 'list'], ['artifacts', 'verify'], ['gc']]) {
    const { code, out, err } = await runHere([...args, '--data', data])
    expect([code, out]).toEqual([1, ''])
    expect(err).toBe(
      `gatehouse: there is no database at ${join(data, 'gatehouse.db')}; name a running server with --server, or the folder of its data with --data\n`,
    )
  }
  expect(await isThere(data)).toBe(false)
})

test('a command that changes data makes it only where it is told to, and says so', async () => {
  const data = join(await folder(), 'new')
  // Nobody named a place: the default is one that this folder lacks.
  const unnamed = await runHere(['models', 'create', 'm'])
  expect([unnamed.code, unnamed.err]).toEqual([1, expect.stringContaining('there is no database')])
  expect(await isThere('gatehouse-data')).toBe(false)
  const database = join(data, 'gatehouse.db')
  expect(await runHere(['models', 'create', 'm', '--data', data])).toEqual({
    code: 0,
    out: "made the model 'm'\n",
    err: `gatehouse: making the database ${database}\n`,
  })
  const again = await runHere(['models', 'create', 'n'], { env: { GATEHOUSE_DATA: data } })
  expect(again.err).toBe(`gatehouse: working on the database ${database}\n`)
  const listed = await runHere(['models', 'list', '--json'], { env: { GATEHOUSE_DATA: data } })
  expect([listed.err, JSON.parse(listed.out).length]).toEqual(['', 2])
})
