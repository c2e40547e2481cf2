import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { sealEntries } from '../../../src/audit/seal.ts'
import { verifyStoredChain } from '../../../src/audit/verify.ts'
import { migrate } from '../../../src/db/migrate.ts'
import { migrations } from '../../../src/db/migrations.ts'
import { LibsqlFile } from '../../../src/platform/node/libsql/libsql-file.ts'
import { sha256 } from '../../../src/platform/node/sha256.ts'

test('what was there before the audit log is in it: each model, and each version with stage and aliases', async () => {
  const db = new LibsqlFile(':memory:')
  const first = migrations.findIndex(({ name }) => name === '0001_audit.sql')
  await migrate(db, migrations.slice(0, first))
  await db.batch({
    registeredModels: sql`insert into registered_models values (7, 'default', 'm', 'ada', 'd', null, 10, 20),
      (8, 'default', 'p', null, null, null, 11, 21)`,
    registeredModelTags: sql`insert into registered_model_tags values (7, 'team', 'risk'), (8, 'mlflow.prompt.is_prompt', 'True')`,
    manifests: sql`insert into manifests (id, digest, key, created_at_ms, file_count, size_bytes)
      select 1, 'sha256:d', 'k', 1, 0, 0`,
    modelVersions: sql`insert into model_versions values
      (1, 7, 3, 'ada', '', 'Production', 's3://b/m', 's3://b/m', 'r1', '', null, 'READY', null, 1, 12, 22)`,
    aliases: sql`insert into aliases values (7, 'champion', 3), (7, 'best', 3)`,
    modelVersionTags: sql`insert into model_version_tags values (1, 'k', 'v')`,
  })
  const before = Date.now()
  await migrate(db, migrations)
  const entries = await db.all<{ after: string; at_ms: number }>(
    sql`select seq, action, registered_model, model, version, is_prompt, json_extract(actor, '$.name') as actor,
      json_extract(actor, '$.kind') as kind, after, at_ms from audit_entries order by seq`,
  )
  const by = { actor: 'gatehouse', kind: 'service', at_ms: expect.any(Number) }
  expect(entries.map((entry) => ({ ...entry, after: JSON.parse(entry.after) }))).toEqual([
    {
      ...by,
      ...{ seq: 1, action: 'registered_model.recorded', registered_model: 7, model: 'm' },
      ...{ version: null, is_prompt: 0 },
      after: {
        ...{ description: 'd', deployment_job_id: null, tags: { team: 'risk' } },
        ...{ created_at: 10, updated_at: 20 },
      },
    },
    {
      ...by,
      ...{ seq: 2, action: 'registered_model.recorded', registered_model: 8, model: 'p' },
      ...{ version: null, is_prompt: 1 },
      after: expect.objectContaining({ description: null }),
    },
    {
      ...by,
      ...{ seq: 3, action: 'model_version.recorded', registered_model: 7, model: 'm' },
      ...{ version: 3, is_prompt: 0 },
      after: {
        ...{ stage: 'Production', source: 's3://b/m', run_id: 'r1', model_id: null },
        ...{ description: '', tags: { k: 'v' }, aliases: ['best', 'champion'], digest: 'sha256:d' },
        ...{ created_at: 12, updated_at: 22 },
      },
    },
  ])
  expect(Math.abs((entries[0]?.at_ms ?? 0) - before)).toBeLessThan(60_000)
  await sealEntries({ db, sha256 })
  expect(await verifyStoredChain({ db, sha256, now: Date.now }, undefined)).toMatchObject({
    ok: true,
    sealed: 3,
  })
})
