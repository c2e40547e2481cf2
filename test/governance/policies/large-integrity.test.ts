import { expect, test } from 'vitest'
import { putFile } from '../../../src/artifacts/files.ts'
import { systemContext } from '../../../src/platform/context.ts'
import { readAsked } from '../../../src/registry/files/verify-slowly.ts'
import { person } from '../../support/accounts.ts'
import { governedServer } from '../../support/governed-server.ts'

const gates = [{ name: 'intact', type: 'integrity' }]
/** One more than a request reads. */
const count = 401
const move = { name: 'fraud', version: '1', stage: 'Production' }

async function* bytes(text: string): AsyncIterable<Uint8Array> {
  yield new TextEncoder().encode(text)
}

/** A version of more files than a request reads again, under a policy. */
async function largeVersion(policy: object) {
  const s = await governedServer()
  const ann = s.as(person('ann', { isAdmin: true }))
  const { post } = s.mlflow(ann)
  await post('registered-models/create', { name: 'fraud' })
  const made = await post('runs/create', { experiment_id: '0', start_time: 1 })
  const { run_id, artifact_uri } = made.json.run.info
  const ctx = systemContext(s.platform)
  const root = `${artifact_uri.replace('mlflow-artifacts:/', '')}/model`
  for (let i = 0; i < count; i++) await putFile(ctx, `${root}/f${i}`, { body: bytes(`file ${i}`) })
  await post('model-versions/create', { name: 'fraud', source: `${artifact_uri}/model`, run_id })
  await s.policy('p', { gates, ...policy })
  const read = (filesMax = 1000) => readAsked(s.platform, { forMs: 60_000, filesMax })
  return { ...s, ann, post, read }
}

test('a version of many files is read in the background, and moves once they were what was sealed', async () => {
  const { post, read, ann, pass } = await largeVersion({})
  const refused = await post('model-versions/transition-stage', move)
  expect([refused.status, refused.json.message]).toEqual([
    403,
    expect.stringContaining(`0 of ${count} files were read again so far`),
  ])
  await read(100)
  const seen = await ann('GET', '/api/v1/promotions/1')
  expect([seen.json.can_merge, JSON.stringify(seen.json)]).toEqual([
    false,
    expect.stringContaining(`100 of ${count} files were read again so far`),
  ])
  await read()
  expect((await ann('GET', '/api/v1/promotions/1')).json.can_merge).toBe(true)
  // What was read an hour ago does not let a version through.
  pass(3_600_001)
  const stale = await post('model-versions/transition-stage', move)
  expect([stale.status, stale.json.message]).toEqual([
    403,
    expect.stringContaining(`0 of ${count} files were read again so far`),
  ])
  await read()
  expect((await post('model-versions/transition-stage', move)).status).toBe(200)
})

test('a request that merges by itself does so once the files were read', async () => {
  const { ann, read, platform, post } = await largeVersion({ auto_promote: true })
  const { sweepPromotions } = await import('../../../src/governance/upkeep/sweep.ts')
  await post('model-versions/transition-stage', move)
  await sweepPromotions(platform)
  expect((await ann('GET', '/api/v1/promotions/1')).json.status).toBe('open')
  await read()
  await sweepPromotions(platform)
  expect((await ann('GET', '/api/v1/promotions/1')).json.status).toBe('merged')
})
