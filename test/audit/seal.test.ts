import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { sealEntries } from '../../src/audit/seal.ts'
import { verifyStoredChain } from '../../src/audit/verify.ts'
import { registryServer, sixteen } from '../support/registry-server.ts'

test('two sealers and sixteen writers at once make one chain without a gap', async () => {
  const { platform, createModel, createVersion, transition } = await registryServer()
  await createModel('m')
  const writing = sixteen(async (i) => {
    await createVersion('m')
    await createModel(`m${i}`)
    await transition('m', '1', i % 2 ? 'Staging' : 'Production')
  })
  let isWriting = true
  const sealer = async () => {
    while (isWriting) await sealEntries(platform)
  }
  const sealing = [sealer(), sealer()]
  await writing
  isWriting = false
  await Promise.all(sealing)
  await Promise.all([sealEntries(platform), sealEntries(platform)])
  expect(await verifyStoredChain(platform, undefined)).toMatchObject({
    ok: true,
    entries: 49,
    sealed: 49,
  })
})

test('an entry that is missing in front of others stops the chain there and is told', async () => {
  const { platform, createModel } = await registryServer()
  const { db } = platform
  for (const name of ['a', 'b', 'c']) await createModel(name)
  await db.batch({
    auditEntriesNoDelete: sql`drop trigger audit_entries_no_delete`,
    auditEntries: sql`delete from audit_entries where seq = 2`,
  })
  await expect(sealEntries(platform)).rejects.toThrow('audit entry 2 is missing')
  expect(await db.all(sql`select seq from audit_seals`)).toEqual([{ seq: 1 }])
  expect(await verifyStoredChain(platform, undefined)).toMatchObject({
    ok: false,
    entries: 1,
    seq: 2,
    problem: 'missing',
  })
})

test('more entries than one batch holds are sealed in one call, large ones too', async () => {
  const { platform, createModel, post } = await registryServer()
  await createModel('m')
  await platform.db.batch({
    auditEntries: sql`insert into audit_entries (workspace, at_ms, actor, action, is_prompt, request_id)
      with recursive n (i) as (select 1 union all select i + 1 from n where i < 700)
      select 'default', i, '{"name":"x"}', 'request.refused', 0, 'r' from n`,
  })
  for (let i = 0; i < 30; i++) {
    const description = String(i).repeat(50_000)
    await post('registered-models/set-tag', { name: 'm', key: 'k', value: description })
  }
  await sealEntries(platform)
  expect(await verifyStoredChain(platform, undefined)).toMatchObject({ ok: true, sealed: 731 })
})
