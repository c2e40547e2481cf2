import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { unstable_readConfig as readConfig } from 'wrangler'

const root = new URL('../..', import.meta.url).pathname

async function deploy(...args: readonly string[]) {
  const env = { ...process.env, GATEHOUSE_ADMIN_PASSWORD: 'a password of the tests' }
  return promisify(execFile)(`${root}bin/gatehouse`, ['deploy', '--dry-run', ...args], {
    cwd: root,
    env,
  })
}

async function foldersOfSecrets(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith('gatehouse-deploy-'))
}

test('a deployment is built with the bindings it needs, and its secrets stay secret', async () => {
  const { stdout, stderr } = await deploy()
  expect(stdout).toMatch(/env\.DB .* D1 Database/)
  expect(stdout).toContain('env.ARTIFACTS (gatehouse-artifacts)')
  expect(stderr).toContain(
    'would set the secrets GATEHOUSE_SIGNING_KEY, GATEHOUSE_BUNDLE_KEY, and GATEHOUSE_ADMIN_PASSWORD',
  )
  expect(stdout + stderr).not.toContain('a password of the tests')
  expect(await foldersOfSecrets()).toEqual([])
}, 60_000)

test('the staging environment has a database and a bucket of its own', async () => {
  const { stdout } = await deploy('--env', 'staging')
  expect(stdout).toContain('env.DB (gatehouse-staging)')
  expect(stdout).toContain('env.ARTIFACTS (gatehouse-artifacts-staging)')
}, 60_000)

test('without an account, or with an environment that is not there, it says what is missing', async () => {
  await expect(deploy('--env', 'nowhere')).rejects.toThrow(/nowhere/)
  const env = {
    ...process.env,
    CLOUDFLARE_API_TOKEN: '',
    HOME: tmpdir(),
    XDG_CONFIG_HOME: tmpdir(),
  }
  await expect(
    promisify(execFile)(`${root}bin/gatehouse`, ['deploy'], { cwd: root, env }),
  ).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('npx wrangler login') })
}, 60_000)

test('the triggers of wrangler.toml are those that the Worker knows', async () => {
  const [toml, source] = await Promise.all(
    ['wrangler.toml', 'src/worker.ts'].map((name) => readFile(`${root}${name}`, 'utf8')),
  )
  const hourly = /hourlyCron = '([^']+)'/.exec(source ?? '')?.[1]
  expect(toml).toContain(`crons = ["* * * * *", "${hourly}"]`)
})

test.each([undefined, 'staging'])(
  'wrangler reads limits, placement, observability and triggers of the environment %s',
  (env) => {
    const config = readConfig({ config: `${root}wrangler.toml`, ...(env && { env }) })
    expect(config).toMatchObject({
      main: `${root}src/worker.ts`,
      // The most that Cloudflare gives: a large upload is hashed for so long.
      limits: { cpu_ms: 300_000 },
      placement: { mode: 'smart' },
      observability: { enabled: true },
    })
    expect(config.triggers.crons).toHaveLength(2)
    // Whoever deploys is not asked: access control is on unless somebody writes it here.
    expect(config.vars).toEqual({})
  },
)
