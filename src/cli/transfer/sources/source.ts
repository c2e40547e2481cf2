import type * as endpoints from '../../../api/endpoints/imports.ts'
import type { CallInput } from '../../../client/client.ts'
import type { ByteStream } from '../../../platform/ports.ts'
import type { Metric } from '../../../tracking/run.ts'

type ItemOf<E> = CallInput<E> extends { body: { items: readonly (infer I)[] } } ? I : never

/** An experiment, run or logged model in the form in which it is imported. */
export type ExperimentItem = ItemOf<typeof endpoints.importExperiments>
export type RunItem = ItemOf<typeof endpoints.importRuns>
export type LoggedModelItem = ItemOf<typeof endpoints.importLoggedModels>

/** A run without its metric histories. */
export type SourceRun = Omit<RunItem, 'points' | 'mark'> & {
  /** The last point of each metric. */
  readonly latest: readonly Metric[]
}
export type SourceLoggedModel = Omit<LoggedModelItem, 'mark'>

type BodyOf<E> = CallInput<E> extends { body: infer B } ? B : never

/** A registered model or a prompt, with its aliases. */
export type SourceModel = Omit<BodyOf<typeof endpoints.importModel>, 'source' | 'mark'> & {
  readonly aliasVersions: readonly { readonly alias: string; readonly version: number }[]
}
/** A version, without its aliases. */
export type SourceVersion = Omit<
  BodyOf<typeof endpoints.importVersion>,
  'source' | 'mark' | 'aliases'
>

/** A file of a run or a logged model. */
export type SourceFile = {
  /** Below the folder of its run or logged model. */
  readonly path: string
  readonly sizeBytes: number
  open(): Promise<ByteStream>
}

/** Whose files are wanted. */
export type FilesOf =
  | { readonly kind: 'run'; readonly run: SourceRun }
  | { readonly kind: 'logged model'; readonly model: SourceLoggedModel }

/** Told of what cannot be read, and is left out. */
export type OnUnread = (what: string, problem: string) => void

/** Where an import reads from. What it hands out was checked for its shape, and is not trusted. */
export interface ImportSource {
  /** What the import is noted under: the same each time for the same origin. */
  readonly name: string
  /** Without credentials, for people. */
  readonly title: string
  experiments(): AsyncIterable<ExperimentItem>
  countRuns(experimentId: string): Promise<number>
  /** Deleted ones too. */
  runs(experimentId: string): AsyncIterable<SourceRun>
  /** All points of one metric of a run, in any order. */
  points(run: SourceRun, key: string): Promise<readonly Metric[]>
  loggedModels(experimentId: string): AsyncIterable<SourceLoggedModel>
  /** Prompts too. */
  models(): AsyncIterable<SourceModel>
  versions(model: SourceModel): AsyncIterable<SourceVersion>
  files(of: FilesOf): AsyncIterable<SourceFile>
  close(): void
}
