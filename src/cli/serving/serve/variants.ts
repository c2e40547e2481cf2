import type { Command } from 'commander'
import type { GatehouseClient } from '../../../client/client.ts'
import { Shadows } from '../../../router/mirror.ts'
import { type RoutedSplit, Router } from '../../../router/router.ts'
import type { SplitTarget } from '../../../router/split.ts'
import { note } from '../../io.ts'
import { followUri } from '../follow.ts'
import { readLastLive } from './live-versions.ts'
import { type Upstream, upstreamAt } from './proxy.ts'
import { Reporter } from './reporter.ts'
import type { ServingMetrics } from './serving-metrics.ts'
import type { Supervisor } from './supervisor.ts'

type OpenVariant = {
  readonly uri: string
  readonly supervisor: Supervisor
  readonly reporter: Reporter
  readonly ended: AbortController
}

type VariantTerms = {
  readonly root: string
  /** How long a scorer may be silent. */
  readonly silenceMsMax: number
  /** @param onChange to be told of each change of what is live */
  readonly makeSupervisor: (variant: string, onChange: () => void) => Supervisor
  readonly metrics: ServingMetrics | undefined
}

/** A supervisor for each variant and shadow of a split, and the router between them. */
export class Variants {
  readonly #command: Command
  readonly #client: GatehouseClient
  readonly #terms: VariantTerms
  readonly #open = new Map<string, OpenVariant>()
  #elsewhere: ReadonlyMap<string, Upstream> = new Map()
  readonly #failed = Promise.withResolvers<never>()
  readonly router: Router
  readonly shadows: Shadows

  constructor(command: Command, client: GatehouseClient, terms: VariantTerms) {
    this.#command = command
    this.#client = client
    this.#terms = terms
    this.router = new Router({
      now: () => performance.timeOrigin + performance.now(),
      random: Math.random,
      onAnswer: (of, end) => terms.metrics?.observeAnswer(of, end),
    })
    this.shadows = new Shadows(this.router, {
      msMax: terms.silenceMsMax,
      target: (name) => shadowOf(this.live(name)),
      fetch: (url, init) => fetch(url, init),
    })
  }

  /** Rejects when the server refuses to tell of a variant while nothing is live. */
  get failed(): Promise<never> {
    return this.#failed.promise
  }

  /**
   * Split by these from now on. One that follows what it followed before goes on as it is; one that
   * follows something else answers with what it has until that is ready.
   */
  apply(split: RoutedSplit): void {
    const wanted = new Map(targetsOf(split).map(({ name, uri }) => [name, uri]))
    for (const [name, variant] of this.#open) {
      if (wanted.get(name) !== undefined) continue
      this.#open.delete(name)
      unfollow(variant)
      variant.supervisor.retire()
    }
    for (const [name, uri] of wanted) {
      const before = this.#open.get(name)
      if (uri === undefined || before?.uri === uri) continue
      if (before) unfollow(before)
      this.#begin(name, uri, before?.supervisor)
    }
    this.#elsewhere = new Map(
      targetsOf(split).flatMap(({ name, url }) =>
        url === undefined ? [] : [[name, upstreamAt(url)]],
      ),
    )
    this.router.apply(split)
  }

  /** Where the requests to a variant or a shadow go; undefined: nothing is live. */
  live(name: string): Upstream | undefined {
    return this.#elsewhere.get(name) ?? this.#open.get(name)?.supervisor.live
  }

  /** The versions that answer now, and for which variants and shadows. */
  listLive() {
    return [...this.#open].flatMap(([variant, { supervisor }]) => {
      const resolved = supervisor.live?.ready.resolved
      return resolved ? [{ variant, model: resolved.model, version: resolved.version }] : []
    })
  }

  /** Say that this process ends. */
  async stopReports(): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ reporter }) => reporter.stop()))
  }

  close(): void {
    for (const { supervisor, ended } of this.#open.values()) {
      ended.abort()
      supervisor.close()
    }
  }

  #begin(
    name: string,
    uri: string,
    supervisor = this.#terms.makeSupervisor(name, () => this.#open.get(name)?.reporter.tell()),
  ): void {
    const reporter = new Reporter(this.#command, this.#client, { uri, supervisor })
    const ended = new AbortController()
    this.#open.set(name, { uri, supervisor, reporter, ended })
    reporter.start()
    void this.#follow(uri, supervisor, ended.signal).catch(this.#failed.reject)
  }

  async #follow(uri: string, supervisor: Supervisor, signal: AbortSignal): Promise<void> {
    const last = await readLastLive(this.#terms.root, uri)
    if (last && !supervisor.live && !signal.aborted) supervisor.want(last)
    await followUri(this.#command, this.#client, {
      uri,
      signal,
      // Who serves goes on serving, whatever becomes of the rights to follow.
      isPatient: () => this.#isServing() || signal.aborted,
      onMeaning: (meaning) => {
        if ('version' in meaning) supervisor.want(meaning)
        else note(this.#command, `${uri} means no version: ${meaning.message}`)
      },
    })
  }

  #isServing(): boolean {
    return [...this.#open.values()].some(({ supervisor }) => supervisor.live !== undefined)
  }
}

function targetsOf({ variants, shadows = [] }: RoutedSplit): (SplitTarget & { name: string })[] {
  return [...variants, ...shadows]
}

function shadowOf(live: Upstream | undefined) {
  return (
    live && {
      version: live.version,
      url: live.url.href.replace(/\/$/, ''),
      begin: () => live.begin(),
    }
  )
}

function unfollow({ reporter, ended }: OpenVariant): void {
  ended.abort()
  void reporter.stop()
}
