import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Command } from 'commander'
import { reportReplica } from '../../../api/endpoints/replicas.ts'
import { type CallInput, type GatehouseClient, mayPass } from '../../../client/client.ts'
import { note } from '../../io.ts'
import type { Supervisor } from './supervisor.ts'

const heartbeatMs = 15_000
const answerMsMax = 10_000
const messageCharsMax = 1000

type Report = CallInput<typeof reportReplica>['body']

/** Tells the server what really is live: at each change, and every 15 seconds. */
export class Reporter {
  readonly #command: Command
  readonly #client: GatehouseClient
  readonly #about: Pick<Report, 'replica' | 'uri' | 'host'>
  readonly #supervisor: Supervisor
  #timer: NodeJS.Timeout | undefined
  #isSending = false
  #isStale = false
  #hasFailed = false

  constructor(
    command: Command,
    client: GatehouseClient,
    { uri, supervisor }: { readonly uri: string; readonly supervisor: Supervisor },
  ) {
    this.#command = command
    this.#client = client
    this.#supervisor = supervisor
    this.#about = {
      replica: randomBytes(8).toString('hex'),
      uri,
      host: hostname().slice(0, 255) || 'unknown',
    }
  }

  start(): void {
    this.#timer = setInterval(() => this.tell(), heartbeatMs)
    this.#timer.unref()
  }

  /** Something changed. */
  tell(): void {
    this.#isStale = true
    if (!this.#isSending) void this.#send()
  }

  /** Say that this process ends. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    try {
      await this.#call({ ...this.#about, stopped: true })
    } catch (err) {
      // It is missed after a minute anyhow.
      this.#say(err)
    }
  }

  /** One at a time; what changed meanwhile is sent after it. */
  async #send(): Promise<void> {
    this.#isSending = true
    while (this.#isStale) {
      this.#isStale = false
      try {
        await this.#call({ ...this.#about, ...this.#state() })
        this.#hasFailed = false
      } catch (err) {
        this.#say(err)
      }
    }
    this.#isSending = false
  }

  #state(): Pick<Report, 'live' | 'failed'> {
    const { live, failure } = this.#supervisor
    const { version, digest = '' } = live?.ready.resolved ?? {}
    return {
      ...(live && version ? { live: { version, digest, at: live.sinceMs } } : {}),
      ...(failure
        ? {
            failed: {
              version: failure.resolved.version,
              message: failure.why.slice(0, messageCharsMax) || 'it did not come up',
            },
          }
        : {}),
    }
  }

  async #call(body: Report): Promise<void> {
    const signal = AbortSignal.timeout(answerMsMax)
    const late = new Promise<never>((_, failed) => {
      signal.onabort = () => failed(new Error(`no answer in ${answerMsMax / 1000} seconds`))
    })
    await Promise.race([this.#client.call(reportReplica, { body }), late])
  }

  /** Once, until a report is taken again. */
  #say(err: unknown): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    const why = err instanceof Error ? err.message : String(err)
    note(
      this.#command,
      `what is live cannot be reported (${why})${mayPass(err) ? '; trying again' : ''}`,
    )
  }
}
