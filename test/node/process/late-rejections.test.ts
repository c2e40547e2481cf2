import { glob, readFile } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { uiRoutes } from '../../../src/ui/routes.ts'
import { appOf } from '../../support/app.ts'
import { askedWorld } from '../../ui/world.ts'

/** What stands in addresses for things that are not there, where digits are wanted and where anything is. */
const missing = (pattern: string) => (pattern.includes('0-9') ? '987' : 'gone')

/** The names that pages read from their addresses. */
async function queryNames(): Promise<string[]> {
  const names = new Set<string>()
  for await (const file of glob('src/ui/**/*.{ts,tsx}')) {
    const text = await readFile(file, 'utf8')
    for (const [, name] of text.matchAll(/(?:Query|In)\(c, '(\w+)'/g)) if (name) names.add(name)
  }
  return [...names]
}

test('no page leaves work behind that fails when nobody waits for it', async () => {
  const { platform } = await askedWorld()
  const app = appOf(() => ({ ...platform, settings: { ...platform.settings, auth: false } }))
  const late: unknown[] = []
  const note = (err: unknown) => late.push(err)
  process.on('unhandledRejection', note)
  onTestFinished(() => void process.off('unhandledRejection', note))
  const names = await queryNames()
  expect(names).toEqual(expect.arrayContaining(['after', 'bundles', 'v']))
  const paths = uiRoutes([])
    .routes.filter(({ method, path }) => method === 'GET' && !path.includes('*'))
    .map(({ path }) => path.replace(/:\w+(\{[^}]*\})?/g, missing))
  const found: string[] = []
  for (const path of new Set(paths)) {
    for (const name of names) await app.request(`${path}?${name}=1&${name}=2`)
    await setImmediate()
    if (late.length > 0) found.push(`${path}: ${late.splice(0).map(String)}`)
  }
  expect(found).toEqual([])
}, 120_000)
