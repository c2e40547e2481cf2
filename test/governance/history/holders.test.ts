import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { person } from '../../support/accounts.ts'
import { appOf } from '../../support/app.ts'
import { Clock } from '../../support/clock.ts'
import { governedServer } from '../../support/governed-server.ts'
import { registryServer } from '../../support/registry-server.ts'

describe('who holds a stage', () => {
  test('is told with who asked, who approved, the request, the run and its data', async () => {
    const { as, admin, mlflow, version, policy } = await governedServer()
    const made = await version(admin, 'fraud')
    await mlflow(admin).post('runs/log-inputs', {
      run_id: made.runId,
      datasets: [
        {
          dataset: { name: 'txns', digest: 'd1', source_type: 's3', source: 's3://b/txns' },
          tags: [{ key: 'mlflow.data.context', value: 'training' }],
        },
      ],
    })
    await policy('two-eyes', { approvals: { required: 1, from: ['group:risk'] } })
    const ana = as({ ...person('ana'), isAdmin: true })
    const opened = await ana('POST', '/api/v1/promotions', {
      model: 'fraud',
      version: '1',
      to: { stage: 'Production' },
    })
    const rita = as(person('rita', { groups: ['risk'] }))
    const request = `/api/v1/promotions/${opened.json.id}`
    await rita('POST', `${request}/reviews`, { decision: 'approve' })
    expect((await rita('POST', `${request}/merge`)).json.status).toBe('merged')
    const { json } = await ana('GET', '/api/v1/models/fraud/stages/production')
    expect(json).toMatchObject({
      model: 'fraud',
      model_now: 'fraud',
      stage: 'Production',
      items: [
        {
          version: '1',
          since: {
            requested_by: { name: 'ana', kind: 'user', verified: true },
            moved_by: { name: 'rita', groups: ['risk'] },
            approved_by: ['rita'],
            promotion_id: opened.json.id,
          },
          source: 's3://b/m',
          run_id: made.runId,
          datasets: [{ name: 'txns', digest: 'd1', source_type: 's3', context: 'training' }],
        },
      ],
    })
  })

  test('is told page by page', async () => {
    const { createModel, createVersion, call } = await registryServer()
    await createModel('m')
    for (let i = 0; i < 3; i++) await createVersion('m')
    const path = '/api/v1/models/m/stages/none?max_results=2'
    const first = await call('GET', path)
    expect(first.json.items.map(({ version }: { version: string }) => version)).toEqual(['3', '2'])
    const rest = await call('GET', `${path}&page_token=${first.json.next_page_token}`)
    expect(rest.json.items.map(({ version }: { version: string }) => version)).toEqual(['1'])
    expect(rest.json.next_page_token).toBeUndefined()
    const foreign = await call('GET', `${path}&at=1&page_token=${first.json.next_page_token}`)
    expect(foreign.status).toBe(400)
  })

  test('of which nothing is known is refused with what to do', async () => {
    const { createModel, call } = await registryServer()
    await createModel('m')
    const refused = async (path: string) => {
      const { status, json } = await call('GET', `/api/v1/models/${path}`)
      return [status, json.error_code, json.message]
    }
    expect(await refused('nope/stages/Production')).toEqual([
      404,
      'RESOURCE_DOES_NOT_EXIST',
      'Registered Model with name=nope not found',
    ])
    expect((await refused('m/stages/nope')).slice(0, 2)).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    expect((await refused('m/stages/Production?at=yesterday'))[2]).toBe(
      "Invalid value 'yesterday' for 'at': use Unix milliseconds, or ISO 8601 such as 2026-08-01T12:00:00Z",
    )
    expect((await refused('m/stages/Production?at=999999999999999'))[2]).toContain('future')
    expect((await refused('m/stages/Production?at=2001-01-01T00:00:00Z'))[0]).toBe(404)
    expect((await refused('m/aliases/latest'))[0]).toBe(400)
    expect((await refused('m/aliases/a%20b'))[0]).toBe(400)
    expect((await refused('m/stages/Production?at=1&at=2'))[0]).toBe(400)
  })
})

describe('who held a stage', () => {
  test('is told of a stage that has been removed since, and of a renamed and a deleted model', async () => {
    let clock = 1_764_000_000_000
    const { createModel, createVersion, transition, post, del, call } = await registryServer({
      now: () => clock,
    })
    const list = (await call('GET', '/api/v1/stages')).json.items
    await call('PUT', '/api/v1/stages', { items: [...list, { name: 'Canary', exclusive: true }] })
    await createModel('m')
    await createVersion('m')
    await transition('m', '1', 'canary')
    clock += 1000
    await transition('m', '1', 'Archived')
    await call('PUT', '/api/v1/stages', { items: list })
    await post('registered-models/rename', { name: 'm', new_name: 'n' })
    const at = new Date(1_764_000_000_000).toISOString()
    for (const name of ['m', 'n']) {
      const { json } = await call('GET', `/api/v1/models/${name}/stages/CANARY?at=${at}`)
      expect(json).toMatchObject({
        model: 'm',
        model_now: 'n',
        stage: 'Canary',
        items: [{ version: '1', since: { at: 1_764_000_000_000 } }],
      })
    }
    await del('registered-models/delete', { name: 'n' })
    const { json } = await call('GET', `/api/v1/models/m/stages/Canary?at=${at}`)
    expect([json.model, json.model_now, json.items.length]).toEqual(['m', undefined, 1])
  })

  test('before the audit log began is told as far as the audit log knows', async () => {
    const begin = 1_764_000_000_000
    const { platform, call } = await registryServer({ now: () => begin + 5000 })
    await platform.db.batch({
      model: sql`insert into registered_models (workspace, name, created_at_ms, updated_at_ms)
        values ('default', 'old', 1, 1)`,
      entries: sql`insert into audit_entries (workspace, at_ms, actor, action, registered_model, model, version,
          is_prompt, after, request_id)
        select 'default', ${begin}, '{"name":"gatehouse","kind":"service","verified":true,"groups":[]}',
          e.value ->> 0, m.id, 'old', e.value ->> 1, 0, e.value ->> 2, 'test'
        from registered_models m join json_each(${JSON.stringify([
          ['registered_model.recorded', null, '{}'],
          [
            'model_version.recorded',
            1,
            '{"stage":"Production","source":"s3://b/m","aliases":["champion"]}',
          ],
        ])}) e where m.name = 'old' order by e.key`,
    })
    for (const place of ['stages/Production', 'aliases/champion']) {
      const path = `/api/v1/models/old/${place}`
      const { json } = await call('GET', `${path}?at=${begin + 1}`)
      expect(json.recorded_since).toBe(begin)
      expect(json.items).toEqual([{ version: '1', source: 's3://b/m', datasets: [] }])
      const before = await call('GET', `${path}?at=${begin - 1}`)
      expect([before.status, before.json.message]).toEqual([
        400,
        "The audit log of 'old' begins at 2025-11-24T16:00:00.000Z and cannot tell what was at 2025-11-24T15:59:59.999Z",
      ])
    }
  })

  test('is for those who may read the model that it was', async () => {
    const { admin, mlflow, version, platform } = await governedServer()
    const settings = {
      ...platform.settings,
      auth: true,
      defaultPermission: 'NO_PERMISSIONS' as const,
    }
    const closed = (isAdmin: boolean) => {
      const principal = { ...person('eve'), isAdmin }
      const app = appOf(() => ({ ...platform, settings }), principal)
      return async (path: string) => (await app.request(path)).status
    }
    await version(admin, 'fraud')
    const at = platform.now()
    const path = '/api/v1/models/fraud/stages/None'
    expect([await closed(false)(path), await closed(false)(`${path}?at=${at}`)]).toEqual([403, 403])
    await mlflow(admin).post('registered-models/rename', { name: 'fraud', new_name: 'secret' })
    expect(await closed(false)(`${path}?at=${at}`)).toBe(403)
    await mlflow(admin).del('registered-models/delete', { name: 'secret' })
    expect(await closed(false)(`${path}?at=${at}`)).toBe(403)
    expect(await closed(true)(`${path}?at=${at}`)).toBe(200)
  })
})

describe('when versions were in stages', () => {
  test('is told for each time, the last first, page by page where one move changed several', async () => {
    const clock = new Clock()
    const { createModel, createVersion, transition, call } = await registryServer({
      now: clock.now,
    })
    await createModel('m')
    for (let i = 0; i < 4; i++) await createVersion('m')
    const move = async (version: string, stage: string, archive = false) => {
      clock.pass(1000)
      const options = { archive_existing_versions: archive }
      expect((await transition('m', version, stage, options)).status).toBe(200)
      return clock.now()
    }
    const [one, two] = [await move('1', 'Production'), await move('2', 'Production')]
    const three = await move('3', 'Production', true)
    const [staged, back] = [await move('4', 'Staging'), await move('1', 'Production')]
    const path = '/api/v1/models/m/stage-spans'
    const { json } = await call('GET', path)
    const spans = [
      { version: '1', stage: 'Production', from: back },
      { version: '4', stage: 'Staging', from: staged },
      { version: '3', stage: 'Production', from: three },
      { version: '2', stage: 'Production', from: two, until: three },
      { version: '1', stage: 'Production', from: one, until: three },
    ]
    expect(json).toEqual({ items: spans })
    expect((await call('GET', `${path}?stage=staging`)).json.items).toEqual([spans[1]])
    // Both went to Archived by one entry.
    const archived = await call('GET', `${path}?stage=Archived&max_results=1`)
    const token = `page_token=${archived.json.next_page_token}`
    const rest = await call('GET', `${path}?stage=Archived&max_results=1&${token}`)
    expect([archived, rest].map((page) => page.json.items)).toEqual([
      [{ version: '2', stage: 'Archived', from: three }],
      [{ version: '1', stage: 'Archived', from: three, until: back }],
    ])
    expect(rest.json.next_page_token).toBeUndefined()
    expect((await call('GET', `${path}?${token}`)).status).toBe(400)
    expect((await call('GET', `${path}?stage=nope`)).status).toBe(400)
    expect((await call('GET', '/api/v1/models/nope/stage-spans')).status).toBe(404)
  })
})
