import { expect, test } from 'vitest'
import { startServer, temporaryFolder } from '../../support/gatehouse-process.ts'

test('what a request began and nobody waited for fails without the server', async () => {
  const data = await temporaryFolder()
  // Within the server alone, and not within what bundles it first.
  const rejecting =
    "if (process.argv.includes('--port')) setTimeout(() => Promise.reject(new Error('too late')), 3000)"
  const server = await startServer(data, [], {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(rejecting)}`,
  })
  await server.post('registered-models/create', { name: 'm' })
  for (const query of ['bundles=x', 'attestations=-1', 'bundles=1&bundles=2']) {
    const { status } = await fetch(`${server.url}/models/m/99/proof?${query}`)
    expect([query, status]).toEqual([query, 400])
  }
  await new Promise((done) => setTimeout(done, 3500))
  expect((await fetch(`${server.url}/health`)).status).toBe(200)
  const { code, err } = await server.stop()
  expect([code, err]).toEqual([0, expect.stringContaining('too late')])
}, 60_000)
