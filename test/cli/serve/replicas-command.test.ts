import { expect, test } from 'vitest'
import { programAt } from '../../support/program.ts'
import { registryServer } from '../../support/registry-server.ts'

test('replicas lists what runs where and what is wrong with it, and lineage who serves a version', async () => {
  const { app, call, createModel, createVersion, transition } = await registryServer()
  const ask = programAt(app)
  await createModel('fraud')
  for (let i = 0; i < 2; i++) await createVersion('fraud')
  await transition('fraud', '2', 'Production')
  expect((await ask(['replicas', 'fraud'])).out).toBe('no process has said that it serves fraud\n')
  const live = { digest: `sha256:${'0'.repeat(64)}`, at: 0 }
  const uri = 'models:/fraud/Production'
  for (const [host, more] of [
    ['good', { live: { ...live, version: 2 } }],
    ['late', { live: { ...live, version: 1 } }],
    ['broken', { failed: { version: 2, message: 'it ended with 1\u001b[31m' } }],
  ] as const) {
    await call('POST', '/api/v1/serving/replicas', { replica: `r-${host}`, uri, host, ...more })
  }
  const { out } = await ask(['replicas', 'fraud'])
  const cells = out.split('\n').map((line) => line.split(/ {2,}/))
  expect(cells.map(([host, , , runs, should, , problem]) => [host, runs, should, problem])).toEqual(
    [
      ['HOST', 'RUNS', 'SHOULD RUN', 'PROBLEM'],
      ['good', '2', '2', undefined],
      ['late', '1', '2', 'runs another version'],
      ['broken', 'nothing', '2', '2 does not come up: it ended with 1\\u001b[31m'],
      ['', undefined, undefined, undefined],
    ],
  )
  const lineage = await ask(['lineage', 'fraud', '2'])
  expect(lineage.out).toContain('served by good for models:/fraud/Production')
})
