import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startServer, temporaryFolder } from '../support/gatehouse-process.ts'
import { runHere as run } from '../support/program.ts'

test('stages are listed, added, set and removed on the database, as JSON and in words', async () => {
  const data = await temporaryFolder()
  await (await startServer(data)).stop()
  const stages = (...args: string[]) => run(['stages', ...args, '--data', data])
  expect((await stages('list')).out).toBe('None\nStaging\nProduction\nArchived\n')
  const added = await stages(
    ...['add', 'Canary', '--exclusive', '--from', 'staging, None', '--after', 'staging'],
  )
  expect(added.out.split('\n')[2]).toBe(
    'Canary (one version of a model; entered from Staging, None)',
  )
  const twice = await stages('add', 'canary')
  expect(twice.err).toMatch(
    /^gatehouse: working on the database .*\ngatehouse: there is a stage 'canary' already\n$/,
  )
  const list = join(data, 'stages.json')
  await writeFile(list, (await stages('list', '--json')).out.replace('Canary', 'Shadow'))
  expect((await stages('set', list)).out).toContain('Shadow (one version')
  expect((await stages('remove', 'shadow', '--json')).out).toBe(
    `${JSON.stringify({ items: ['None', 'Staging', 'Production', 'Archived'].map((name) => ({ name, exclusive: false })) })}\n`,
  )
  const refused = [
    await stages('remove', 'nope'),
    await stages('remove', 'Production'),
    await stages('add', 'x', '--after', 'nope'),
    await stages('set', join(data, 'nope.json')),
  ]
  for (const { code, err } of refused) {
    const [, why, ...more] = err.includes('working on') ? err.trim().split('\n') : ['', err]
    expect([code, more]).toEqual([1, []])
    expect(why).toMatch(/^gatehouse: /)
  }
}, 60_000)

test('a rollback is one command, on a running server', async () => {
  const server = await startServer(await temporaryFolder())
  await server.post('registered-models/create', { name: 'm' })
  for (const version of ['1', '2']) {
    await server.post('model-versions/create', { name: 'm', source: 's3://b/m' })
    await server.post('model-versions/transition-stage', {
      name: 'm',
      version,
      stage: 'Production',
      archive_existing_versions: true,
    })
  }
  const rollback = (...args: string[]) =>
    run(['rollback', 'm', '--stage', 'production', '--server', server.url, ...args])
  expect((await rollback('--reason', 'wrong answers')).out).toBe(
    'm: version 1 is in Production; archived: 2\n',
  )
  expect((await rollback('--reason', 'x')).err).toMatch(/^gatehouse: No version of 'm'/)
  const forth = await rollback('--reason', 'a mistake', '--to', '2', '--json')
  expect(JSON.parse(forth.out)).toMatchObject({ model_version: { version: '2' }, replaced: ['1'] })
  expect((await rollback()).code).toBe(1)
  await server.stop()
}, 60_000)
