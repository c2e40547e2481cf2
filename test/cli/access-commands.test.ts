import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { basic } from '../support/client.ts'
import { run, startServer, temporaryFolder } from '../support/gatehouse-process.ts'

const adminPassword = 'a password of the admin'
let data = ''

beforeAll(async () => {
  data = await temporaryFolder()
})
afterAll(() => rm(data, { recursive: true, force: true }))

/** Run on the database; what it prints as JSON. */
async function json(args: readonly string[], input?: string) {
  const { code, out, err } = await run([...args, '--data', data, '--json'], {}, input)
  if (code !== 0) throw new Error(err)
  return JSON.parse(out)
}

test('who holds the database makes users, groups, service accounts and tokens without a server', async () => {
  expect(await json(['users', 'create', 'rita'], 'a password of rita\n')).toMatchObject({
    username: 'rita',
    is_admin: false,
  })
  expect(await json(['service-accounts', 'create', 'trainer'])).toMatchObject({
    principal: 'service:trainer',
  })
  expect(await json(['groups', 'set', 'ml', 'rita', 'service:trainer'])).toEqual({
    name: 'ml',
    members: ['rita', 'service:trainer'],
  })
  expect(await json(['groups', 'list'])).toHaveLength(1)
  expect(await json(['groups', 'show', 'ml'])).toMatchObject({ name: 'ml' })
  const token = await json([
    'tokens',
    'create',
    'ci',
    '--for',
    'service:trainer',
    '--scope',
    'read',
    '--aws',
  ])
  expect(token).toMatchObject({
    ...{ for: 'service:trainer', scopes: ['read'] },
    aws_access_key_id: expect.stringMatching(/^GHK/),
    aws_secret_access_key: expect.any(String),
  })
  expect(await json(['tokens', 'list', '--for', 'service:trainer'])).toMatchObject([
    { id: token.id, name: 'ci' },
  ])
  await json(['tokens', 'revoke', token.id])
  expect(await json(['tokens', 'list'])).toEqual([])
  await json(['groups', 'delete', 'ml'])
  await json(['service-accounts', 'delete', 'trainer'])
  expect(await json(['service-accounts', 'list'])).toEqual([])
}, 120_000)

test('a lost password is reset by who holds the database, at once on a running server', async () => {
  const server = await startServer(data, ['--auth'], { GATEHOUSE_ADMIN_PASSWORD: adminPassword })
  const status = async (password: string) =>
    (
      await fetch(`${server.url}/api/v1/whoami`, {
        headers: { authorization: basic('admin', password) },
      })
    ).status
  try {
    expect(await status(adminPassword)).toBe(200)
    await json(['users', 'passwd', 'admin'], 'another password of it\n')
    expect(await status(adminPassword)).toBe(401)
    expect(await status('another password of it')).toBe(200)

    const asAdmin = {
      GATEHOUSE_SERVER: server.url,
      MLFLOW_TRACKING_USERNAME: 'admin',
      MLFLOW_TRACKING_PASSWORD: 'another password of it',
    }
    const own = await run(['users', 'passwd', 'admin'], asAdmin, 'a third password of it\n')
    expect(own).toMatchObject({ code: 0, out: "set the password of 'admin'\n" })
    expect(await status('a third password of it')).toBe(200)

    const wrong = await run(['users', 'list'], asAdmin)
    expect(wrong.code).toBe(1)
    expect(wrong.err).toMatch(
      /^gatehouse: You are not authenticated. Unknown user or wrong password/,
    )
  } finally {
    await server.stop()
  }
}, 120_000)

test('a password is never an argument, and an empty one is refused', async () => {
  const { code, err } = await run(['users', 'create', 'eve', '--data', data], {}, '')
  expect(code).toBe(1)
  expect(err).toContain('type it, pipe it in, or set GATEHOUSE_NEW_PASSWORD')
  const argument = await run(['users', 'create', 'eve', 'a long password', '--data', data])
  expect(argument.code).toBe(1)
}, 60_000)

test('the first start with --auth prints a random password once, and never a default one', async () => {
  const folder = await temporaryFolder()
  const first = await startServer(folder, ['--auth'])
  const { out } = await first.stop()
  const password = /made the administrator 'admin' with the password (\S+) -/.exec(out)?.[1] ?? ''
  expect(password).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{8}){3}$/)
  const second = await startServer(folder, [], { GATEHOUSE_AUTH: '1' })
  const res = await fetch(`${second.url}/api/v1/whoami`, {
    headers: { authorization: basic('admin', password) },
  })
  expect(res.status).toBe(200)
  const again = await second.stop()
  expect(again.out).not.toContain('administrator')
  await rm(folder, { recursive: true, force: true })
}, 120_000)

test('a password that cannot be had keeps the server from starting', async () => {
  const folder = await temporaryFolder()
  const { code, err } = await run(['server', '--auth', '--port', '0', '--data', folder], {
    GATEHOUSE_ADMIN_PASSWORD: 'short',
  })
  expect(code).toBe(1)
  expect(err).toMatch(/^gatehouse: cannot make the administrator 'admin'.*at least 12 characters/)
  expect(err.trim().split('\n')).toHaveLength(1)
  await rm(folder, { recursive: true, force: true })
}, 60_000)
