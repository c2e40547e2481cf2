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

test('who may do what with one model is listed with what names it', async () => {
  const models = (...args: string[]) => runHere(['models', ...args, '--data', data])
  expect((await models('create', 'fraud-nightly')).code).toBe(0)
  await grants('add', 'group:release', 'promote', '--models', 'fraud-*', '--stage', 'Staging')
  const { out, code } = await models('access', 'fraud-nightly')
  expect(code).toBe(0)
  expect(out).toContain('with access control off everybody may do everything; with it on:\n')
  expect(out).toMatch(/^WHO +MAY +ON$/m)
  expect(out).toMatch(/^group:release +promote +fraud-\* to stage Staging$/m)
  const json = JSON.parse((await models('access', 'fraud-nightly', '--json')).out)
  expect(json.grants).toContainEqual(expect.objectContaining({ principal: 'group:release' }))
  const none = await models('access', 'nothing')
  expect([none.code, none.err]).toEqual([1, expect.stringMatching(/nothing.* not found/)])
}, 60_000)
