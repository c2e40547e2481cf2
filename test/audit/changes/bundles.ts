import type { Examples } from './example.ts'

/** Release bundles, and the key that signs them. */
export const bundleChanges: Examples = {
  'v1 createBundle': async ({ call, createModel, createRun, createVersion, upload }) => {
    await createModel('m')
    const { root, runId } = await createRun()
    await upload(`${root}/model/weights.bin`, 'w')
    await createVersion('m', `${root}/model`, { run_id: runId })
    await call('POST', '/api/v1/keys/renew')
    return () => call('POST', '/api/v1/models/m/versions/1/bundles')
  },
  'v1 renewKey': async ({ call }) => {
    return () => call('POST', '/api/v1/keys/renew')
  },
}
