import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../support/gatehouse-process.ts'
import { programAt } from '../../support/program.ts'
import { registryServer } from '../../support/registry-server.ts'
import { servingWorld, untilEnded } from '../../support/serving/serving-world.ts'

test('serve --deployment splits by weight and key, follows each variant and each change, and goes on while the server is away', async () => {
  const world = await servingWorld()
  const { addVersion, promote, serve, stopServer } = world
  for (let i = 0; i < 3; i++) await addVersion()
  await addVersion({ hangs: true })
  await promote('1')
  const put = async (weight: number, more: object[] = []) => {
    const variants = [
      { name: 'champion', uri: 'models:/fraud/Production', weight: 100 - weight },
      { name: 'challenger', uri: 'models:/fraud/2', weight },
      ...more,
    ]
    const shadows = [{ name: 'hung', uri: 'models:/fraud/4' }]
    const body = { model: 'fraud', variants, shadows, sticky: { header: 'X-User-Id' } }
    const { status, text } = await world.server.call('PUT', '/api/v1/deployments/ab', body)
    expect([status, text]).toEqual([200, expect.anything()])
  }
  await put(30)
  let serving = await serve('--deployment', 'ab')
  await serving.untilLive('1')
  await serving.untilLive('2')
  await serving.untilLive('4')
  const askAs = async (user: string) => {
    const res = await fetch(`${serving.url}/invocations`, {
      method: 'POST',
      headers: { 'X-User-Id': user },
    })
    const { version, pid } = (await res.json()) as { version: string; pid: number }
    const variant = res.headers.get('x-gatehouse-variant')
    const id = res.headers.get('x-gatehouse-request-id') ?? ''
    expect(id.slice(-`-${version}-${variant}`.length)).toBe(`-${version}-${variant}`)
    return { version, pid, variant }
  }
  const answered = await fetch(`${serving.url}/invocations`, { method: 'POST' })
  const request_id = answered.headers.get('x-gatehouse-request-id')
  const items = [{ request_id, name: 'converted', value: 1 }]
  const told = await world.server.call('POST', '/api/v1/deployments/ab/outcomes', { items })
  expect([told.status, told.json]).toMatchObject([200, { taken: 1 }])
  const users = Array.from({ length: 200 }, (_, i) => `user-${i}`)
  const askAll = () => Promise.all(users.map(askAs))
  const before = await askAll()
  expect(await askAll()).toEqual(before)
  const share = before.filter(({ variant }) => variant === 'challenger').length / users.length
  expect(share).toBeGreaterThan(0.2)
  expect(share).toBeLessThan(0.4)
  expect(new Set(before.map(({ variant, version }) => `${variant} ${version}`))).toEqual(
    new Set(['champion 1', 'challenger 2']),
  )

  await put(60)
  await serving.until('ab is at revision 2')
  const grown = await askAll()
  for (const [i, { variant }] of grown.entries()) {
    if (before[i]?.variant === 'challenger') expect(variant).toBe('challenger')
  }
  expect(grown.filter(({ variant }) => variant === 'challenger').length).toBeGreaterThan(
    before.filter(({ variant }) => variant === 'challenger').length,
  )

  await promote('3')
  await serving.untilLive('3')
  const promoted = await askAll()
  expect(new Set(promoted.map(({ variant, version }) => `${variant} ${version}`))).toEqual(
    new Set(['champion 3', 'challenger 2']),
  )

  const counted = async () => {
    const { json } = await world.server.call('GET', '/api/v1/deployments/ab/stats')
    const versions = json.variants.flatMap((one: { name: string; versions: object[] }) =>
      one.versions.map((of) => ({ name: one.name, ...of })),
    )
    const { name, skipped } = json.shadows[0]
    return { versions, shadow: { name, isFull: skipped >= 4 * users.length - 16 } }
  }
  // The shadow hangs: it has as many copies as it may, and gets no more.
  await expect.poll(counted, { timeout: 10_000 }).toMatchObject({
    versions: expect.arrayContaining([
      expect.objectContaining({ name: 'champion', version: '1', errors: 0 }),
      expect.objectContaining({ name: 'champion', version: '3', errors: 0 }),
      expect.objectContaining({ name: 'challenger', version: '2', errors: 0 }),
    ]),
    shadow: { name: 'hung', isFull: true },
  })

  await stopServer()
  expect(await askAll()).toEqual(promoted)
  const challenger = promoted.find(({ variant }) => variant === 'challenger')
  await world.restartServer()
  const only = [{ name: 'champion', uri: 'models:/fraud/Production', weight: 1 }]
  const body = { model: 'fraud', variants: only }
  await world.server.call('PUT', '/api/v1/deployments/ab', body)
  await serving.until('ab is at revision 3')
  expect(new Set((await askAll()).map(({ version }) => version))).toEqual(new Set(['3']))
  await untilEnded(challenger?.pid ?? 0)

  // A variant that follows something else answers with what it has until that is ready.
  const [other] = only.map((variant) => ({ ...variant, uri: 'models:/fraud/1' }))
  await world.server.call('PUT', '/api/v1/deployments/ab', { model: 'fraud', variants: [other] })
  const statuses = new Set<number>()
  for (let version = ''; version !== '1'; ) {
    const { status, json } = await serving.score()
    statuses.add(status)
    version = json.version
  }
  expect(statuses).toEqual(new Set([200]))

  // Whoever may write a deployment of another model does not get the traffic of this one by its name.
  await world.server.post('registered-models/create', { name: 'churn' })
  await world.server.call('DELETE', '/api/v1/deployments/ab')
  const churn = [{ name: 'champion', uri: 'models:/churn/Production', weight: 1 }]
  await world.server.call('PUT', '/api/v1/deployments/ab', { model: 'churn', variants: churn })
  await serving.stop()
  serving = await serve('--deployment', 'ab')
  await serving.untilLive('1')
  expect(await serving.score()).toMatchObject({ status: 200, json: { version: '1' } })
  const { err } = await serving.stop()
  expect(err).toContain("it is of model 'churn' by now, and this process serves 'fraud'")
}, 60_000)

test('deployments are written, weighed, listed and deleted from the command line', async () => {
  const { app, call, createModel } = await registryServer()
  await createModel('fraud')
  const ask = programAt(app)
  const file = join(await temporaryFolder(), 'ab.json')
  const variants = ['a', 'b'].map((name, i) => ({ name, uri: `models:/fraud/${i + 1}`, weight: 1 }))
  await writeFile(file, JSON.stringify({ model: 'fraud', variants }))
  expect(await ask(['deployments', 'set', 'ab', file])).toMatchObject({
    code: 0,
    out: 'ab is at revision 1: a=1, b=1\n',
  })
  expect(await ask(['deployments', 'weights', 'ab', 'b=3'])).toMatchObject({
    code: 0,
    out: 'ab is at revision 2: a=1, b=3\n',
  })
  expect(await ask(['deployments', 'weights', 'ab', 'c=3'])).toMatchObject({
    code: 1,
    err: "gatehouse: 'c=3' is no weight; give e.g. a=90\n",
  })
  expect(JSON.parse((await ask(['deployments', 'show', 'ab'])).out)).toMatchObject({ revision: 2 })
  expect((await ask(['deployments', 'list', 'fraud'])).out).toContain('a=1, b=3')
  expect((await ask(['deployments', 'outcomes', 'ab'])).out).toBe('no outcomes\n')
  const items = ['a', 'b'].flatMap((variant, i) =>
    Array.from({ length: 20 }, (_, n) => ({
      request_id: `${Date.now().toString(36)}-${i}${String(n).padStart(12, '0')}000-1-2-0-${variant}`,
      name: 'converted',
      value: n < 4 * (i + 1) ? 1 : 0,
    })),
  )
  await call('POST', '/api/v1/deployments/ab/outcomes', { items })
  expect((await ask(['deployments', 'outcomes', 'ab', '--since', '1h'])).out).toBe(
    [
      'OUTCOME    VARIANT  VERSIONS  COUNT  MEAN  95% INTERVAL',
      'converted  a        0         20     0.2   [0.08066, 0.416]',
      'converted  b        0         20     0.4   [0.2188, 0.6134]',
      'converted: b - a = 0.2 [-0.08195, 0.4445], p = 0.1675 (two-proportion z-test)',
      '',
    ].join('\n'),
  )
  expect((await ask(['deployments', 'stats', 'ab'])).out).toBe(
    'nothing was counted within that time\n',
  )
  const { id } = (await call('GET', '/api/v1/deployments/ab')).json
  const item = { kind: 'variant', name: 'a', version: 0, requests: 8, errors: 2, refused: 1 }
  const report = { deployment: id, reporter: 'r', sequence: 1 }
  const counts = [{ ...item, latencies: { 95: 8 } }]
  await call('POST', '/api/v1/deployments/ab/counts', { ...report, items: counts })
  expect((await ask(['deployments', 'stats', 'ab', '--window', '5m'])).out).toMatch(
    /^NAME .*\na +8 +25\.0% +1 +10\.3 ms/,
  )
  const steps = [{ weight: 20, minutes: 5 }, { weight: 100 }]
  const canary = { ...variants[1], weight: 0, steps }
  await writeFile(file, JSON.stringify({ model: 'fraud', variants: [variants[0], canary] }))
  const moved = []
  for (const words of [
    ['set', 'ab', file],
    ['pause', 'ab'],
    ['resume', 'ab'],
    ['promote', 'ab'],
  ]) {
    moved.push((await ask(['deployments', ...words, '--reason', 'as agreed'])).out)
  }
  expect(moved).toEqual([
    ...[3, 4, 5].map((revision) => `ab is at revision ${revision}: a=80, b=20\n`),
    'ab is at revision 6: a=0, b=100\n',
  ])
  expect((await ask(['deployments', 'delete', 'ab'])).code).toBe(0)
  expect((await ask(['deployments', 'list', 'fraud'])).out).toBe('no deployments of fraud\n')
})
