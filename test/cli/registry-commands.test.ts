import { expect, test } from 'vitest'
import { programAt } from '../support/program.ts'
import { registryServer } from '../support/registry-server.ts'

/** The clock stands at 2025-11-24 16:00:00 UTC. */
async function program() {
  const server = await registryServer({ now: () => 1_764_000_000_000 })
  const ask = programAt(server.app)
  /** What it prints; that it ended well. */
  const good = async (...args: string[]) => {
    const { code, out, err } = await ask(args)
    expect([code, err]).toEqual([0, ''])
    return out
  }
  return {
    ...server,
    ask,
    good,
    json: async (...args: string[]) => JSON.parse(await good(...args, '--json')),
  }
}

test('models are made, listed, found, shown, changed, tagged, renamed and deleted', async () => {
  const { good, json, ask } = await program()
  expect(await good('models', 'list')).toBe('no registered models\n')
  expect(await json('models', 'list')).toEqual([])
  expect(
    await good('models', 'create', 'fraud', '--description', 'finds it', '--tag', 'team=risk'),
  ).toBe("made the model 'fraud'\n")
  await good('models', 'create', 'churn')
  expect(await good('models', 'list')).toBe(
    [
      'MODEL  VERSIONS  ALIASES  UPDATED              TAGS',
      'churn                     2025-11-24 16:00:00',
      'fraud                     2025-11-24 16:00:00  team=risk\n',
    ].join('\n'),
  )
  expect(await json('models', 'search', "tags.team = 'risk'")).toMatchObject([{ name: 'fraud' }])
  expect(await good('models', 'search', "name = 'nope'")).toBe(
    'no registered model fits the filter\n',
  )
  expect((await json('models', 'list', '--order-by', 'name DESC'))[0].name).toBe('fraud')
  const few = await ask(['models', 'list', '--limit', '1'])
  expect(few.err).toBe('gatehouse: there are more than these 1; raise --limit\n')
  expect(await good('models', 'show', 'fraud')).toBe(
    [
      'model        fraud',
      'description  finds it',
      'created      2025-11-24 16:00:00',
      'updated      2025-11-24 16:00:00',
      'tags         team=risk',
      'no versions\n',
    ].join('\n'),
  )
  await good('models', 'update', 'fraud', '--description', 'finds more')
  await good('models', 'tag', 'fraud', 'team=ops', 'tier=1=a')
  await good('models', 'untag', 'fraud', 'team')
  expect(await json('models', 'show', 'fraud')).toMatchObject({
    description: 'finds more',
    tags: [{ key: 'tier', value: '1=a' }],
  })
  expect(await good('models', 'rename', 'fraud', 'fraud-2')).toBe("'fraud' is called 'fraud-2'\n")
  expect(await good('models', 'delete', 'fraud-2')).toBe("deleted the model 'fraud-2'\n")
  expect(await ask(['models', 'show', 'fraud-2'])).toMatchObject({
    ...{ code: 1, out: '' },
    err: expect.stringMatching(/^gatehouse: Registered Model with name=fraud-2 not found/),
  })
})

test('versions are registered, listed, found, shown, moved, tagged and deleted', async () => {
  const { good, json, ask } = await program()
  await good('models', 'create', "o'brien")
  const create = ['versions', 'create', "o'brien", '--source', 's3://b/m']
  expect(await good(...create, '--tag', 'a=b')).toBe("registered o'brien version 1\n")
  expect(await json(...create, '--description', 'two')).toMatchObject({ version: '2' })
  const moved = await good('versions', 'move', "o'brien", '2', '--stage', 'production', '--archive')
  expect(moved).toBe("o'brien version 2 is in Production\n")
  expect(await good('aliases', 'set', "o'brien", 'champion', '2')).toBe(
    "champion points at o'brien version 2\n",
  )
  expect(await good('aliases', 'list', "o'brien")).toBe('ALIAS     VERSION\nchampion  2\n')
  expect(await json('versions', 'list', "o'brien")).toMatchObject([
    { version: '2', current_stage: 'Production', aliases: ['champion'] },
    { version: '1', tags: [{ key: 'a', value: 'b' }] },
  ])
  expect(await json('versions', 'search', "tags.a = 'b'")).toMatchObject([{ version: '1' }])
  expect(await good('versions', 'show', "o'brien", '2')).toMatch(
    /^model +o'brien\nversion +2\nstage +Production\naliases +champion\ndescription +two\n[\s\S]*files +not sealed/,
  )
  await good('versions', 'update', "o'brien", '2', '--description', 'better')
  await good('versions', 'tag', "o'brien", '2', 'x=y')
  await good('versions', 'untag', "o'brien", '2', 'x')
  expect(await json('versions', 'show', "o'brien", '2')).toMatchObject({
    description: 'better',
    tags: {},
  })
  expect(await good('versions', 'files', "o'brien", '2')).toContain('no sealed files')
  expect((await ask(['versions', 'verify', "o'brien", '2'])).code).toBe(1)
  await good('aliases', 'delete', "o'brien", 'champion')
  expect(await good('aliases', 'list', "o'brien")).toBe("o'brien has no aliases\n")
  expect(await good('versions', 'delete', "o'brien", '1')).toBe("deleted o'brien version 1\n")
})

test('sealed files are listed and verified, and damage ends with 1', async () => {
  const { good, json, ask, createRun, upload, platform } = await program()
  const { runId, root } = await createRun()
  await upload(`${root}/model/MLmodel`, 'flavors: {}\n')
  await good('models', 'create', 'm')
  await good('versions', 'create', 'm', '--source', `${root}/model`, '--run', runId)
  const [file] = await json('versions', 'files', 'm', '1')
  expect(file).toMatchObject({ path: 'MLmodel', size: 12 })
  expect(await good('versions', 'files', 'm', '1')).toContain(`12     ${file.sha256}  MLmodel\n`)
  expect(await good('versions', 'verify', 'm', '1')).toBe(
    'read 1 files of m version 1; 0 differ from what was sealed\n',
  )
  const keys: string[] = []
  for await (const { key } of platform.blobs.list('blobs/')) keys.push(key)
  await platform.blobs.delete(keys)
  const damaged = await ask(['versions', 'verify', 'm', '1'])
  expect(damaged).toMatchObject({
    code: 1,
    out: 'missing MLmodel\nread 1 files of m version 1; 1 differ from what was sealed\n',
  })
})

test('a large version is verified in parts, and goes on where an earlier run broke off', async () => {
  const server = await program()
  const { good, json, ask, call, createRun, upload, createModel, createVersion, platform } = server
  const { runId, root } = await createRun()
  for (const name of ['a', 'b', 'c']) await upload(`${root}/model/${name}`, `file ${name}`)
  await createModel('m')
  await createVersion('m', `${root}/model`, { run_id: runId })
  expect(await json('versions', 'verify', 'm', '1', '--part-bytes', '1')).toMatchObject({
    ...{ ok: true, files: 3, differing: [] },
  })
  const begun = await call('POST', '/api/v1/models/m/versions/1/verify?max_bytes=1')
  expect(await good('versions', 'verify', 'm', '1', '--from', begun.json.next_page_token)).toBe(
    'read 3 files of m version 1; 0 differ from what was sealed\n',
  )
  const foreign = await ask(['versions', 'verify', 'm', '1', '--from', 'x'])
  expect([foreign.code, foreign.out, foreign.err]).toEqual([
    1,
    '',
    expect.not.stringMatching('--from'),
  ])
  const none = await ask(['versions', 'verify', 'm', '1', '--part-bytes', 'all'])
  expect([none.code, none.err]).toEqual([1, expect.stringContaining("'all'")])

  const { blobs } = platform
  const get = blobs.get.bind(blobs)
  let reads = 0
  blobs.get = (...of) => {
    reads += 1
    return reads === 3 ? Promise.reject(new Error('the store is away')) : get(...of)
  }
  const cut = await ask(['versions', 'verify', 'm', '1', '--part-bytes', '1'])
  const [, token = ''] = /2 files were read; to go on: --from (\S+)/.exec(cut.err) ?? []
  expect([cut.code, cut.out]).toEqual([1, ''])
  reads = 3
  expect(await json('versions', 'verify', 'm', '1', '--from', token)).toMatchObject({
    ...{ ok: true, files: 3 },
  })
  expect(reads, 'no file is read twice').toBe(4)
})

test('legal holds are placed, shown and lifted', async () => {
  const { good, json, ask, createModel, createVersion } = await program()
  await createModel('m')
  await createVersion('m')
  expect((await ask(['holds', 'show', 'm', '1'])).code).toBe(1)
  expect(await good('holds', 'place', 'm', '1', '--reason', 'case 7')).toBe(
    'm version 1 is under a legal hold\n',
  )
  expect(await good('holds', 'show', 'm', '1')).toBe(
    'm version 1 is under a legal hold by anonymous since 2025-11-24 16:00:00: case 7\n',
  )
  expect(await json('holds', 'show', 'm', '1')).toMatchObject({ reason: 'case 7' })
  const own = await ask(['holds', 'lift', 'm', '1'])
  expect([own.code, own.err]).toEqual([1, expect.stringContaining('hold')])
})

test('the address of a page is printed', async () => {
  const { good, json, ask } = await program()
  expect(await good('open')).toBe('http://gatehouse.test/\n')
  expect(await good('open', 'a b')).toBe('http://gatehouse.test/models/a%20b\n')
  expect(await good('open', 'm', '3')).toBe('http://gatehouse.test/models/m/3\n')
  expect(await json('open', '--request', '24')).toEqual({
    url: 'http://gatehouse.test/promotions/24',
  })
  for (const args of [
    ['m', 'x'],
    ['m', '--request', '2'],
  ]) {
    expect((await ask(['open', ...args])).code).toBe(1)
  }
})

test('resolve says which version a URI means now', async () => {
  const { good, json, createModel, createVersion, ask } = await program()
  await createModel('fraud')
  await createVersion('fraud')
  await good('aliases', 'set', 'fraud', 'champion', '1')
  const lines = (await good('resolve', 'models:/fraud@champion')).split('\n')
  expect(lines.slice(0, 2)).toEqual([
    'fraud version 1, in None, also @champion',
    'digest  not sealed',
  ])
  expect(await json('resolve', 'models:/fraud/1')).toMatchObject({ model: 'fraud', version: '1' })
  expect(await ask(['resolve', 'models:/fraud@nope'])).toMatchObject({ code: 1, out: '' })
})

test('comments are written on a version, changed and deleted', async () => {
  const { good, json, createModel, createVersion, ask } = await program()
  await createModel('fraud')
  await createVersion('fraud')
  const { id } = await json('comments', 'create', 'fraud', '1', 'drifts in May')
  expect(await json('comments', 'update', id, 'drifts in June')).toMatchObject({
    comment: 'drifts in June',
  })
  expect(await good('comments', 'delete', id)).toBe(`deleted the comment ${id}\n`)
  expect((await ask(['comments', 'delete', id])).code).toBe(1)
})
