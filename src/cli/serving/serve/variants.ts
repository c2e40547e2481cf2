import type { IncomingMessage } from 'node:http'
import type { Command } from 'commander'
import type { GatehouseClient } from '../../../client/client.ts'
import { chooseVariant, type Split } from '../../../serving/split.ts'
import { note } from '../../io.ts'
import { followUri } from '../follow.ts'
import { readLastLive } from './live-versions.ts'
import type { ChosenScorer } from './proxy.ts'
import { Reporter } from './reporter.ts'
import type { Supervisor } from './supervisor.ts'

type OpenVariant = {
  readonly uri: string
  readonly supervisor: Supervisor
  readonly reporter: Reporter
  readonly ended: AbortController
}

type VariantTerms = {
  readonly root: string
  /** @param onChange to be told of each change of what is live */
  readonly makeSupervisor: (onChange: () => void) => Supervisor
}

/** A supervisor for each variant of a split, and the choice between them. */
export class Variants {
  readonly #command: Command
  readonly #client: GatehouseClient
  readonly #terms: VariantTerms
  readonly #open = new Map<string, OpenVariant>()
  readonly #failed = Promise.withResolvers<never>()
  #split: Split = { variants: [] }

  constructor(command: Command, client: GatehouseClient, terms: VariantTerms) {
    this.#command = command
    this.#client = client
    this.#terms = terms
  }

  /** Rejects when the server refuses to tell of a variant while nothing is live. */
  get failed(): Promise<never> {
    return this.#failed.promise
  }

  /**
   * Split by these from now on. One that follows what it followed before goes on as it is; one that
   * follows something else answers with what it has until that is ready.
   */
  apply(split: Split): void {
    const wanted = new Map(split.variants.map(({ name, uri }) => [name, uri]))
    for (const [name, variant] of this.#open) {
      if (wanted.has(name)) continue
      this.#open.delete(name)
      unfollow(variant)
      variant.supervisor.retire()
    }
    for (const [name, uri] of wanted) {
      const before = this.#open.get(name)
      if (before?.uri === uri) continue
      if (before) unfollow(before)
      this.#begin(name, uri, before?.supervisor)
    }
    this.#split = split
  }

  /** One that is live, by weight: where a variant is not, the others take its share. */
  choose(incoming: IncomingMessage): ChosenScorer | undefined {
    const { variants, sticky } = this.#split
    const live = variants.flatMap(({ name, weight }) => {
      const scorer = this.#open.get(name)?.supervisor.live
      return scorer ? [{ name, weight, scorer }] : []
    })
    // `headers` has properties that nobody sent, such as `constructor`.
    const key = sticky && incoming.headersDistinct[sticky.header.toLowerCase()]?.join(', ')
    const chosen = chooseVariant(live, key, Math.random)
    return chosen && { scorer: chosen.scorer, variant: chosen.name }
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
    supervisor = this.#terms.makeSupervisor(() => this.#open.get(name)?.reporter.tell()),
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

function unfollow({ reporter, ended }: OpenVariant): void {
  ended.abort()
  void reporter.stop()
}
