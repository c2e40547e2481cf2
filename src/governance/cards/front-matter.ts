import { stringify } from 'yaml'
import type { Card, FairnessValue } from './card-shape.ts'
import { writeMarkdown } from './markdown.ts'
import { readYaml } from './read-yaml.ts'

/**
 * The YAML at the head of a Hugging Face card: its keys that have a field here, both ways. See
 * https://huggingface.co/docs/hub/model-cards for the keys.
 */
const matterCharsMax = 64_000

/** How our export marks a result of `model-index` that is a fairness value: its dataset's type. */
const sliceType = 'slice'

export type FrontMatter = {
  /** What it says, not judged by the limits of a card. */
  readonly card: Card
  /** Markdown that holds the keys without a field of their own; empty for none. */
  readonly rest: string
}

/** Front matter is what stands between two lines of `---`, the first of which is the text's first. */
export function splitFrontMatter(text: string): { matter: string | undefined; body: string } {
  const match = /^\uFEFF?---[ \t]*\r?\n(?:([\s\S]*?)\r?\n)?---[ \t]*(?:\r?\n|$)/.exec(text)
  if (!match) return { matter: undefined, body: text }
  return { matter: match[1] ?? '', body: text.slice(match[0].length) }
}

export function readFrontMatter(matter: string): FrontMatter | { problem: string } {
  const keys = parsed(matter)
  if ('problem' in keys) return keys
  const rest = new Map(keys.map)
  const take = (...names: string[]) => {
    for (const name of names) {
      const value = rest.get(name)
      if (value === undefined || value === null) continue
      rest.delete(name)
      return value
    }
    return undefined
  }
  const results = resultsOf(rest.get('model-index'))
  if (results) rest.delete('model-index')
  const card: Card = {
    licence: oneLine(take('license', 'licence')),
    owners: list(take('owners', 'authors')),
    contacts: list(take('contacts', 'contact')),
    training_data: named(list(take('datasets'))),
    fairness: results?.fairness,
    evaluation_data: results?.evaluation,
  }
  return {
    card: withoutAbsent(card),
    rest:
      rest.size === 0 ? '' : writeMarkdown([{ type: 'code', value: stringify(rest).trimEnd() }]),
  }
}

/** Front matter of a card, for Hugging Face. @param name of the model */
export function writeFrontMatter(
  name: string,
  card: Card,
  {
    library,
    datasets,
  }: { readonly library: string | undefined; readonly datasets: readonly string[] },
): string {
  const metrics = [...new Set(card.fairness?.map(({ metric }) => metric))]
  const keys = {
    license: card.licence || undefined,
    library_name: library,
    datasets: datasets.length > 0 ? datasets : undefined,
    metrics: metrics.length > 0 ? metrics : undefined,
    'model-index': card.fairness?.length
      ? [{ name, results: card.fairness.map(resultFrom) }]
      : undefined,
  }
  const present = withoutAbsent(keys)
  return Object.keys(present).length === 0 ? '' : `---\n${stringify(present)}---\n\n`
}

function resultFrom({ slice, metric, value }: FairnessValue): object {
  return {
    task: { type: 'other' },
    dataset: { name: slice, type: sliceType },
    metrics: [{ type: metric, value }],
  }
}

function parsed(matter: string): { map: Map<string, unknown> } | { problem: string } {
  if (matter.length > matterCharsMax) {
    return { problem: `its front matter has more than ${matterCharsMax} characters` }
  }
  const yaml = readYaml(matter)
  if ('problem' in yaml) return { problem: `its front matter is ${yaml.problem}` }
  if (yaml.value === null) return { map: new Map() }
  if (!(yaml.value instanceof Map)) return { problem: 'its front matter is no mapping' }
  return { map: new Map([...yaml.value].map(([key, item]) => [String(key), item])) }
}

/** `model-index`: values of slices as fairness, all others as lines of evaluation data. */
function resultsOf(
  index: unknown,
): { fairness: FairnessValue[] | undefined; evaluation: string | undefined } | undefined {
  if (!Array.isArray(index)) return undefined
  const results = index.flatMap((model) => listAt(model, 'results')).flatMap(valuesOf)
  const fairness = results.flatMap(({ name, metric, value, isSlice }) =>
    isSlice && typeof value === 'number' ? [{ slice: name, metric, value }] : [],
  )
  const lines = results
    .filter(({ value, isSlice }) => !isSlice || typeof value !== 'number')
    .map(({ name, task, metric, value }) => {
      return `- ${name}${task ? ` (${task})` : ''}: ${metric} ${oneLine(value) ?? 'unknown'}`
    })
  return {
    fairness: fairness.length > 0 ? fairness : undefined,
    evaluation: lines.length > 0 ? lines.join('\n') : undefined,
  }
}

/** The values of one result, each with what it was measured on. */
function valuesOf(result: unknown) {
  const dataset = at(result, 'dataset')
  const task = at(result, 'task')
  return listAt(result, 'metrics').map((entry) => ({
    name: oneLine(at(dataset, 'name')) ?? oneLine(at(dataset, 'type')) ?? 'unnamed dataset',
    isSlice: at(dataset, 'type') === sliceType,
    task: oneLine(at(task, 'name')) ?? oneLine(at(task, 'type')),
    metric: oneLine(at(entry, 'type')) ?? oneLine(at(entry, 'name')) ?? 'unnamed metric',
    value: at(entry, 'value'),
  }))
}

function at(value: unknown, key: string): unknown {
  return value instanceof Map ? value.get(key) : undefined
}

function listAt(value: unknown, key: string): unknown[] {
  const found = at(value, key)
  return Array.isArray(found) ? found : []
}

function oneLine(value: unknown): string | undefined {
  if (Array.isArray(value)) return list(value)?.join(', ')
  if (value === undefined || value === null || typeof value === 'object') return undefined
  return String(value).replace(/\s+/g, ' ').trim() || undefined
}

function list(value: unknown): string[] | undefined {
  const items = (Array.isArray(value) ? value : [value]).flatMap((item) => oneLine(item) ?? [])
  return items.length > 0 ? items : undefined
}

function named(names: readonly string[] | undefined): string | undefined {
  return names && `Datasets:\n\n${names.map((name) => `- ${name}`).join('\n')}`
}

/** What is undefined is not there: YAML and strict schemas know the difference. */
function withoutAbsent<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, item]) => item !== undefined),
  ) as Partial<T>
}
