import { expect, test } from 'vitest'
import { listGuardedVersions } from '../../../src/governance/moves/guarded-versions.ts'
import { collectGarbage } from '../../../src/registry/collect-garbage.ts'
import { person } from '../../support/accounts.ts'
import { governedServer } from '../../support/governed-server.ts'

test('the run of a version in a guarded stage outlives a purge, and goes when the policy does', async () => {
  const server = await governedServer()
  const { platform, admin, mlflow, policy, pass } = server
  const asAnn = server.as(person('ann'))
  const guarded = await server.version(asAnn, 'fraud')
  const free = await server.version(asAnn, 'fraud')
  const { post } = mlflow(asAnn)
  const move = { name: 'fraud', version: guarded.version, stage: 'Production' }
  await post('model-versions/transition-stage', move)
  await policy('p', { approvals: { required: 1, from: ['group:reviewers'] } })
  for (const { runId } of [guarded, free])
    await mlflow(admin).post('runs/delete', { run_id: runId })
  pass(1000)
  const purge = async () => {
    const collector = { ...platform, dryRun: false, graceMs: 0 }
    await collectGarbage(collector, platform.now(), await listGuardedVersions(platform.db))
  }
  const isThere = async (runId: string) =>
    (await mlflow(admin).get(`runs/get?run_id=${runId}`)).status === 200
  await purge()
  expect([await isThere(guarded.runId), await isThere(free.runId)]).toEqual([true, false])
  await admin('DELETE', '/api/v1/policies/p')
  await purge()
  expect(await isThere(guarded.runId)).toBe(false)
})
