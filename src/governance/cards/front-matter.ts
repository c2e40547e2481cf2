import { stringify } from 'yaml'
import { excerpt } from '../../core/error.ts'
import { readYaml } from '../../registry/model-files/read-yaml.ts'
import { type Card, type FairnessValue, isText } from './card-shape.ts'
import { at, oneLine, readModelIndex, sliceType } from './model-index.ts'
import { writeMarkdown } from './write-markdown.ts'

/**
 * The YAML at the head of a Hugging Face card: its keys that have a field here, both ways. See
 * https://huggingface.co/docs/hub/model-cards for the keys.
 */
const matterCharsMax = 64_000

export type FrontMatter = {
  /** The card that it describes, not checked against the limits of a card. */
  readonly card: Card
  /** Markdown of everything that has no field of its own; empty for none. */
  readonly rest: string
  /** What is in `rest` although its key has a field, in words for the card's author. */
  readonly problems: readonly string[]
}

/**
 * Front matter is the text between two lines of `---`. The first of them is the first line of the
 * text that is not blank.
 */
export function splitFrontMatter(text: string): { matter: string | undefined; body: string } {
  const match =
    /^\uFEFF?(?:[ \t]*\r?\n)*---[ \t]*\r?\n(?:([\s\S]*?)\r?\n)?---[ \t]*(?:\r?\n|$)/.exec(text)
  if (!match) return { matter: undefined, body: text }
  return { matter: match[1] ?? '', body: text.slice(match[0].length) }
}

/** @returns its contents, or why none of it can be read */
export async function readFrontMatter(matter: string): Promise<FrontMatter | { problem: string }> {
  const keys = await parsed(matter)
  if ('problem' in keys) return keys
  const { map: rest, unread, problems } = keys
  const take = (...names: string[]) => {
    for (const name of names) {
      const { lines, left } = linesOf(rest.get(name))
      const why = whyLeft(left)
      if (why !== undefined) {
        rest.set(name, left.length === 1 ? left[0] : left)
        problems.push(`'${name}' of its front matter has ${why}; it is kept in notes`)
      } else if (lines.length > 0) rest.delete(name)
      if (lines.length > 0) return lines
    }
    return undefined
  }
  const results = takeIndex(keys)
  const card: Card = {
    licence: take('license', 'licence')?.join(', '),
    owners: take('owners', 'authors'),
    contacts: take('contacts', 'contact'),
    training_data: datasetList(take('datasets')),
    fairness: results?.fairness.length ? [...results.fairness] : undefined,
    evaluation_data: results?.lines.join('\n') || undefined,
  }
  const yaml = rest.size === 0 ? [] : [stringify(rest).trimEnd()]
  // YAML can escape characters that no text may have: then the escapes are kept.
  const values = yaml.every(isText) ? [...yaml, ...unread] : [matter]
  return {
    card: withoutAbsent(card),
    rest: await writeMarkdown(values.map((value) => ({ type: 'code', value }))),
    problems,
  }
}

/** Take the results of the key `model-index` out of the map, as far as a card has fields for them. */
function takeIndex({ map: rest, problems }: Keys): ReturnType<typeof readModelIndex> | undefined {
  const index = rest.get('model-index')
  if (!isPlain(index)) {
    problems.push(`'model-index' of its front matter has ${unreadable}; it is kept in notes`)
    return undefined
  }
  const results = Array.isArray(index) ? readModelIndex(index) : undefined
  if (results?.others.length) {
    rest.set('model-index', results.others)
    problems.push(
      "'model-index' of its front matter has results without values; they are kept in notes",
    )
  } else if (results) rest.delete('model-index')
  return results
}

/** Why parts of a value do not fit a field of lines; undefined: all do. */
function whyLeft(left: readonly unknown[]): string | undefined {
  if (left.length === 0) return undefined
  return left.every(isPlain) ? 'more than lines of text' : unreadable
}

const unreadable = 'control characters, or is not valid Unicode'

/** Whether all text in a value is such that a card may have it: YAML can escape any character. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'string') return isText(value)
  if (Array.isArray(value)) return value.every(isPlain)
  return !(value instanceof Map) || [...value].every(isPlain)
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

type Keys = { map: Map<string, unknown>; unread: string[]; problems: string[] }

/** The keys of front matter, and the texts of those that were not read. */
async function parsed(matter: string): Promise<Keys | { problem: string }> {
  const blocks = blocksOf(matter)
  const whole = matter.length <= matterCharsMax ? await readYaml(matter) : undefined
  if (!whole || 'problem' in whole) {
    const keys = await parsedByKey(blocks)
    return keys.map.size > 0 || !whole ? keys : { problem: `its front matter is ${whole.problem}` }
  }
  if (whole.value === null) return { map: new Map(), unread: [], problems: [] }
  if (!(whole.value instanceof Map)) return { problem: 'its front matter is no mapping' }
  const map = new Map([...whole.value].map(([key, item]) => [String(key), item]))
  // If a key is there twice, YAML takes the last.
  const last = new Map(blocks.map((block) => [block.key, block]))
  const twice = blocks.filter((block) => last.get(block.key) !== block)
  return {
    map,
    unread: twice.map(({ text }) => text),
    problems: twice.map(
      ({ key }) => `'${key}' is in its front matter twice; the first is kept in notes`,
    ),
  }
}

/**
 * Each key by itself, the shortest first, so that a long key does not use up the room of others.
 */
async function parsedByKey(blocks: readonly MatterBlock[]): Promise<Keys> {
  const map = new Map<string, unknown>()
  const unread: string[] = []
  const problems: string[] = []
  let charsLeft = matterCharsMax
  for (const { key, text } of [...blocks].sort((a, b) => a.text.length - b.text.length)) {
    charsLeft -= text.length
    const yaml =
      charsLeft < 0
        ? { problem: `too long: at most ${matterCharsMax} characters of front matter are read` }
        : await readYaml(text)
    if (
      !('problem' in yaml) &&
      yaml.value instanceof Map &&
      yaml.value.size === 1 &&
      !map.has(key)
    ) {
      for (const value of yaml.value.values()) map.set(key, value)
    } else if (text.trim() !== '') {
      unread.push(text)
      const why = 'problem' in yaml ? yaml.problem : 'no key of its own'
      problems.push(`'${excerpt(key)}' of its front matter is ${why}; it is kept in notes`)
    }
  }
  return { map, unread, problems }
}

type MatterBlock = { readonly key: string; readonly text: string }

/** The text of each key at the left margin, with the lines below it up to the next key. */
function blocksOf(matter: string): MatterBlock[] {
  const blocks: { key: string; lines: string[] }[] = []
  for (const line of matter.split(/\r?\n/)) {
    const [, quoted, plain] =
      /^(?:["']([^"']+)["']|([^\s#"'[\]{},-][^:]*)):(?:\s|$)/.exec(line) ?? []
    const key = (quoted ?? plain)?.trim()
    if (key !== undefined || blocks.length === 0) blocks.push({ key: key ?? '', lines: [line] })
    else blocks.at(-1)?.lines.push(line)
  }
  return blocks.map(({ key, lines }) => ({ key, text: lines.join('\n').trimEnd() }))
}

/** The lines of text that a value has, and the parts of it that say more than a line. */
function linesOf(value: unknown): { lines: string[]; left: unknown[] } {
  const lines: string[] = []
  const left: unknown[] = []
  for (const item of Array.isArray(value) ? value : [value]) {
    const line = oneLine(item) ?? oneLine(at(item, 'name'))
    const isLine = line !== undefined && isText(line)
    if (isLine) lines.push(line)
    if (typeof item === 'object' ? item !== null : line !== undefined && !isLine) left.push(item)
  }
  return { lines, left }
}

function datasetList(names: readonly string[] | undefined): string | undefined {
  return names && `Datasets:\n\n${names.map((name) => `- ${name}`).join('\n')}`
}

/** Without the keys that are undefined: to YAML and strict schemas these are not absent. */
function withoutAbsent<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, item]) => item !== undefined),
  ) as Partial<T>
}
