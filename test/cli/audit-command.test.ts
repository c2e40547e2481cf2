import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { startServer, temporaryFolder } from '../support/gatehouse-process.ts'
import { runHere as run } from '../support/program.ts'

let folder: string
let file: string
let lines: string[]
let head: string

const verify = (...args: string[]) => run(['audit', 'verify', ...args])
const json = async (...args: string[]) => {
  const { code, out, err } = await verify(...args, '--json')
  expect(err).toBe('')
  return { code, ...JSON.parse(out) }
}

/** Write these lines as an export of their own. */
async function tampered(name: string, changed: readonly string[]): Promise<string> {
  const path = join(folder, `${name}.jsonl`)
  await writeFile(path, changed.map((line) => `${line}\n`).join(''))
  return path
}

/** A record of five entries, sealed by the server that made it, exported after it ended. */
beforeAll(async () => {
  folder = await temporaryFolder()
  const server = await startServer(folder)
  await server.post('registered-models/create', { name: 'm' })
  await server.post('model-versions/create', { name: 'm', source: 's3://bucket/m' })
  const tag = { name: 'm', key: 'k', value: 'line\u2028separator' }
  await server.post('registered-models/set-tag', tag)
  for (const stage of ['Staging', 'Production']) {
    await server.post('model-versions/transition-stage', { name: 'm', version: '1', stage })
  }
  expect(await server.stop()).toMatchObject({ code: 0, err: '' })
  file = join(folder, 'export.jsonl')
  const { out } = await run(['audit', 'export', '--data', folder])
  await writeFile(file, out)
  lines = out.trimEnd().split('\n')
  head = (await run(['audit', 'head', '--data', folder])).out.trim()
}, 60_000)

describe('gatehouse audit', () => {
  test('a server that was told to stop has sealed what it recorded', async () => {
    const { code, out } = await verify('--data', folder, '--json')
    expect([code, JSON.parse(out)]).toEqual([0, { ok: true, entries: 5, sealed: 5, head }])
  })

  test('list shows the newest entries, one line each, of what was asked', async () => {
    const { code, out } = await run([
      ...['audit', 'list', '--data', folder, '--model', 'm', '--version', '1', '--limit', '2'],
    ])
    expect(code).toBe(0)
    const shown = out.trimEnd().split('\n')
    expect(shown).toHaveLength(2)
    expect(shown[0]).toMatch(
      /^5 {2}20[\d-]+ [\d:]+ {2}anonymous \(not verified\) moved m version 1 from Staging to Production$/,
    )
    const set = ['audit', 'list', '--data', folder, '--action', 'registered_model.tag_set', '--utc']
    expect((await run(set)).out).toMatch(
      /^3 {2}20[\d-]+ [\d:]+Z {2}anonymous \(not verified\) set the tag k of the model m to line\\u2028separator\n$/,
    )
    const moves = await run(['audit', 'list', '--data', folder, '--group', 'moves', '--json'])
    expect(JSON.parse(moves.out).map(({ seq }: { seq: number }) => seq)).toContain(5)
    expect(JSON.parse(moves.out).map(({ seq }: { seq: number }) => seq)).not.toContain(3)
    const none = await run(['audit', 'list', '--data', folder, '--model', 'nobody'])
    expect(none.out).toBe('no entries in the audit log\n')
    const tags = await run([
      ...['audit', 'list', '--data', folder, '--action', 'registered_model.tag_set', '--json'],
    ])
    expect(JSON.parse(tags.out)).toMatchObject([
      { seq: 3, after: { value: 'line\u2028separator' } },
    ])
  })

  test('times are moments, or so long ago, and nothing else', async () => {
    const list = (...args: string[]) => run(['audit', 'list', '--data', folder, '--json', ...args])
    expect(JSON.parse((await list('--since', '2020-01-01')).out)).toHaveLength(5)
    expect(JSON.parse((await list('--until', '1500000000000')).out)).toEqual([])
    expect(JSON.parse((await list('--since', '-1d')).out)).toHaveLength(5)
    expect(JSON.parse((await list('--since=-1d', '--until', 'yesterday')).out)).toEqual([])
    const bad = await list('--since', 'May 5')
    expect([bad.code, bad.err]).toEqual([
      1,
      `gatehouse: 'May 5' is no time; give a date, 2026-08-01T12:00Z, -7d, "yesterday 9:00" in UTC, or Unix milliseconds\n`,
    ])
  })

  test('a time as commands print it, in the zone of the reader, is not taken for one in UTC', async () => {
    const { code, err } = await run([
      ...['audit', 'list', '--data', folder, '--since', '2026-11-24 12:00:00'],
    ])
    expect([code, err]).toEqual([
      1,
      "gatehouse: '2026-11-24 12:00:00' names no offset; 2026-11-24T12:00:00.000Z is that in UTC\n",
    ])
  })

  test('export writes CSV too, and verify says that it cannot verify that', async () => {
    const { out } = await run(['audit', 'export', '--data', folder, '--format', 'csv'])
    expect(out.split('\r\n')).toHaveLength(7)
    const csv = join(folder, 'export.csv')
    await writeFile(csv, out)
    expect(await verify(csv)).toMatchObject({
      code: 1,
      err: expect.stringContaining('only one as JSON Lines can be verified'),
    })
  })
})

describe('an export is verified from the file alone:', () => {
  test('a whole one is sound, and comes to the head that was kept', async () => {
    expect(await json(file, '--head', head)).toEqual({
      ...{ code: 0, ok: true, entries: 5, sealed: 5, head, head_seq: 5 },
    })
    const { code, out } = await verify(file)
    expect(code).toBe(0)
    expect(out).toContain(`ok: 5 entries, 5 of them sealed, head ${head}`)
    expect(out).toContain('without --head')
  })

  test('a head of earlier vouches for what was there then', async () => {
    const earlier = JSON.parse(lines[2] ?? '').chain_hash
    expect(await json(file, '--head', earlier)).toMatchObject({ ok: true, head_seq: 3 })
    expect((await verify(file, '--head', earlier)).out).toContain('up to 3 alone')
  })

  test.each<[string, (lines: string[]) => string[], number, string]>([
    ['an edited entry', (all) => all.with(2, edit(all[2], 'separator', 'x')), 3, 'changed'],
    ['an edited time', (all) => all.with(4, edit(all[4], '"at":', '"at":1')), 5, 'changed'],
    ['a key that stands twice', (all) => all.with(1, edit(all[1], '{', '{"seq":2,')), 2, 'changed'],
    ['a line cut short', (all) => all.with(4, all[4]?.slice(0, 90) ?? ''), 5, 'changed'],
    ['an empty line', (all) => all.toSpliced(3, 0, ''), 4, 'changed'],
    ['a removed entry', (all) => all.toSpliced(1, 1), 2, 'missing'],
    ['a removed first entry', (all) => all.slice(1), 1, 'missing'],
    ['an entry that is there twice', (all) => all.toSpliced(2, 0, all[1] ?? ''), 2, 'inserted'],
    [
      'an entry that nobody sealed',
      (all) => [...all.slice(0, 2), unsealed(all[2]), ...all.slice(3)],
      3,
      'inserted',
    ],
    [
      'an inserted entry, with those behind it numbered anew',
      (all) => [...all.slice(0, 2), ...[all[1], ...all.slice(2)].map((line) => shifted(line, 1))],
      3,
      'changed',
    ],
    [
      'a removed entry, numbered over',
      (all) => [...all.slice(0, 3), shifted(all[4], -1)],
      4,
      'changed',
    ],
    [
      'two that changed places',
      (all) => all.with(1, all[2] ?? '').with(2, all[1] ?? ''),
      2,
      'missing',
    ],
  ])('%s is found', async (name, change, seq, problem) => {
    const path = await tampered(name.replaceAll(/\W/g, '-'), change(lines))
    expect(await json(path)).toMatchObject({ code: 1, ok: false, seq, problem })
    expect((await verify(path)).out).toContain(`entry ${seq} is ${problem}`)
  })

  test('one that is cut off, or empty, is found by its head', async () => {
    const cut = await tampered('cut', lines.slice(0, 4))
    expect(await json(cut)).toMatchObject({ code: 0, ok: true, entries: 4 })
    expect(await json(cut, '--head', head)).toMatchObject({ code: 1, seq: 5, problem: 'missing' })
    const empty = await tampered('empty', [])
    expect(await json(empty, '--head', head)).toMatchObject({ code: 1, seq: 1, problem: 'missing' })
  })

  test('one whose entries are not sealed yet comes to the head that they get', async () => {
    const path = await tampered(
      'unsealed',
      lines.with(3, unsealed(lines[3])).with(4, unsealed(lines[4])),
    )
    expect(await json(path, '--head', head)).toMatchObject({ ok: true, entries: 5, sealed: 3 })
  })

  test('a file that is not there, and a head that is none, are one clear line', async () => {
    expect(await verify(join(folder, 'none'))).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^gatehouse: cannot read .*none: ENOENT\n$/),
    })
    expect(await verify(file, '--head', 'abc')).toMatchObject({
      code: 1,
      err: "gatehouse: 'abc' is no head; give sha256: and 64 hex digits\n",
    })
  })
})

function edit(line: string | undefined, from: string, to: string): string {
  return (line ?? '').replace(from, to)
}

function unsealed(line: string | undefined): string {
  return (line ?? '').replace(/,"chain_hash":"[^"]*"/, '')
}

function shifted(line: string | undefined, by: number): string {
  const entry = JSON.parse(line ?? '')
  return JSON.stringify({ ...entry, seq: entry.seq + by })
}
