import type { FairnessValue } from './card-shape.ts'

/** How our export marks a result of `model-index` that is a fairness value: its dataset's type. */
export const sliceType = 'slice'

/** The contents of `model-index` in a Hugging Face card. */
export type IndexedResults = {
  readonly fairness: readonly FairnessValue[]
  /** A line of markdown for each other value, with all that its result says. */
  readonly lines: readonly string[]
  /** Models and results in another form than Hugging Face's. */
  readonly others: readonly unknown[]
}

/**
 * The results of `model-index`: values of slices as fairness, all others as lines. Two results that
 * differ in anything, such as the config of their dataset, are two lines that differ.
 */
export function readModelIndex(index: readonly unknown[]): IndexedResults {
  const others: unknown[] = []
  const values = index.flatMap((model) => {
    const about = index.length > 1 ? restOf('model', model, ['results']) : []
    return listAt(model, 'results', others).flatMap((result) =>
      listAt(result, 'metrics', others).map((metric) => ({ result, metric, about })),
    )
  })
  const fairness = new Map<string, FairnessValue>()
  const lines: string[] = []
  for (const { result, metric, about } of values) {
    const value = sliceValue(result, metric)
    const key = JSON.stringify([value?.slice, value?.metric])
    if (value && !fairness.has(key)) fairness.set(key, value)
    else lines.push([lineOf(result, metric), ...about].join('; '))
  }
  return { fairness: [...fairness.values()], lines, others }
}

/** @param others takes a value that has no such list */
function listAt(value: unknown, key: string, others: unknown[]): readonly unknown[] {
  const found = at(value, key)
  if (Array.isArray(found) && found.length > 0) return found
  others.push(value)
  return []
}

/** A value in the form that `resultFrom` writes, if it has that form and nothing more. */
function sliceValue(result: unknown, metric: unknown) {
  const dataset = at(result, 'dataset')
  const value = at(metric, 'value')
  const slice = oneLine(at(dataset, 'name'))
  const name = oneLine(at(metric, 'type'))
  const isPlain =
    isMapOf(dataset, ['name', 'type']) &&
    isMapOf(metric, ['type', 'value']) &&
    isMapOf(at(result, 'task'), ['type', 'name']) &&
    isMapOf(result, ['task', 'dataset', 'metrics'])
  return isPlain && at(dataset, 'type') === sliceType && slice && name && isFiniteNumber(value)
    ? { slice, metric: name, value }
    : undefined
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function isMapOf(value: unknown, keys: readonly string[]): boolean {
  if (value === undefined) return true
  return value instanceof Map && [...value.keys()].every((key) => keys.includes(String(key)))
}

/** `- IMDb (Sentiment): accuracy 0.91; dataset config plain, split test` */
function lineOf(result: unknown, metric: unknown): string {
  const dataset = named(at(result, 'dataset'), ['name', 'type'])
  const task = named(at(result, 'task'), ['name', 'type'])
  const measured = named(metric, ['type', 'name'])
  const head = `- ${dataset.name ?? 'unnamed dataset'}${task.name ? ` (${task.name})` : ''}: `
  return [
    `${head}${measured.name ?? 'unnamed metric'} ${shown(at(metric, 'value') ?? 'unknown')}`,
    ...restOf('dataset', at(result, 'dataset'), [dataset.key]),
    ...restOf('task', at(result, 'task'), [task.key]),
    ...restOf('metric', metric, [measured.key, 'value']),
    ...restOf('result', result, ['dataset', 'task', 'metrics']),
  ].join('; ')
}

/** The first of `keys` that names a thing, and its value. A thing may be given by its name alone. */
function named(thing: unknown, keys: readonly string[]): { key?: string; name?: string } {
  for (const key of keys) {
    const name = oneLine(at(thing, key))
    if (name !== undefined) return { key, name }
  }
  const name = oneLine(thing)
  return name === undefined ? {} : { key: '', name }
}

/** `dataset config plain, split test`; empty for a thing that has no other keys. */
function restOf(what: string, thing: unknown, known: readonly (string | undefined)[]): string[] {
  if (!(thing instanceof Map)) {
    return thing === undefined || thing === null || known.includes('')
      ? []
      : [`${what} ${shown(thing)}`]
  }
  const rest = [...thing].filter(([key, value]) => !known.includes(String(key)) && value !== null)
  if (rest.length === 0) return []
  return [`${what} ${rest.map(([key, value]) => `${key} ${shown(value)}`).join(', ')}`]
}

function shown(value: unknown): string {
  return oneLine(value) ?? JSON.stringify(plain(value))
}

/** Maps as objects, for JSON. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (!(value instanceof Map)) return value
  return Object.fromEntries([...value].map(([key, item]) => [String(key), plain(item)]))
}

/** The value of a key in a mapping. */
export function at(value: unknown, key: string): unknown {
  return value instanceof Map ? value.get(key) : undefined
}

/** A single value on one line; undefined for none, and for lists and mappings. */
export function oneLine(value: unknown): string | undefined {
  if (value === undefined || value === null || typeof value === 'object') return undefined
  return String(value).replace(/\s+/g, ' ').trim() || undefined
}
