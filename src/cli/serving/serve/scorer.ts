import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { isMissing } from '../../../platform/node/read-file.ts'
import { variablesOf } from '../follow.ts'
import type { ResolvedModel } from '../pull-version.ts'
import { findFreePort } from './find-free-port.ts'

/** A version whose files are in a folder, and were found right. */
export type ReadyVersion = { readonly resolved: ResolvedModel; readonly folder: string }

/** When a scorer that runs is taken for hung. */
type HealthTerms = {
  /** How often it is asked for its ping, and how long it may take to answer; 0: never. */
  readonly everyMs: number
  /** How long one prediction may take, in which some scorers answer nothing else. */
  readonly silenceMsMax: number
}

export type ScorerTerms = {
  /** With `{model_uri}` and `{port}`; run by the shell. */
  readonly command: string
  /** From its start until it has answered the model's own example. */
  readonly startMsMax: number
  readonly health: HealthTerms
  /** Told of each line that a scorer prints. */
  readonly onLine: (line: string) => void
}

const pingEveryMs = 50
const missedPingsMax = 3
/** How long a scorer may take to end when it is asked to. */
const graceSeconds = 5
const linesKept = 20
/** Scorers end idle connections after 5 seconds; one that is used in that moment would break. */
const idleMs = 2000
const drainMsMax = 300_000

/**
 * Runs `$1` in a group of processes of its own, and ends all of the group when standard input ends. That
 * also happens when the one who started it is killed.
 */
const guardian = `exec 3<&0
sh -c "$1" 3<&- </dev/null &
child=$!
(
  trap '' TERM
  read -r _ <&3
  kill -TERM 0
  tries=0
  while kill -0 $child && [ $tries -lt ${10 * graceSeconds} ]; do sleep 0.1; tries=$((tries + 1)); done
  kill -KILL 0
) >/dev/null 2>&1 &
exec 3<&-
wait $child`

/** `mlflow models serve`, as it is found in the PATH. */
export function mlflowCommandOf(envManager: string | undefined): string {
  const more = envManager === undefined ? '' : ` --env-manager ${quoteForShell(envManager)}`
  return `exec mlflow models serve --model-uri {model_uri} --host 127.0.0.1 --port {port}${more}`
}

/** A process that answers for one version, on a port of its own. */
export class Scorer {
  readonly ready: ReadyVersion
  readonly version: number
  readonly port: number
  readonly url: URL
  readonly agent = new Agent({ keepAlive: true, timeout: idleMs })
  /** Why it ended; pending while it runs. */
  readonly ended: Promise<string>
  isAlive = true
  /** When it went live last, in Unix milliseconds. */
  sinceMs = 0
  /** Requests that it has not answered whole. */
  inFlight = 0
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  /** What ends it in this process's view; the first reason stands. */
  #end: (why: string) => void = () => {}
  #onIdle: (() => void) | undefined
  #missedPings = 0
  /** Since when it may be silent for a prediction's sake; undefined: it was given none since it was heard of. */
  #busySinceMs: number | undefined

  private constructor(
    ready: ReadyVersion,
    port: number,
    { command, onLine }: Pick<ScorerTerms, 'command' | 'onLine'>,
  ) {
    this.ready = ready
    this.version = Number(ready.resolved.version)
    this.port = port
    this.url = new URL(`http://127.0.0.1:${port}`)
    const script = command
      .replaceAll('{model_uri}', quoteForShell(ready.folder))
      .replaceAll('{port}', String(port))
    this.#child = spawn('sh', ['-c', guardian, 'sh', script], {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...environmentOfScorers(), ...variablesOf(ready.resolved, ready.folder) },
    })
    // It may end before it is told to.
    this.#child.stdin?.on('error', () => {})
    for (const output of [this.#child.stdout, this.#child.stderr]) {
      if (!output) continue
      createInterface({ input: output }).on('line', (line) => {
        this.#lines.push(line)
        if (this.#lines.length > linesKept) this.#lines.shift()
        onLine(line)
      })
    }
    this.ended = new Promise((done) => {
      const end = (why: string) => {
        this.isAlive = false
        this.#child.stdin?.end()
        this.agent.destroy()
        done([why, ...this.#lines.slice(-3)].join(': '))
      }
      this.#end = end
      this.#child.once('error', (err) => end(`it cannot be started (${err.message})`))
      // What it printed last is read by then, but for what its own children keep open.
      this.#child.once('exit', (code, signal) =>
        setTimeout(() => end(`it ended with ${signal ?? code}`), 20),
      )
    })
  }

  /**
   * Start a scorer, and wait until it answers its ping and the model's own input example.
   *
   * @throws Error it does not come up, or refuses the example; then it has been ended
   */
  static async start(
    ready: ReadyVersion,
    { startMsMax, health, ...terms }: ScorerTerms,
    signal: AbortSignal,
  ): Promise<Scorer> {
    const scorer = new Scorer(ready, await findFreePort(), terms)
    const late = AbortSignal.timeout(startMsMax)
    const stop = AbortSignal.any([signal, late])
    try {
      await scorer.#untilPinged(stop)
      await scorer.#tryExample(stop)
      void scorer.#watchHealth(health)
      return scorer
    } catch (err) {
      scorer.stop()
      if (late.aborted) {
        throw new Error(`it was not ready after ${startMsMax / 1000} seconds`, { cause: err })
      }
      throw err
    }
  }

  /** Note that a request begins; the answer is to be called when it has ended. */
  begin(): () => void {
    this.inFlight++
    this.#busySinceMs ??= performance.now()
    return () => {
      this.inFlight--
      if (this.inFlight === 0) this.#onIdle?.()
    }
  }

  /** Note that it answers: one that does is not hung, however it takes pings. */
  hear(): void {
    this.#missedPings = 0
    this.#busySinceMs = this.inFlight > 0 ? performance.now() : undefined
  }

  /** End it at once. */
  stop(): void {
    this.#child.stdin?.end()
    this.agent.destroy()
  }

  /** End it when the requests that it has are answered. */
  async drain(): Promise<void> {
    if (this.inFlight > 0) {
      const timer = new AbortController()
      const idle = new Promise<void>((done) => {
        this.#onIdle = done
      })
      const late = wait(drainMsMax, undefined, { signal: timer.signal }).catch(() => {})
      await Promise.race([idle, late, this.ended])
      timer.abort()
    }
    this.stop()
  }

  async #untilPinged(signal: AbortSignal): Promise<void> {
    while (!(await this.#isUp(signal))) {
      signal.throwIfAborted()
      if (!this.isAlive) throw new Error(await this.ended)
      await wait(pingEveryMs)
    }
    // Another process may have taken the port.
    if (!this.isAlive) throw new Error(await this.ended)
  }

  /**
   * Ask for its ping now and then, and end it as hung when several in a row are missed. While it has requests,
   * that says nothing until one of them may have taken all of its time: many scorers do one thing at a time.
   * Callers who have left do not count as gone, since their predictions may go on.
   */
  async #watchHealth({ everyMs, silenceMsMax }: HealthTerms): Promise<void> {
    if (everyMs === 0) return
    while (this.isAlive) {
      await wait(everyMs, undefined, { ref: false })
      if (await this.#isUp(AbortSignal.timeout(everyMs))) {
        this.hear()
        continue
      }
      this.#missedPings++
      const busyMs = performance.now() - (this.#busySinceMs ?? 0)
      if (this.#missedPings < missedPingsMax || busyMs < silenceMsMax) continue
      this.#end(`it hung: ${this.#missedPings} pings in a row were not answered`)
    }
  }

  #isUp(signal: AbortSignal): Promise<boolean> {
    const { port } = this
    return new Promise((done) => {
      // A connection of its own: a scorer that serves one at a time is not kept from the others.
      get({ host: '127.0.0.1', port, path: '/ping', agent: false, signal }, (res) => {
        res.resume()
        done(res.statusCode === 200)
      }).once('error', () => done(false))
    })
  }

  async #tryExample(signal: AbortSignal): Promise<void> {
    const body = await readExample(this.ready.folder)
    if (body === undefined) return
    const res = await fetch(`http://127.0.0.1:${this.port}/invocations`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
      signal,
    })
    const text = await res.text()
    if (res.ok) return
    throw new Error(
      `it answered the model's own input example with ${res.status}: ${text.slice(0, 500)}`,
    )
  }
}

/** What MLflow writes beside a model that was logged with an input example: a body of `/invocations`. */
async function readExample(folder: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, 'serving_input_example.json'), 'utf8')
  } catch (err) {
    if (isMissing(err)) return undefined
    throw err
  }
}

/** A model is code of others: it does not get what signs this process in. */
function environmentOfScorers(): NodeJS.ProcessEnv {
  const {
    MLFLOW_TRACKING_TOKEN: _token,
    MLFLOW_TRACKING_USERNAME: _user,
    MLFLOW_TRACKING_PASSWORD: _password,
    ...env
  } = process.env
  return env
}

function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
