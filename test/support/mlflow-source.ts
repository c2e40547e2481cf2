import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a source answers, by the end of the path. */
type Answers = Readonly<Record<string, unknown>>

/** A server that may be an MLflow or may lie: `answers` are JSON by path, or listeners. What is not in it is empty. */
export async function startSource(answers: Answers) {
  const asked: string[] = []
  const server = createServer((req, res) => {
    asked.push(req.url ?? '')
    const path = new URL(req.url ?? '', 'http://source').pathname
    const [, answer = {}] = Object.entries(answers).find(([end]) => path.endsWith(end)) ?? []
    if (typeof answer === 'function') (answer as RequestListener)(req, res)
    else res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const stop = () => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${port}`, asked, stop, [Symbol.dispose]: stop }
}

export function sourceExperiment(id: string, more: object = {}) {
  return {
    experiment_id: id,
    name: `of ${id}`,
    artifact_location: `mlflow-artifacts:/${id}`,
    ...more,
  }
}

export function sourceRun(digit: string, experimentId: string, more: object = {}) {
  const run_id = digit.repeat(32)
  const artifact_uri = `mlflow-artifacts:/${experimentId}/${run_id}/artifacts`
  return {
    info: { run_id, experiment_id: experimentId, run_name: 'r', artifact_uri, ...more },
    data: { metrics: [], params: [{ key: 'a', value: '1' }], tags: [] },
  }
}
