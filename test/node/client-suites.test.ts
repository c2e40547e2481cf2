import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

test('every file of client tests belongs to a suite', async () => {
  const suites = await readFile('test/runner/suites.ts', 'utf8')
  const named = [...suites.matchAll(/'([^'\n]+)'/g)].map(([, name = '']) => name)
  const files = (await readdir('test/clients', { recursive: true })).filter((path) =>
    /(^|\/)test_\w+\.py$/.test(path),
  )
  expect(files.length).toBeGreaterThan(10)
  const inSuite = (path: string) =>
    named.some((name) => path === name || path.startsWith(`${name}/`))
  expect(files.filter((path) => !inSuite(path))).toEqual([])
})
