import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../support/gatehouse-process.ts'
import { runHere } from '../support/program.ts'

let data = ''

beforeAll(async () => {
  data = await temporaryFolder()
})
afterAll(() => rm(data, { recursive: true, force: true }))

const grants = (...args: string[]) => runHere(['grants', ...args, '--data', data])

test('who holds the database gives rights, lists them and takes them away', async () => {
  const promote = ['service:trainer', 'promote', '--models', 'fraud-*', '--stage', 'Staging']
  const added = await grants('add', ...promote, '--json')
  expect(JSON.parse(added.out)).toMatchObject({
    id: '1',
    principal: 'service:trainer',
    models: 'fraud-*',
    stage: 'Staging',
    created_by: 'operator',
  })
  expect((await grants('add', 'ada', 'read_audit')).out).toBe(
    'grant 2: user:ada may read_audit *\n',
  )
  expect((await grants('remove', '1')).code).toBe(0)
  const listed = await grants('list')
  expect(listed.out).toBe('ID  PRINCIPAL  MAY         MODELS  TO\n2   user:ada   read_audit  *\n')
  const gone = await grants('remove', '1')
  expect([gone.code, gone.err]).toEqual([
    1,
    expect.stringMatching(
      /^gatehouse: working on the database .*\ngatehouse: Grant '1' not found\n$/,
    ),
  ])
  const wrong = await grants('add', 'ada', 'promote')
  expect(wrong.code).toBe(1)
  expect(wrong.err).toContain("one of 'stage' and 'alias'")
  expect((await grants('add', 'ada', 'fly')).code).not.toBe(0)
}, 60_000)
