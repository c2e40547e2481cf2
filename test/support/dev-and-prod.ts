import { expect } from 'vitest'
import { basic, client, serverAt } from './client.ts'
import { startServer, temporaryFolder } from './gatehouse-process.ts'

export const password = 'a password of the tests'
const files = '/api/2.0/mlflow-artifacts/artifacts'
export type DevAndProd = Awaited<ReturnType<typeof startDevAndProd>>

/** Two real servers: an open one, and one with access control. */
export async function startDevAndProd() {
  const dev = await startServer(await temporaryFolder())
  const prod = await startServer(await temporaryFolder(), ['--auth'], {
    GATEHOUSE_ADMIN_PASSWORD: password,
  })
  const root = client(serverAt(prod.url), { authorization: basic('admin', password) })
  return {
    dev,
    prod,
    /** The administrator of the second one. */
    root,
    async stop() {
      await dev.stop()
      await prod.stop()
    },
    /** Version 1 of a new model at the first one, of a run with a metric, a param, and these files. */
    async register(name: string, contents: Readonly<Record<string, Buffer>>) {
      const made = await dev.post('experiments/create', { name: `study-${name}` })
      const { experiment_id } = made.json
      const of = { experiment_id, run_name: 'tuned', start_time: 1 }
      const { run_id, artifact_uri } = (await dev.post('runs/create', of)).json.run.info
      await dev.post('runs/log-batch', {
        run_id,
        metrics: [{ key: 'accuracy', value: 0.93, timestamp: 5, step: 0 }],
        params: [{ key: 'depth', value: '7' }],
        tags: [{ key: 'mlflow.source.git.commit', value: 'abc' }],
      })
      const dataset = { name: 'claims', digest: 'd1', source_type: 'local', source: '/claims' }
      await dev.post('runs/log-inputs', { run_id, datasets: [{ dataset, tags: [] }] })
      const folder = String(artifact_uri).replace('mlflow-artifacts:/', '')
      for (const [path, bytes] of Object.entries(contents)) {
        const url = `${dev.url}${files}/${folder}/model/${path}`
        const put = await fetch(url, { method: 'PUT', body: new Uint8Array(bytes) })
        expect(put.status).toBe(200)
      }
      await dev.post('registered-models/create', { name })
      const version = { name, source: `${artifact_uri}/model`, run_id, description: 'tuned' }
      expect((await dev.post('model-versions/create', version)).status).toBe(200)
      await dev.call('PUT', `/api/v1/models/${name}/versions/1/card`, {
        revision: 0,
        card: { intended_use: 'claims of cars' },
      })
    },
    /** A token for an account of the second one. */
    async tokenOf(user: string): Promise<string> {
      const token = await root.call('POST', '/api/v1/tokens', { name: 't', for: user })
      expect(token.status, token.text).toBe(201)
      return token.json.token
    },
  }
}
