import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { listen } from '../../../src/node.ts'
import { clientEnvironment, programOf } from '../../runner/environments.ts'
import { admin } from '../../support/auth-server.ts'
import { busyWorld } from '../../ui/deployments-world.ts'
import { pagesOf, unescaped } from '../../ui/page.ts'

const run = promisify(execFile)
/** Of the client that `npm test` installs; it brings requests. */
const python = programOf('mlflow-3.17.2', 'python')
const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )
const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
)
const isLacking = !hasCurl || !(await isThere(python))

const model = '/models/fraud-detector'
/** What ann sees of a model, a request and a deployment. */
const pages = [
  '/',
  '/models',
  "/models?q=tags.team%20=%20'risk'",
  model,
  `${model}?metric=recall`,
  `${model}/versions?metric=accuracy`,
  `${model}/access`,
  `${model}/serving`,
  `${model}/3`,
  `${model}/3/card`,
  `${model}/3/card/revisions`,
  `${model}/3/change`,
  `${model}/change`,
  `${model}/3/gates`,
  `${model}/3/proof`,
  `${model}/compare?v=2,3`,
  '/promotions',
  '/promotions?view=mine',
  '/promotions/1',
  '/deployments',
  '/deployments/fraud-ab',
  '/deployments?model=fraud-detector',
  '/find?q=fraud',
  '/profile',
]
const ofAdmin = [
  '/audit',
  '/audit?model=fraud-detector&version=3&since=2026-01-01T00:00',
  '/audit/5',
  '/audit/verify',
  '/audit/as-of',
  '/settings/policies',
  '/settings/policies/production-sign-off',
  '/settings/policies/production-sign-off/edit',
  '/settings/policies/production-sign-off/revisions',
  '/settings/webhooks',
  '/settings/new-webhook',
  '/settings/users',
  '/settings/users/ann',
  '/settings/groups',
  '/settings/groups/ml-approvers',
  '/settings/service-accounts',
  '/settings/tokens?for=ann',
  '/settings/identities',
  '/settings/grants',
  '/settings/stages',
  '/settings/keys',
  '/settings/traces',
  '/settings/retention',
  '/settings/storage?by=team',
]
/** Their calls change something, each what the next one leaves alone. */
const changing = [
  ['/deployments/fraud-ab/traffic?weight.champion=50&weight.challenger=50', 200],
  // The way back is guarded: a request is opened, and the answer says so.
  [`${model}/rollback?stage=Production`, 403],
  [`${model}/1/promote?to=Staging`, 200],
  ['/promotions/withdraw?sel=1', 200],
] as const

const stops: (() => void)[] = []
afterAll(() => {
  for (const stop of stops) stop()
})

async function servedWorld() {
  const world = await busyWorld()
  const { server, url } = await listen(world.platform, { host: '127.0.0.1', port: 0 })
  stops.push(() => server.close())
  /** The pieces of code in the foot of a page that this server answers. */
  const codesOf = async (who: string, path: string) => {
    const res = await fetch(url + path, { headers: { authorization: who, accept: 'text/html' } })
    const html = await res.text()
    expect([path, res.status]).toEqual([path, 200])
    const [, foot = ''] = /<summary>API<\/summary>([\s\S]*?)<\/details>/.exec(html) ?? []
    return [...foot.matchAll(/<code>([\s\S]*?)<\/code>/g)].map(([, code = '']) => unescaped(code))
  }
  const tokenOf = async (who: string) => {
    const { json } = await world.call(who, 'POST', '/api/v1/tokens', { name: 'pasted' })
    return String(json.token)
  }
  return { ...world, url, codesOf, tokenOf }
}

/** As somebody pastes it into a shell. @returns the status that the server answers */
async function paste(code: string, token: string): Promise<number> {
  const command = `${code} -s -o /dev/null -w '%{http_code}'`
  const { stdout } = await run('sh', ['-c', command], {
    env: { ...process.env, GATEHOUSE_TOKEN: token },
  })
  return Number(stdout)
}

describe.skipIf(isLacking)('the calls in the foot of a page', () => {
  test.each([
    ['ann', pages],
    ['admin', ofAdmin],
  ] as const)(
    'answer when %s pastes them, as curl and as Python',
    async (name, paths) => {
      const { ann, url, codesOf, tokenOf } = await servedWorld()
      const who = name === 'ann' ? ann : admin
      const token = await tokenOf(who)
      const scripts: string[] = []
      for (const path of paths) {
        const codes = await codesOf(who, path)
        const calls = codes.filter((code) => code.startsWith('curl'))
        expect(calls.length, path).toBeGreaterThan(0)
        for (const call of calls) expect([call, await paste(call, token)]).toEqual([call, 200])
        scripts.push(...codes.filter((code) => code.startsWith('import')))
      }
      expect(scripts).toHaveLength(paths.length)
      const script = scripts.join('\n').replaceAll(').json()', ').raise_for_status()')
      await run(python, ['-c', script], {
        env: { ...clientEnvironment(url), GATEHOUSE_TOKEN: token },
      })
    },
    120_000,
  )

  test('do what the button of the page would do', async () => {
    const { ann, codesOf, tokenOf, call } = await servedWorld()
    const token = await tokenOf(ann)
    for (const [path, status] of changing) {
      const [code = ''] = await codesOf(ann, path)
      expect([path, await paste(code, token)]).toEqual([path, status])
    }
    const { items } = (await call(ann, 'GET', '/api/v1/promotions')).json
    const states = items.map(({ id, status }: Record<string, string>) => [id, status])
    expect(states.sort()).toEqual([
      ['1', 'closed'],
      ['2', 'open'],
    ])
    const version = (await call(ann, 'GET', '/api/v1/models/fraud-detector/versions/1')).json
    expect(version.stage).toBe('Staging')
    const deployment = (await call(ann, 'GET', '/api/v1/deployments/fraud-ab')).json
    expect(deployment.variants.map(({ weight }: { weight: number }) => weight)).toEqual([50, 50])
  }, 60_000)

  test('name each part of the page of a model: stages, aliases, the metric, what served when', async () => {
    const { app, ann } = await busyWorld()
    const { html } = await pagesOf(app, ann).get(model)
    const api = '/api/v1/models/fraud-detector'
    for (const path of [
      `${api}/stages/Production`,
      `${api}/stages/Staging`,
      `${api}/aliases/next`,
      `${api}/metrics?key=`,
      `${api}/stage-spans`,
      '/api/v1/promotions?model=fraud-detector&amp;status=open',
      '/api/2.0/mlflow/registered-models/get?name=fraud-detector',
    ]) {
      expect(html).toContain(`http://localhost${path}`)
    }
    const then = await pagesOf(app, ann).get(`${model}?at=${1_800_010_850_000}`)
    expect(then.html).toMatch(/stages\/Production\?at=20\d\d-/)
  })
})
