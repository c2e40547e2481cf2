import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { readGroups } from '../../src/access/sign-in/claims.ts'
import { guardedModel } from '../support/guarded-model.ts'

describe('no list that decides is cut', () => {
  test('policies beyond the 500th hold, and who manages some models fills the list for nobody else', async () => {
    const { admin, member, move, ann, policy, platform } = await guardedModel()
    const mallory = await member('mallory')
    const grant = { principal: 'mallory', action: 'manage_policies', models: 'mallory-*' }
    await admin.call('POST', '/api/v1/grants', grant)
    const put = (name: string) =>
      mallory.call('PUT', `/api/v1/policies/${name}`, {
        applies_to: { models: 'mallory-*', stage: 'Production' },
      })
    expect((await put('a')).status).toBe(200)
    // As if by 499 more calls.
    const numbers = sql`(with recursive n (i) as (select 1 union all select i + 1 from n where i < 499)
      select i from n)`
    await platform.db.all(sql`insert into policies (workspace, name, revision, document, updated_at_ms)
      select workspace, 'a' || i, 1, document, 1 from policies, ${numbers} where name = 'a'`)
    await platform.db.all(sql`insert into policy_revisions (policy, revision, document, author, at_ms)
      select p.id, 1, p.document, r.author, 1 from policies p, policy_revisions r
      where p.name like 'a_%' and r.revision = 1`)
    const refused = await put('b')
    expect([refused.status, refused.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    expect(refused.json.message).toContain('500 policies')
    expect((await put('a')).status).toBe(200)
    expect((await policy('production-sign-off', { stage: 'Production' })).status).toBe(200)
    expect((await move(ann, '1', 'Production')).status).toBe(403)
    const listed = await admin.call('GET', '/api/v1/policies')
    expect(listed.json.items).toHaveLength(501)
  })

  test('an expression sees the tag that comes after a thousand others', async () => {
    const { policy, move, ann, platform } = await guardedModel()
    await policy(
      'p',
      { stage: 'Production' },
      {
        approvals: {},
        gates: [{ name: 'g', type: 'expression', expression: '!("zz" in candidate.tags)' }],
      },
    )
    const numbers = (count: number) =>
      sql`(with recursive n (i) as (select 1 union all select i + 1 from n where i < ${count})
        select i from n)`
    await platform.db.all(sql`insert into model_version_tags (model_version, key, value)
      select v.id, 'a' || i, '' from model_versions v, ${numbers(1200)} where v.version = 1`)
    await ann.post('model-versions/set-tag', { name: 'fraud', version: '1', key: 'zz', value: '' })
    const refused = await move(ann, '1', 'Production')
    expect([refused.status, refused.json.message]).toEqual([
      403,
      expect.stringContaining('does not hold'),
    ])
    // A list too long to go through is not cut: the gate that needs it fails.
    await platform.db.all(sql`insert into model_version_tags (model_version, key, value)
      select v.id, 'a' || i, '' from model_versions v, ${numbers(10_001)} where v.version = 2`)
    expect((await move(ann, '2', 'Production')).json.message).toContain('more than 10000 tags')
    expect((await move(ann, '3', 'Production')).status).toBe(200)
  })

  test('every group that a token claims counts', () => {
    const groups = Array.from({ length: 300 }, (_, i) => `g${i}`)
    expect(readGroups({ claim: 'groups', map: undefined }, { groups })).toEqual(groups)
  })
})
