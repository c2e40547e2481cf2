import { beforeAll, expect, test } from 'vitest'
import { admin, authServer } from '../support/auth-server.ts'
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

test('workspaces are listed, made, changed and deleted, with a server and without', async () => {
  const data = await temporaryFolder()
  const here = (args: string[]) => runHere([...args, '--data', data])
  expect((await here(['models', 'create', 'm'])).code).toBe(0)
  for (const run of [ask, here]) {
    const made = await run(['workspaces', 'create', 'lab', '--description', 'tries'])
    expect(made).toMatchObject({ code: 0, out: "made the workspace 'lab'\n" })
    expect((await run(['workspaces', 'list'])).out).toMatch(/^lab +tries$/m)
    const changed = await run(['workspaces', 'update', 'lab', '--artifact-root', 's3://b/lab'])
    expect(changed.out).toBe('workspace    lab\ndescription  tries\nartifacts    s3://b/lab\n')
    expect(JSON.parse((await run(['workspaces', 'show', 'lab', '--json'])).out)).toEqual({
      name: 'lab',
      description: 'tries',
      default_artifact_root: 's3://b/lab',
    })
    expect((await run(['workspaces', 'delete', 'lab'])).out).toBe("deleted the workspace 'lab'\n")
    const gone = await run(['workspaces', 'show', 'lab'])
    expect(gone).toMatchObject({ code: 1, err: expect.stringMatching(/^gatehouse: .*'lab'/) })
  }
})

test('roles are made in a workspace, filled, given to people, taken away and deleted', async () => {
  const { app, user } = await authServer()
  await user('bob')
  const run = programAt(app, { authorization: admin })
  const made = await run(['roles', 'create', 'readers', '--json'])
  const { id } = JSON.parse(made.out)
  expect((await run(['roles', 'permit', `${id}`, 'registered_model', '*', 'READ'])).out).toMatch(
    /has the permission \d+: READ on registered_model \*\n$/,
  )
  expect((await run(['roles', 'assign', `${id}`, 'bob'])).out).toBe(`bob has the role ${id}\n`)
  expect((await run(['roles', 'list'])).out).toContain('READ on registered_model *')
  const shown = (await run(['roles', 'show', `${id}`])).out
  expect(shown).toContain(`role ${id}: readers, in the workspace default`)
  const permission = /permission (\d+)/.exec(shown)?.[1] ?? ''
  expect((await run(['roles', 'withdraw', permission])).code).toBe(0)
  expect((await run(['roles', 'unassign', `${id}`, 'bob'])).code).toBe(0)
  expect((await run(['roles', 'delete', `${id}`])).out).toBe(`deleted the role ${id}\n`)
  expect((await run(['roles', 'show', `${id}`])).code).toBe(1)
})
