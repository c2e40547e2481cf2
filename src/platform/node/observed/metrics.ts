import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import type { Served } from './served.ts'

const labelNames = ['method', 'operation'] as const

/** What `/metrics` tells Prometheus: requests, latencies and bytes by operation, and the process. */
export class RequestMetrics {
  readonly #registry = new Registry()
  readonly contentType = this.#registry.contentType
  readonly #requests = new Counter({
    name: 'gatehouse_requests_total',
    help: 'Requests answered.',
    labelNames: [...labelNames, 'status'],
    registers: [this.#registry],
  })
  readonly #seconds = new Histogram({
    name: 'gatehouse_request_duration_seconds',
    help: 'Time from the request to the end of its answer.',
    labelNames,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
    registers: [this.#registry],
  })
  readonly #bytesIn = new Counter({
    name: 'gatehouse_received_bytes_total',
    help: 'Bytes received, headers included.',
    labelNames,
    registers: [this.#registry],
  })
  readonly #bytesOut = new Counter({
    name: 'gatehouse_sent_bytes_total',
    help: 'Bytes sent, headers included.',
    labelNames,
    registers: [this.#registry],
  })

  constructor() {
    collectDefaultMetrics({ register: this.#registry })
  }

  observe(served: Served): void {
    const labels = { method: served.method, operation: served.operation }
    this.#requests.inc({ ...labels, status: served.status })
    this.#seconds.observe(labels, served.durationMs / 1000)
    this.#bytesIn.inc(labels, served.bytesIn)
    this.#bytesOut.inc(labels, served.bytesOut)
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }
}
