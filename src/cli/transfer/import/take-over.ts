import * as endpoints from '../../../api/endpoints/imports.ts'
import { isOfStore } from '../../../artifacts/path.ts'
import type { GatehouseClient } from '../../../client/client.ts'
import type { ProgressBar } from '../../progress.ts'
import type { ExperimentItem, ImportSource, SourceModel } from '../sources/source.ts'
import { SourceError } from '../sources/source-error.ts'
import type { Tally } from '../tally.ts'

/** One import under way. */
export type TakeOver = {
  readonly client: GatehouseClient
  readonly source: ImportSource
  readonly tally: Tally
  /** How many runs are read at a time. */
  readonly jobs: number
  readonly bar: ProgressBar
  /** What the comparison at the end needs. */
  readonly taken: Taken
}

/** What was taken over, by the ids of the source. */
export class Taken {
  /** Experiments: what they became. */
  readonly experiments = new Map<string, OwnExperiment>()
  /** Digest and history of each run. */
  readonly runs = new Map<string, string>()
  readonly loggedModels = new Map<string, string>()
  readonly models = new Map<string, SourceModel>()
  /** By `name/number`. */
  readonly versions = new Map<string, string>()
}

export type OwnExperiment = {
  readonly item: ExperimentItem
  readonly ownId: string
  readonly isMerged: boolean
  /** Where its artifacts lie here. */
  readonly location: string
}

/**
 * An address of the source as it is here: below the folder that its experiment has here, or outside of
 * our store. Undefined: the usual place.
 */
export function ownAddress(own: OwnExperiment, address: string | undefined): string | undefined {
  if (address === undefined) return undefined
  const root = own.item.artifact_location?.replace(/\/+$/, '')
  if (root === undefined || !address.startsWith(`${root}/`)) {
    const isKept = !own.isMerged && own.ownId === own.item.experiment_id && !isOfStore(address)
    return isKept ? address : undefined
  }
  return `${own.location.replace(/\/+$/, '')}${address.slice(root.length)}`
}

/** Begins the mark of a thing that is here without some point or file: the next import takes it again. */
export const incomplete = 'incomplete '

/** What was noted of these things when they were imported before, by their ids at the source. */
export async function readMarks(
  { client, source }: TakeOver,
  kind: 'run' | 'logged_model' | 'registered_model' | 'model_version',
  ids: string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map()
  const body = { source: source.name, kind, ids }
  const { items } = await client.call(endpoints.findImported, { body })
  return new Map(items.map(({ id, mark }) => [id, mark]))
}

/** A list of the source as far as it can be read; where it cannot be read to its end, that is one difference. */
export async function* readList<T>(
  { tally }: TakeOver,
  what: string,
  list: () => AsyncIterable<T>,
): AsyncGenerator<T> {
  try {
    yield* list()
  } catch (err) {
    if (!(err instanceof SourceError)) throw err
    tally.differs(what, err.message)
  }
}
