import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { chainStart, hashLink } from '../../src/audit/chain.ts'
import { sealEntries } from '../../src/audit/seal.ts'
import { encodePageToken } from '../../src/core/page-token.ts'
import { hashJson } from '../../src/platform/hash.ts'
import { person } from '../support/accounts.ts'
import { appOf } from '../support/app.ts'
import { client } from '../support/client.ts'
import { guardedModel } from '../support/guarded-model.ts'
import { registryServer } from '../support/registry-server.ts'

const api = '/api/v1/audit'

type Entry = Record<string, unknown> & { seq: number; action: string; hash: string }

/** A record of eight entries: two models, `m` with two versions, of which one was moved and named. */
async function auditServer() {
  let now = 1_790_000_000_000
  const server = await registryServer({ now: () => now++ })
  const { createModel, createVersion, transition, post, call, platform } = server
  await createModel('m', { tags: [{ key: '__proto__', value: 'x\u2028y' }] })
  await createModel('=n')
  await createVersion('m')
  await createVersion('m')
  await transition('m', '1', 'Production')
  await transition('m', '2', 'Production', { archive_existing_versions: true })
  await post('registered-models/alias', { name: 'm', alias: 'champion', version: '2' })
  await post('registered-models/set-tag', { name: '=n', key: 'k', value: '\n@cmd' })
  return {
    ...server,
    audit: (query = '') => call('GET', `${api}${query}`),
    exported: async (query = '') => {
      const res = await server.app.request(`${api}/export${query}`)
      return { text: await res.text(), headers: res.headers }
    },
    seal: () => sealEntries(platform),
    /** As who holds the database might. */
    tamper: async (statement: ReturnType<typeof sql>) => {
      const names = ['update', 'delete', 'replace']
      const drops = ['entries', 'seals'].flatMap((table) =>
        names.map((name) => sql.raw(`drop trigger audit_${table}_no_${name}`)),
      )
      await platform.db.batch({ drops, statement })
    },
  }
}

describe('the audit log', () => {
  test('is listed newest first, each entry as it was recorded', async () => {
    const { app, audit, createModel } = await auditServer()
    await createModel('by')
    const ada = client(app, { 'user-agent': 'test/1', 'x-gatehouse-actor': 'ada' })
    const made = await ada.post('registered-models/create', { name: 'mine', description: 'd' })
    const { json } = await audit('?max_results=2')
    expect(json.items.map((entry: Entry) => [entry.seq, entry.model])).toEqual([
      [10, 'mine'],
      [9, 'by'],
    ])
    expect(json.items[0]).toEqual({
      seq: 10,
      at: expect.any(Number),
      actor: { name: 'ada', kind: 'anonymous', verified: false, groups: [] },
      action: 'registered_model.created',
      model: 'mine',
      after: { description: 'd', deployment_job_id: null, tags: {} },
      request_id: made.headers.get('x-request-id'),
      user_agent: 'test/1',
      hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    })
    const moved = (await audit('?model=m&version=2&action=model_version.transitioned')).json.items
    expect(moved).toMatchObject([
      {
        version: '2',
        before: { stage: 'None' },
        after: { stage: 'Production', archived: ['1'] },
      },
    ])
  })

  test('comes in pages that have every entry once, while more is recorded', async () => {
    const { audit, createModel } = await auditServer()
    const seqs: number[] = []
    let token = ''
    do {
      const { json } = await audit(`?max_results=3${token && `&page_token=${token}`}`)
      seqs.push(...json.items.map((entry: Entry) => entry.seq))
      token = json.next_page_token ?? ''
      if (seqs.length === 3) await createModel('later')
    } while (token)
    expect(seqs).toEqual([8, 7, 6, 5, 4, 3, 2, 1])
  })

  test.each([
    ['?model=m', [7, 6, 5, 4, 3, 1]],
    ['?model=m&version=1', [5, 3]],
    ['?model=%3Dn', [8, 2]],
    ['?model=none', []],
    ['?actor=anonymous', [8, 7, 6, 5, 4, 3, 2, 1]],
    ['?actor=bob', []],
    ['?action=model_version.created', [4, 3]],
    ['?action=model_version.created&model=m&version=2', [4]],
    ['?until=1790000000000', []],
    ['?since=9000000000000', []],
    ['?since=0&until=9000000000000&action=model_version.alias_set', [7]],
    ['?group=moves', [7, 6, 5]],
    ['?group=moves&max_results=2', [7, 6]],
    ['?group=moves&version=1&model=m', [5]],
    ['?group=models', [8, 4, 3, 2, 1]],
    ['?group=moves&action=model_version.alias_set', [7]],
    ['?group=moves&action=model_version.created', []],
    ['?group=refused', []],
  ])('%s finds entries %j', async (query, seqs) => {
    const { audit } = await auditServer()
    expect((await audit(query)).json.items.map((entry: Entry) => entry.seq)).toEqual(seqs)
  })

  test('since is a time of an entry itself, until is not', async () => {
    const { audit } = await auditServer()
    const [, second] = (await audit()).json.items.reverse()
    const between = (since: number, until: number) => audit(`?since=${since}&until=${until}`)
    expect((await between(second.at, second.at + 1)).json.items).toEqual([second])
    expect((await between(second.at - 1, second.at)).json.items).toEqual([])
  })

  test.each([
    '?max_results=0',
    '?max_results=1001',
    '?version=1',
    '?model=m&version=x',
    '?model=',
    '?action=model_version.flown',
    '?group=flights',
    '?since=yesterday',
    '?until=-1',
    '?actr=bob',
    '?actor=a&actor=b',
    '?page_token=x',
    `?page_token=${encodePageToken(['audit', {}], ['x'])}`,
    '/export?format=xml',
    '/export?page_token=x',
    '/verify?head=sha256:1',
    '/verify?model=m',
  ])('%s is refused', async (query) => {
    const { audit } = await auditServer()
    const { status, json } = await audit(query)
    expect([status, json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
  })

  test('of a group comes in pages, and as a file from its oldest entry on', async () => {
    const { audit, exported } = await auditServer()
    const first = await audit('?group=moves&max_results=2')
    const rest = await audit(`?group=moves&max_results=2&page_token=${first.json.next_page_token}`)
    expect(rest.json.items.map((entry: Entry) => entry.seq)).toEqual([5])
    const { text } = await exported('?group=moves')
    const seqs = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).seq)
    expect(seqs).toEqual([5, 6, 7])
    const other = await audit(`?group=models&page_token=${first.json.next_page_token}`)
    expect(other.status).toBe(400)
  })

  test('is closed to who has no right to it, on every path', async () => {
    const { platform } = await auditServer()
    const settings = { ...platform.settings, auth: true }
    const app = appOf(() => ({ ...platform, settings }), person('eve'))
    for (const path of ['', '?model=m', '/export', '/export?model=m', '/head', '/verify']) {
      expect([path, (await app.request(api + path)).status]).toEqual([path, 403])
    }
  })
})

describe('an export', () => {
  test('as JSON Lines has every entry in order, with hashes that anybody can compute', async () => {
    const { audit, exported, seal, platform } = await auditServer()
    await seal()
    const { text, headers } = await exported()
    expect(headers.get('content-type')).toBe('application/x-ndjson')
    expect(headers.get('content-disposition')).toBe('attachment; filename="audit.jsonl"')
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const listed = (await audit()).json.items.reverse()
    let chain = chainStart
    for (const [i, { chain_hash, ...entry }] of lines.entries()) {
      expect(entry).toEqual(listed[i])
      const { hash, ...hashed } = entry
      expect(hash).toBe(await hashJson(platform, hashed))
      chain = await hashLink(platform, chain, hash)
      expect(chain_hash).toBe(chain)
    }
    expect((await audit('/head')).json).toEqual({ seq: 8, head: chain })
  })

  test('has no chain hash where an entry is not sealed yet', async () => {
    const { exported } = await auditServer()
    const lines = (await exported('?action=model_version.alias_set')).text.trimEnd().split('\n')
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).not.toHaveProperty('chain_hash')
  })

  test('as CSV has a line for each entry, and no cell that a spreadsheet would run', async () => {
    const { exported, call } = await auditServer()
    await call('POST', '/api/2.0/mlflow/model-versions/create', { name: '=n', source: 's3://b/m' })
    const { text, headers } = await exported('?format=csv&model=%3Dn')
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    const [head, ...lines] = text.trimEnd().split('\r\n')
    expect(head).toMatch(/^seq,at,actor,.*,hash,chain_hash$/)
    expect(lines).toHaveLength(3)
    expect(lines[0]).toMatch(/^2,2026-\d\d-\d\dT[\d:.]+Z,anonymous,anonymous,false,\[\],/)
    expect(lines[0]).toContain(`,"'=n",`)
    expect(lines[1]).toContain(`"{""key"":""k"",""value"":""\\n@cmd""}"`)
  })

  test('has the approvers of a move with their accounts, in either form', async () => {
    const { platform, policy, signedOff, admin } = await guardedModel()
    await policy('p', { stage: 'Production' })
    await signedOff('1', 'Production')
    const { request } = appOf(() => platform, admin.principal)
    const exported = async (format: string) =>
      (await request(`${api}/export?format=${format}&action=model_version.transitioned`)).text()
    const { approved_by, approvers } = JSON.parse(await exported('jsonl'))
    expect([approved_by, approvers]).toEqual([
      ['rita'],
      [{ name: 'rita', account: expect.stringMatching(/^\d+$/) }],
    ])
    const [head = '', line] = (await exported('csv')).split('\r\n')
    expect(head).toContain(',approved_by,approvers,')
    const cells = [approved_by, approvers].map(
      (value) => `"${JSON.stringify(value).replaceAll('"', '""')}"`,
    )
    expect(line).toContain(`,${cells.join(',')},`)
  })

  test('of 2,000 entries comes whole, in pieces', async () => {
    const { exported, platform, app } = await auditServer()
    await platform.db.all(
      sql`insert into audit_entries (workspace, at_ms, actor, action, is_prompt, request_id)
        with recursive n (i) as (select 1 union all select i + 1 from n where i < 2000)
        select 'default', i, '{"name":"x"}', 'request.refused', 0, 'r' from n`,
    )
    const { body } = await app.request(`${api}/export`)
    let pieces = 0
    for await (const _ of body as unknown as AsyncIterable<Uint8Array>) pieces++
    expect(pieces).toBeGreaterThan(5)
    expect((await exported()).text.trimEnd().split('\n')).toHaveLength(2008)
  })
})

describe('verify', () => {
  test('finds a sound record sound, sealed or not, empty or not', async () => {
    const { audit, seal } = await auditServer()
    expect((await audit('/verify')).json).toEqual({
      ok: true,
      entries: 8,
      sealed: 0,
      head: chainStart,
    })
    await seal()
    const { head } = (await audit('/head')).json
    expect((await audit('/verify')).json).toEqual({ ok: true, entries: 8, sealed: 8, head })
    expect((await audit(`/verify?head=${head}`)).json).toMatchObject({ ok: true, head_seq: 8 })
    const empty = await registryServer()
    expect((await empty.call('GET', `${api}/verify`)).json).toMatchObject({ ok: true, entries: 0 })
    expect((await empty.call('GET', `${api}/head`)).json).toEqual({ seq: 0, head: chainStart })
  })

  test.each([
    ['an edited entry', sql`update audit_entries set after = '{}' where seq = 3`, 3, 'changed'],
    ['another actor', sql`update audit_entries set actor = '"x"' where seq = 3`, 3, 'changed'],
    ['what is no JSON', sql`update audit_entries set after = '{' where seq = 8`, 8, 'changed'],
    ['an edited hash', sql`update audit_seals set entry_hash = 'x' where seq = 4`, 4, 'changed'],
    ['an edited chain', sql`update audit_seals set chain_hash = 'x' where seq = 4`, 4, 'changed'],
    ['a removed entry', sql`delete from audit_entries where seq = 5`, 5, 'missing'],
    ['a removed last entry', sql`delete from audit_entries where seq = 8`, 8, 'missing'],
    ['a removed end', sql`delete from audit_entries where seq > 2`, 3, 'missing'],
    ['a removed beginning', sql`delete from audit_entries where seq < 3`, 1, 'missing'],
    ['an entry without its seal', sql`delete from audit_seals where seq = 6`, 6, 'inserted'],
    [
      'an entry in front of all',
      sql`insert into audit_entries (seq, workspace, at_ms, actor, action, is_prompt, request_id)
        values (0, 'default', 1, '{}', 'request.refused', 0, 'r')`,
      0,
      'inserted',
    ],
    [
      'two entries that changed places',
      sql`update audit_entries set seq = case seq when 3 then -4 else -3 end where seq in (3, 4)`,
      -4,
      'inserted',
    ],
  ])('finds %s', async (_what, statement, seq, problem) => {
    const { audit, seal, tamper } = await auditServer()
    await seal()
    await tamper(statement)
    expect((await audit('/verify')).json).toMatchObject({ ok: false, seq, problem })
  })

  test('finds an unsealed last entry that was removed', async () => {
    const { audit, tamper } = await auditServer()
    await tamper(sql`delete from audit_entries where seq = 8`)
    expect((await audit('/verify')).json).toMatchObject({ ok: false, seq: 8, problem: 'missing' })
  })

  test('finds a chain that was made anew, by a head that was kept elsewhere', async () => {
    const { audit, seal, tamper, platform } = await auditServer()
    await seal()
    const { head } = (await audit('/head')).json
    await tamper(sql`update audit_entries set reason = 'never mind' where seq = 3`)
    await platform.db.all(sql`delete from audit_seals`)
    await seal()
    expect((await audit('/verify')).json).toMatchObject({ ok: true, sealed: 8 })
    expect((await audit(`/verify?head=${head}`)).json).toMatchObject({
      ok: false,
      problem: 'missing',
    })
  })
})
