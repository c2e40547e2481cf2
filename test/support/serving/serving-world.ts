import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { startCommand, startServer, temporaryFolder } from '../gatehouse-process.ts'

const node = new URL('../../../bin/gatehouse-node', import.meta.url).pathname
const scorer = new URL('./light-scorer.ts', import.meta.url).pathname

export type Scored = {
  readonly status: number
  readonly header: string | null
  readonly json: {
    version: string
    pid: number
    bytes: number
    isSignedIn: boolean
    traceparent?: string
  }
}

/**
 * A real server with model `fraud`, and `gatehouse serve` as processes with a light scorer.
 *
 * @param env of all of them
 */
export async function servingWorld(env: Record<string, string> = {}) {
  const data = await temporaryFolder()
  let server = await startServer(data, [], env)
  const { port } = new URL(server.url)
  await server.post('registered-models/create', { name: 'fraud' })
  const experiment = await server.post('experiments/create', { name: 'e' })
  const { experiment_id } = experiment.json
  const folder = join(data, 'models')

  return {
    folder,
    get server() {
      return server
    },
    /** A new sealed version that starts as `behaviour` says. */
    async addVersion(behaviour: object = {}, files: Readonly<Record<string, string>> = {}) {
      const created = await server.post('runs/create', { experiment_id, start_time: 1 })
      const { run_id, artifact_uri } = created.json.run.info
      const all = { 'behaviour.json': JSON.stringify({ run_id, ...behaviour }), ...files }
      for (const [path, body] of Object.entries(all)) {
        const at = `${artifact_uri}/m/${path}`.replace(
          'mlflow-artifacts:',
          '/api/2.0/mlflow-artifacts/artifacts',
        )
        await server.call('PUT', at, body)
      }
      const source = `runs:/${run_id}/m`
      const made = await server.post('model-versions/create', { name: 'fraud', source, run_id })
      return made.json.model_version.version as string
    },
    async promote(version: string) {
      const body = { name: 'fraud', version, stage: 'Production', archive_existing_versions: true }
      const { status, text } = await server.post('model-versions/transition-stage', body)
      if (status !== 200) throw new Error(text)
    },
    /** Until the one process is listed as `wanted` says; undefined: none is. */
    async untilReported(wanted: object | undefined) {
      let items: object[] = []
      for (let i = 0; i < 200; i++) {
        items = (await server.call('GET', '/api/v1/models/fraud/serving')).json.items
        if (wanted ? fits(items[0], wanted) : items.length === 0) return
        await wait(25)
      }
      throw new Error(`${JSON.stringify(items)} is not as ${JSON.stringify(wanted)}`)
    },
    stopServer: () => server.stop('SIGKILL'),
    async restartServer() {
      server = await startServer(data, ['--port', port], env)
    },
    /** `gatehouse serve models:/fraud/Production`, once it listens. */
    async serve(...flags: string[]) {
      const command = startCommand(
        [
          ...['serve', '--server', server.url, '--port', '0'],
          ...(flags.includes('--deployment') ? [] : ['models:/fraud/Production']),
          ...['--folder', folder, '--scorer-command', `exec ${node} ${scorer} {model_uri} {port}`],
          ...flags,
        ],
        { MLFLOW_TRACKING_TOKEN: 'not-for-models', ...env },
      )
      const until = async (what: string | RegExp, times = 1) => {
        const pattern = new RegExp(what, 'g')
        for (let i = 0; i < 600; i++) {
          const found = [...command.out().matchAll(pattern)]
          if (found.length >= times) return found.at(-1)?.[1] ?? ''
          await wait(25)
        }
        throw new Error(`'${what}' was not said ${times} times: ${command.out()}`)
      }
      const url = await until(/listening on (\S+)\n/)
      return {
        ...command,
        url,
        until,
        /** Until `version` has gone live so many times. */
        untilLive: (version: string, times = 1) =>
          until(`fraud ${version} \\(\\S+\\) is live`, times),
        async score(query = '', init: RequestInit = {}): Promise<Scored> {
          const res = await fetch(`${url}/invocations?${query}`, {
            method: 'POST',
            body: '{"inputs": [[1]]}',
            ...init,
          })
          const text = await res.text()
          const json = text.startsWith('{') ? JSON.parse(text) : undefined
          return { status: res.status, header: res.headers.get('x-gatehouse-model-version'), json }
        },
      }
    },
  }
}

function fits(item: object | undefined, wanted: object): boolean {
  const { failed, ...rest }: { failed?: object } = { ...item }
  const { at: _, ...reason } = { at: 0, ...failed }
  const found: Record<string, unknown> = { ...rest, failed: failed && reason }
  return Object.entries(wanted).every(
    ([key, value]) => JSON.stringify(found[key]) === JSON.stringify(value),
  )
}

/** Until nothing runs whose arguments have `text` in them. */
export async function untilNoProcessNames(text: string): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (!execFileSync('ps', ['-ewwo', 'args']).toString().includes(text)) return
    await wait(25)
  }
  throw new Error(`something of ${text} goes on`)
}

/** Until a process has ended; it is no child of this one. */
export async function untilEnded(pid: number): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (!existsSync(`/proc/${pid}`)) return
    await wait(25)
  }
  throw new Error(`process ${pid} goes on`)
}
