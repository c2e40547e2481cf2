import { testServer } from './server.ts'

/** A server with what most tests of the registry start from. */
export async function registryServer(...overrides: Parameters<typeof testServer>) {
  const server = await testServer(...overrides)
  const { post, get } = server
  return {
    ...server,
    createModel: (name: string, more: object = {}) =>
      post('registered-models/create', { name, ...more }),
    getModel: (name: string) => get(`registered-models/get?name=${encodeURIComponent(name)}`),
    createVersion: (name: string, source = 's3://bucket/model', more: object = {}) =>
      post('model-versions/create', { name, source, ...more }),
    getVersion: (name: string, version: number | string) =>
      get(`model-versions/get?name=${encodeURIComponent(name)}&version=${version}`),
    byAlias: (name: string, alias: string) =>
      get(`registered-models/alias?name=${name}&alias=${encodeURIComponent(alias)}`),
    downloadUri: (name: string, version: number | string) =>
      get(`model-versions/get-download-uri?name=${name}&version=${version}`),
    transition: (name: string, version: string, stage: string, more: object = {}) =>
      post('model-versions/transition-stage', { name, version, stage, ...more }),
    /** A run of a new experiment, and where its artifacts are. */
    async createRun() {
      const experiment = await post('experiments/create', { name: `e-${crypto.randomUUID()}` })
      const run = await post('runs/create', {
        experiment_id: experiment.json.experiment_id,
        start_time: 1,
      })
      const { run_id: runId, artifact_uri: root } = run.json.run.info
      return {
        runId: String(runId),
        root: String(root),
        experimentId: experiment.json.experiment_id,
      }
    },
    /** Uploads a file through the artifact proxy. @param uri `mlflow-artifacts:/...` */
    async upload(uri: string, body: string) {
      const path = uri.replace('mlflow-artifacts:/', '/api/2.0/mlflow-artifacts/artifacts/')
      const res = await server.app.request(path, { method: 'PUT', body })
      if (res.status !== 200) throw new Error(`upload answered ${res.status}`)
    },
    async download(uri: string) {
      const path = uri.replace('mlflow-artifacts:/', '/api/2.0/mlflow-artifacts/artifacts/')
      const res = await server.app.request(path)
      return { status: res.status, text: await res.text() }
    },
  }
}

/** Sixteen of something at once. */
export function sixteen<T>(make: (i: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: 16 }, (_, i) => make(i)))
}
