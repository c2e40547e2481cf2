import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { SupervisorEvent } from './supervisor.ts'

const labelNames = ['variant', 'version'] as const

/** What `/metrics` of a process that serves tells Prometheus. A variant without a deployment is named by its URI. */
export class ServingMetrics {
  readonly #registry = new Registry()
  readonly contentType = this.#registry.contentType
  readonly #requests = new Counter({
    name: 'gatehouse_serving_requests_total',
    help: 'Predictions that were asked for, by the status of the answer; none: there was no answer, or it broke off.',
    labelNames: [...labelNames, 'status'],
    registers: [this.#registry],
  })
  readonly #seconds = new Histogram({
    name: 'gatehouse_serving_request_duration_seconds',
    help: 'Time from the end of a request to the begin of its answer.',
    labelNames,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
    registers: [this.#registry],
  })
  readonly #unserved = new Counter({
    name: 'gatehouse_serving_unserved_total',
    help: 'Requests that were refused since nothing was live.',
    registers: [this.#registry],
  })
  readonly #events = new Counter({
    name: 'gatehouse_serving_events_total',
    help: 'What happened to scorers: live (it took over), failed (it did not come up), died (it ended or hung, and is started again).',
    labelNames: ['variant', 'event'],
    registers: [this.#registry],
  })
  readonly #live = new Gauge({
    name: 'gatehouse_serving_live',
    help: '1 for the version of a model that answers for a variant.',
    labelNames: [...labelNames, 'model'],
    registers: [this.#registry],
  })

  constructor() {
    collectDefaultMetrics({ register: this.#registry })
  }

  /** @param status undefined: there was no answer, or it broke off */
  observeAnswer(
    labels: { readonly variant: string; readonly version: number },
    { status, ms }: { readonly status: number | undefined; readonly ms: number },
  ): void {
    this.#requests.inc({ ...labels, status: status ?? 'none' })
    if (status !== undefined) this.#seconds.observe(labels, ms / 1000)
  }

  countUnserved(): void {
    this.#unserved.inc()
  }

  countEvent(variant: string, { is }: SupervisorEvent): void {
    this.#events.inc({ variant, event: is })
  }

  /** @param live what answers at this moment */
  text(
    live: readonly {
      readonly variant: string
      readonly model: string
      readonly version: string
    }[],
  ): Promise<string> {
    this.#live.reset()
    for (const labels of live) this.#live.set(labels, 1)
    return this.#registry.metrics()
  }
}
