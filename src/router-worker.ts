import { getDeployment } from './api/endpoints/deployments.ts'
import { GatehouseClient, mayPass } from './client/client.ts'
import { sendCounts } from './client/send-counts.ts'
import { logError } from './platform/log.ts'
import { randomId } from './platform/random-id.ts'
import { CountReporter } from './router/count-reporter.ts'
import { handlerOf, refusalOf } from './router/handle-request.ts'
import { Router } from './router/router.ts'

/** Variables and secrets of the Worker that routes. */
type RouterBindings = {
  readonly GATEHOUSE_SERVER: string
  readonly GATEHOUSE_DEPLOYMENT: string
  readonly GATEHOUSE_TOKEN?: string
  readonly GATEHOUSE_WORKSPACE?: string
}

/** A change of the deployment takes effect after so long. */
const everyMs = 1000
/** What was counted is told after so long. */
const reportMs = 2000
/** What goes on after an answer is ended by the runtime after 30 seconds. */
const limits = { silenceMsMax: 60_000, shadowMsMax: 20_000 }

/** A Worker in front of scorers that have URLs: it answers as a deployment says. */
export default {
  async fetch(
    request: Request,
    env: RouterBindings,
    execution: Pick<ExecutionContext, 'waitUntil'>,
  ) {
    const routing = routingOf(env)
    const waitUntil = (work: Promise<unknown>) => execution.waitUntil(work)
    const { why } = await routing.refreshed(waitUntil)
    if (why === undefined) {
      waitUntil(routing.reported())
      return routing.handle(request, waitUntil)
    }
    const { body, ...init } = refusalOf(503, `The deployment cannot be read (${why})`)
    return new Response(body, init)
  },
} satisfies ExportedHandler<RouterBindings>

/** An isolate has one environment, and keeps what it last heard of the deployment. */
const known = new WeakMap<RouterBindings, DeploymentRouting>()

function routingOf(env: RouterBindings): DeploymentRouting {
  const made = known.get(env) ?? new DeploymentRouting(env)
  known.set(env, made)
  return made
}

class DeploymentRouting {
  readonly #name: string
  readonly #client: GatehouseClient
  readonly #router = new Router({ now: Date.now, random: Math.random })
  readonly handle = handlerOf(this.#router, { ...limits, fetch: (url, init) => fetch(url, init) })
  readonly #counts: CountReporter
  #isKnown = false
  #reportingAtMs = 0
  #askedAtMs = 0

  constructor(env: RouterBindings) {
    const { GATEHOUSE_SERVER, GATEHOUSE_DEPLOYMENT, GATEHOUSE_TOKEN, GATEHOUSE_WORKSPACE } = env
    this.#name = GATEHOUSE_DEPLOYMENT
    this.#client = new GatehouseClient(
      GATEHOUSE_SERVER,
      {
        ...(GATEHOUSE_TOKEN && { Authorization: `Bearer ${GATEHOUSE_TOKEN}` }),
        ...(GATEHOUSE_WORKSPACE && { 'X-MLFLOW-WORKSPACE': GATEHOUSE_WORKSPACE }),
      },
      (request) => fetch(request),
    )
    const about = { name: this.#name, reporter: randomId() }
    this.#counts = new CountReporter(this.#router, {
      send: (report) => sendCounts(this.#client, about, report),
      mayPass,
    })
  }

  /** Tell what was counted, with what the next two seconds bring. One request does it for all that come meanwhile. */
  async reported(): Promise<void> {
    if (Date.now() - this.#reportingAtMs < reportMs) return
    this.#reportingAtMs = Date.now()
    await new Promise((done) => setTimeout(done, reportMs))
    try {
      await this.#counts.report()
    } catch (err) {
      logError({ event: 'counts not reported', deployment: this.#name, error: String(err) })
    }
  }

  /**
   * Know the deployment, as it was a second ago at most while requests come. What was known stays while the
   * server is away. Nobody waits for what another request waits for, which the runtime forbids.
   *
   * @returns why it is not known
   */
  async refreshed(
    waitUntil: (work: Promise<unknown>) => void,
  ): Promise<{ readonly why?: string | undefined }> {
    const isStale = Date.now() - this.#askedAtMs >= everyMs
    if (this.#isKnown && !isStale) return {}
    this.#askedAtMs = Date.now()
    const asking = this.#ask()
    if (!this.#isKnown) return asking
    waitUntil(asking)
    return {}
  }

  async #ask(): Promise<{ readonly why?: string }> {
    try {
      const params = { name: this.#name }
      this.#router.apply(await this.#client.call(getDeployment, { params }))
      this.#isKnown = true
      return {}
    } catch (err) {
      const why = err instanceof Error ? err.message : String(err)
      logError({ event: 'deployment not read', deployment: this.#name, error: why })
      return { why }
    }
  }
}
