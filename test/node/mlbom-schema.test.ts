import { Spec, Validation } from '@cyclonedx/cyclonedx-library'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { cardServer, fullCard } from '../support/card-server.ts'

const specs = { '1.6': Spec.Version.v1dot6, '1.7': Spec.Version.v1dot7 }

type Send = Awaited<ReturnType<typeof cardServer>>['send']

/** What CycloneDX's own validator finds wrong, in each version of the form. */
async function problemsOf(send: Send, model: string) {
  const found: unknown[] = []
  for (const [spec, version] of Object.entries(specs)) {
    const path = `/api/v1/models/${model}/versions/1/mlbom.json?spec=${spec}`
    const res = await send('GET', path)
    expect(res.status).toBe(200)
    const validator = new Validation.JsonStrictValidator(version)
    found.push(await validator.validate(await res.text()))
  }
  return found
}

test('CycloneDX finds nothing wrong with an ML-BOM, be it rich, bare or of 2,000 files', async () => {
  const server = await cardServer()
  const { send, seal, createModel, createVersion, putCard } = server
  for (const model of ['rich', 'bare', 'many']) await createModel(model)
  await seal('rich', { 'requirements.txt': 'numpy==2.0.0\nnumpy==2.0.0\nnot a package at all\n' })
  await putCard('rich', { revision: 0, card: fullCard })
  await createVersion('bare')
  const { root, runId } = await server.createRun()
  await server.upload(`${root}/model/0.bin`, 'x')
  // As if each had been uploaded by itself.
  await server.platform.db.all(sql`with recursive numbers(n) as (
      select 1 union all select n + 1 from numbers where n < 1999)
    insert into artifact_files (workspace, path, blob, updated_at_ms)
    select workspace, replace(path, '0.bin', n || '.bin'), blob, updated_at_ms
    from artifact_files, numbers where path like '%/model/0.bin'`)
  const many = await createVersion('many', `${root}/model`, { run_id: runId })
  expect(many.status).toBe(200)
  for (const model of ['rich', 'bare', 'many']) {
    expect(await problemsOf(send, model)).toEqual([null, null])
  }
})

test("CycloneDX's validator finds what is wrong", async () => {
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6)
  const wrong = { bomFormat: 'CycloneDX', specVersion: '1.6', components: [{ type: 'model' }] }
  expect(await validator.validate(JSON.stringify(wrong))).not.toBeNull()
})
