import { expect, test } from 'vitest'
import { hubServer, refusalOf } from './hub-server.ts'

async function threeVersions() {
  const server = await hubServer()
  const one = await server.seal('fraud', { MLmodel: 'one', 'data/model.bin': 'x' })
  const two = await server.seal('fraud', { MLmodel: 'two', 'data/model.bin': 'x' })
  const three = await server.seal('fraud', { MLmodel: 'one', 'data/model.bin': 'x' })
  await server.transition('fraud', '2', 'Production')
  await server.post('registered-models/alias', { name: 'fraud', alias: 'champion', version: '1' })
  const shaOf = async (revision: string) =>
    (await server.hubJson(`/api/models/default/fraud/revision/${revision}`)).sha
  return { ...server, one, two, three, shaOf }
}

test('a revision is a stage, an alias, a number, a commit or a whole digest', async () => {
  const { one, two, three, shaOf } = await threeVersions()
  expect(one.commit).toBe(three.commit)
  expect(one.commit).toMatch(/^[0-9a-f]{40}$/)
  for (const name of ['Production', 'production', 'main', '2', 'v2', two.commit]) {
    expect(await shaOf(name)).toBe(two.commit)
  }
  for (const name of ['champion', 'refs%2Fheads%2Fchampion', 'refs%2Ftags%2Fv1', one.commit]) {
    expect(await shaOf(name)).toBe(one.commit)
  }
  for (const name of ['latest', '3', 'V3']) expect(await shaOf(name)).toBe(three.commit)
})

test('what no revision is says RevisionNotFound, and nothing in Production is no main', async () => {
  const { hub, transition } = await threeVersions()
  await transition('fraud', '2', 'Archived')
  const wrong = [
    'main',
    'Production',
    'Nowhere',
    '0',
    '4',
    'a'.repeat(40),
    '9'.repeat(30),
    '%20',
    'x%2Fy',
    '@',
  ]
  for (const name of wrong) {
    const res = await hub(`/api/models/default/fraud/revision/${name}`)
    expect(refusalOf(res), name).toEqual([404, 'RevisionNotFound'])
  }
  const main = await hub('/api/models/default/fraud')
  expect(refusalOf(main)).toEqual([404, 'RevisionNotFound'])
  expect(main.headers.get('x-error-message')).toContain('nothing in Production; name a revision')
})

test('the commit of another model is no revision of this one', async () => {
  const { hub, seal } = await threeVersions()
  const other = await seal('other', { MLmodel: 'other' })
  const res = await hub(`/api/models/default/fraud/revision/${other.commit}`)
  expect(refusalOf(res)).toEqual([404, 'RevisionNotFound'])
})

test('a version that is not sealed has no files, and a deleted one is gone', async () => {
  const { hub, createVersion, del } = await threeVersions()
  await createVersion('fraud', 's3://bucket/elsewhere')
  const unsealed = await hub('/default/fraud/resolve/4/MLmodel')
  expect(refusalOf(unsealed)).toEqual([404, 'RevisionNotFound'])
  expect(unsealed.headers.get('x-error-message')).toContain('version 4 is not sealed')
  await del('model-versions/delete', { name: 'fraud', version: '3' })
  expect(refusalOf(await hub('/default/fraud/resolve/3/MLmodel'))).toEqual([
    404,
    'RevisionNotFound',
  ])
})

test('refs and commits name the sealed versions', async () => {
  const { hubJson, one, two, three } = await threeVersions()
  const { branches, tags } = await hubJson('/api/models/default/fraud/refs')
  const heads = Object.fromEntries(
    branches.map((ref: { name: string; targetCommit: string }) => [ref.name, ref.targetCommit]),
  )
  expect(heads).toEqual({ Production: two.commit, main: two.commit, champion: one.commit })
  expect(tags.map(({ ref }: { ref: string }) => ref)).toEqual([
    'refs/tags/v3',
    'refs/tags/v2',
    'refs/tags/v1',
  ])
  const commits = await hubJson('/api/models/default/fraud/commits/main')
  expect(commits.map(({ id, title }: { id: string; title: string }) => [id, title])).toEqual([
    [two.commit, 'version 2'],
    [one.commit, 'version 1'],
  ])
  expect(three.version).toBe('3')
})
