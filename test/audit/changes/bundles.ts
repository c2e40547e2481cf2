import { signer } from '../../support/signer.ts'
import type { Examples, Server } from './example.ts'

/** Release bundles and the key that signs them, and what others signed. */
export const bundleChanges: Examples = {
  'v1 createBundle': async (server) => {
    await sealedVersion(server)
    await server.call('POST', '/api/v1/keys/renew')
    return () => server.call('POST', '/api/v1/models/m/versions/1/bundles')
  },
  'v1 renewKey':
    async ({ call }) =>
    () =>
      call('POST', '/api/v1/keys/renew'),
  'v1 addAttestation': async (server) => {
    const { call, platform } = server
    await sealedVersion(server)
    const { digest } = (await call('GET', '/api/v1/models/m/versions/1')).json
    const { pem, sign } = await signer(platform)
    await call('PUT', '/api/v1/trusted-keys/ci', { pem })
    const signed = await sign(digest, 'https://slsa.dev/provenance/v1')
    return () => call('POST', '/api/v1/models/m/versions/1/attestations', signed)
  },
  'v1 putTrustedKey': async ({ call, platform }) => {
    const { pem } = await signer(platform)
    return () => call('PUT', '/api/v1/trusted-keys/ci', { pem })
  },
  'v1 deleteTrustedKey': async ({ call, platform }) => {
    await call('PUT', '/api/v1/trusted-keys/ci', { pem: (await signer(platform)).pem })
    return () => call('DELETE', '/api/v1/trusted-keys/ci')
  },
}

async function sealedVersion({ createModel, createRun, createVersion, upload }: Server) {
  await createModel('m')
  const { root, runId } = await createRun()
  await upload(`${root}/model/weights.bin`, 'w')
  await createVersion('m', `${root}/model`, { run_id: runId })
}
