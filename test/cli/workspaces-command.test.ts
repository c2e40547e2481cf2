import { beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../support/gatehouse-process.ts'
import { programAt, runHere } from '../support/program.ts'
import { testServer } from '../support/server.ts'

let ask: ReturnType<typeof programAt>
beforeAll(async () => {
  const fresh = await testServer()
  const settings = { ...fresh.platform.settings, workspaces: true }
  const server = await testServer({ ...fresh.platform, settings })
  ask = programAt(server.app)
  await server.call('POST', '/api/3.0/mlflow/workspaces', { name: 'team-a' })
})

test('commands work in the workspace that --workspace or a variable names', async () => {
  const made = await ask(['models', 'create', 'fraud', '--workspace', 'team-a'])
  expect(made).toMatchObject({ code: 0, out: "made the model 'fraud'\n" })
  expect((await ask(['models', 'list'])).out).toBe('no registered models\n')
  expect((await ask(['models', 'list', '--workspace', 'team-a'])).out).toContain('fraud')
  for (const name of ['GATEHOUSE_WORKSPACE', 'MLFLOW_WORKSPACE']) {
    const listed = await ask(['models', 'list'], { env: { [name]: 'team-a' } })
    expect(listed.out).toContain('fraud')
  }
})

test('a workspace that is not there is said in one line, with a server and without', async () => {
  const sentence = "gatehouse: Workspace 'nope' not found\n"
  const asked = await ask(['models', 'list', '--workspace', 'nope'])
  expect(asked).toMatchObject({ code: 1, err: sentence })
  const data = await temporaryFolder()
  const there = ['--data', data, '--workspace', 'default']
  expect((await runHere(['models', 'create', 'm', ...there])).code).toBe(0)
  const own = await runHere(['models', 'list', '--data', data, '--workspace', 'nope'])
  expect(own).toMatchObject({ code: 1, err: sentence })
  expect((await runHere(['models', 'list', ...there])).out).toContain('m ')
})
