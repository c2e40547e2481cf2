/** How long it takes from a promotion to the first answer by the promoted version; a part of `npm run bench -- --serving`. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { findFreePort } from '../src/cli/serving/serve/find-free-port.ts'
import type { BenchServer } from './servers.ts'

const switches = 20
const model = 'promoted'
const scorer = new URL('../test/support/serving/light-scorer.ts', import.meta.url).pathname
const gatehouse = new URL('../bin/gatehouse', import.meta.url).pathname

async function post<T>(server: BenchServer, path: string, body: object): Promise<T> {
  const res = await fetch(`${server.url}/api/2.0/mlflow/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!res.ok) throw new Error(await res.text())
  // Of this server, whose answers have the shapes that it is asked for.
  return (await res.json()) as T
}

/** A sealed version of the light scorer. */
async function addVersion(server: BenchServer): Promise<void> {
  const created = await post<{ run: { info: { run_id: string; artifact_uri: string } } }>(
    server,
    'runs/create',
    { experiment_id: '0', start_time: 1 },
  )
  const { run_id, artifact_uri } = created.run.info
  const path = artifact_uri.replace('mlflow-artifacts:', '/api/2.0/mlflow-artifacts/artifacts')
  await fetch(`${server.url}${path}/m/behaviour.json`, {
    method: 'PUT',
    body: `{"of": "${run_id}"}`,
  })
  await post(server, 'model-versions/create', { name: model, source: `runs:/${run_id}/m`, run_id })
}

const promote = (server: BenchServer, version: string) =>
  post(server, 'model-versions/transition-stage', {
    ...{ name: model, version, stage: 'Production', archive_existing_versions: true },
  })

/** Until `url` is answered by the version, asked again and again. */
async function untilAnsweredBy(url: string, version: string): Promise<void> {
  for (const begun = performance.now(); performance.now() - begun < 60_000; await wait(2)) {
    const res = await fetch(`${url}/invocations`, { method: 'POST', body: '{}' }).catch(
      () => undefined,
    )
    await res?.arrayBuffer()
    if (res?.ok && res.headers.get('x-gatehouse-model-version') === version) return
  }
  throw new Error(`version ${version} does not answer`)
}

async function timeOf(act: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await act()
  return performance.now() - begun
}

/** From the start of the scorer by itself to its first `/ping`. */
async function startOfScorer(folder: string): Promise<number> {
  const port = await findFreePort()
  const child = spawn(process.execPath, [scorer, folder, String(port)], { stdio: 'ignore' })
  const took = await timeOf(async () => {
    for (;;) {
      const res = await fetch(`http://127.0.0.1:${port}/ping`).catch(() => undefined)
      if (res?.ok) return
      await wait(2)
    }
  })
  child.kill()
  return took
}

/** Promote versions of a scorer that is served, and print how long it took until they answered. */
export async function measurePromotions(server: BenchServer, folder: string): Promise<void> {
  await post(server, 'registered-models/create', { name: model })
  for (let i = 0; i < 4; i++) await addVersion(server)
  await promote(server, '1')
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  const command = `exec ${process.execPath} ${scorer} {model_uri} {port}`
  const serving = spawn(
    gatehouse,
    [
      ...['serve', `models:/${model}/Production`, '--server', server.url, '--port', `${port}`],
      ...['--folder', join(folder, 'promoted'), '--scorer-command', command],
    ],
    { stdio: 'ignore' },
  )
  try {
    await untilAnsweredBy(url, '1')
    const own = await startOfScorer(folder)
    const to = (version: string) =>
      timeOf(() => Promise.all([promote(server, version), untilAnsweredBy(url, version)]))
    const started = [await to('2'), await to('3'), await to('4')]
    const standing: number[] = []
    for (let i = 0; i < switches; i++) {
      // Watchers look twice a second: a promotion comes at any moment between.
      await wait(500 + ((i * 137) % 500))
      standing.push(await to(i % 2 === 0 ? '3' : '4'))
    }
    const sorted = standing.toSorted((a, b) => a - b)
    const ms = (value: number | undefined) => `${(value ?? 0).toFixed(0)} ms`
    console.log(
      `promotion to first answer: ${started.map(ms).join(', ')} where it has to be started, which takes the scorer ${ms(own)} by itself; ` +
        `of ${switches} where it stands by, half within ${ms(sorted[switches / 2])}, all within ${ms(sorted.at(-1))}`,
    )
  } finally {
    serving.kill()
  }
}
