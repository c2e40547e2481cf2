import type { ProgressBar } from '../../progress.ts'
import { translateLinkTag } from '../prompt-experiments.ts'
import type { MlflowServer } from '../sources/mlflow-server.ts'
import type { ExperimentItem } from '../sources/source.ts'
import { SourceError } from '../sources/source-error.ts'
import type { Tally } from '../tally.ts'
import type { MlflowTarget } from './mlflow-target.ts'

/** One export under way. */
export type Export = {
  /** This server, read as MLflow's clients read it. */
  readonly source: MlflowServer
  /** The other one, read the same way. */
  readonly there: MlflowServer
  readonly target: MlflowTarget
  readonly tally: Tally
  /** How many runs are written at a time. */
  readonly jobs: number
  readonly bar: ProgressBar
  readonly exported: Exported
}

/** What of this server is at the other one, by the ids of here. */
export class Exported {
  readonly experiments = new Map<string, ThereExperiment>()
  readonly runs = new Map<string, ThereRun>()
  readonly loggedModels = new Map<string, ThereLoggedModel>()
  /** What the other server should answer for each run and logged model, by the ids of there. */
  readonly expectedRuns = new Map<string, string>()
  readonly expectedLoggedModels = new Map<string, string>()
}

export type ThereExperiment = {
  readonly item: ExperimentItem
  readonly id: string
  /** `Default`, which every server has. */
  readonly isMerged: boolean
  isDeleted: boolean
  /** That it is restored to be written to. */
  opening?: Promise<void>
}

export type ThereRun = {
  readonly id: string
  readonly experiment: ThereExperiment
  /** The folder of its files; undefined: not where MLflow's server would take them. */
  readonly address: string | undefined
  /** What was noted when it was whole there. */
  readonly mark: string | undefined
  /** Whether this export made it. */
  readonly isNew: boolean
  isDeleted: boolean
}

export type ThereLoggedModel = Omit<ThereRun, 'experiment' | 'isDeleted'>

/** What the other server refuses of one thing is one difference. @returns whether it was done */
export async function tryItem(
  { tally }: Export,
  what: string,
  work: () => Promise<void>,
): Promise<boolean> {
  try {
    await work()
    return true
  } catch (err) {
    if (!(err instanceof SourceError)) throw err
    tally.differs(what, err.message)
    return false
  }
}

type Tag = { readonly key: string; readonly value: string }
type Tags = readonly Tag[] | undefined

const idKey = 'gatehouse.source_id'
const createdKey = 'gatehouse.created_ms'
const markKey = 'gatehouse.digest'

/** The tags by which an export finds again what it made. @param createdMs where MLflow takes no time */
export function originTags(id: string, createdMs?: number): Tag[] {
  const created = createdMs === undefined ? [] : [{ key: createdKey, value: String(createdMs) }]
  return [{ key: idKey, value: id }, ...created]
}

/** Notes that a thing is whole there. */
export function markTag(mark: string): Tag {
  return { key: markKey, value: mark }
}

/** What `originTags` wrote, as one text; undefined: an export did not make it. */
export function readOrigin(tags: Tags): string | undefined {
  const [id, created] = [idKey, createdKey].map((key) => tagOf(tags, key))
  return id === undefined ? undefined : originOf(id, created)
}

/** @param created absent where MLflow takes the time */
export function originOf(id: string, created?: number | string): string {
  return created === undefined ? id : `${id} ${created}`
}

export function readMark(tags: Tags): string | undefined {
  return tagOf(tags, markKey)
}

function tagOf(tags: Tags, key: string): string | undefined {
  return tags?.find((tag) => tag.key === key)?.value
}

/** Without what exports wrote, whichever they were. */
export function withoutOrigin(tags: Tags): Tag[] {
  return (tags ?? []).filter(({ key }) => ![idKey, createdKey, markKey].includes(key))
}

/**
 * Tags as they are to be there. MLflow's own name runs and logged models by ids, which are others there;
 * what people write stays as it is.
 */
export function translateTags(exported: Exported, tags: Tags): Tag[] {
  return withoutOrigin(tags).map((tag) => {
    const link = translateLinkTag(tag, (id) => exported.experiments.get(id)?.id)
    if (link) return link
    const { key, value } = tag
    const isOfPeople = /^mlflow\.(note\.|prompt\.|runName$|user$)/.test(key)
    return {
      key,
      value: key.startsWith('mlflow.') && !isOfPeople ? translate(exported, value) : value,
    }
  })
}

/** A text with the ids of there. */
function translate({ runs, loggedModels }: Exported, text: string): string {
  return text.replace(
    /(?<![0-9a-zA-Z-])(m-)?[0-9a-f]{32}(?![0-9a-zA-Z])/g,
    (id) => (runs.get(id) ?? loggedModels.get(id))?.id ?? id,
  )
}

/** The address of a version's files as it is there. Undefined: nothing that was exported lies there. */
export function translateSource(exported: Exported, source: string): string | undefined {
  if (/^(runs:\/*|models:\/+m-)/.test(source)) return translate(exported, source)
  const path = /^mlflow-artifacts:\/(?!\/)(.*)$/.exec(source)?.[1]
  if (path === undefined) return source
  for (const [id] of path.matchAll(/(m-)?[0-9a-f]{32}(?=\/artifacts(\/|$))/g)) {
    const address = (exported.runs.get(id) ?? exported.loggedModels.get(id))?.address
    const below = source.slice(source.indexOf(`${id}/artifacts`) + `${id}/artifacts`.length)
    if (address !== undefined) return `${address}${below}`
  }
  return undefined
}
