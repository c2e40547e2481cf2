import type { CompletedType, Completion } from '../../completion.ts'
import type { FilterWant } from './filter-wants.ts'

/** What may be put where somebody types, and what is said of it. */
export type Suggestion = { readonly text: string; readonly more: string }

const shownMax = 12
const bareName = /^[^\s'"`=<>!(),;]+$/

const times = ['-1h', '-24h', '-7d', '-30d', 'today', 'yesterday', "'yesterday 9:00'"]
const comparisons = ['>', '>=', '<', '<=', '=', '!=']

const operators: Readonly<Record<CompletedType, readonly string[]>> = {
  number: comparisons,
  time: comparisons,
  text: ['=', '!=', 'LIKE', 'ILIKE', 'IS NOT NULL', 'IS NULL'],
  any: ['=', '!=', '>', '>=', '<', '<=', 'IS NOT NULL', 'IS NULL'],
  pattern: ['ILIKE', 'LIKE'],
}

export async function suggestFor(
  source: Completion,
  want: FilterWant,
): Promise<readonly Suggestion[]> {
  const { what, typed, key } = want
  switch (what) {
    case 'key':
      return (await suggestKeys(source, typed)).slice(0, shownMax)
    case 'operator': {
      const known = operators[typeOf(source, key)]
      const fitting = known.filter((one) => one.startsWith(typed.toUpperCase()))
      return fitting.map((one) => ({ text: `${one} `, more: '' }))
    }
    case 'value':
      return suggestValues(source, key, typed)
    case 'join':
      return 'AND'.startsWith(typed.toUpperCase()) ? [{ text: 'AND ', more: '' }] : []
  }
}

function typeOf({ attributes, kinds }: Completion, key: string): CompletedType {
  const prefix = key.slice(0, Math.max(0, key.indexOf('.')))
  const kind = kinds.find(({ prefixes }) => prefixes.includes(prefix))
  return attributes[key] ?? kind?.type ?? 'text'
}

async function suggestKeys(source: Completion, typed: string): Promise<Suggestion[]> {
  const dot = typed.indexOf('.')
  const ofPrefix = source.kinds.filter(({ prefixes }) => prefixes.includes(typed.slice(0, dot)))
  if (dot > 0 && ofPrefix.length > 0) {
    return suggestNames(source, ofPrefix, typed.slice(dot + 1).replace(/^[`"]/, ''))
  }
  const attributes = Object.keys(source.attributes)
    .filter((name) => name.includes(typed.toLowerCase()))
    .map((name) => ({ text: `${name} `, more: '' }))
  if (typed.length > 1) {
    return [...(await suggestNames(source, source.kinds, typed)), ...attributes]
  }
  const usual = source.kinds.map(({ prefixes }) => prefixes[0] ?? '')
  const prefixes = usual.filter((name) => name.startsWith(typed.toLowerCase()))
  return [...prefixes.map((name) => ({ text: `${name}.`, more: '' })), ...attributes]
}

async function suggestNames(
  source: Completion,
  of: Completion['kinds'],
  part: string,
): Promise<Suggestion[]> {
  const lists = await Promise.all(
    of.map(async ({ kind, prefixes: [usual] }) => {
      const query = new URLSearchParams({ kind, contains: part, max_results: String(shownMax) })
      const found = await fetchItems(source, 'key', query)
      return found.map(([key, count]) => ({ usual, key, count }))
    }),
  )
  const begins = (key: string) => Number(key.toLowerCase().startsWith(part.toLowerCase()))
  return lists
    .flat()
    .filter(({ key }) => bareName.test(key) || !key.includes('`'))
    .sort((a, b) => begins(b.key) - begins(a.key) || b.count - a.count)
    .map(({ usual, key, count }) => ({
      text: `${usual}.${bareName.test(key) ? key : `\`${key}\``} `,
      more: countedText(source, count),
    }))
}

async function suggestValues(
  source: Completion,
  key: string,
  typed: string,
): Promise<Suggestion[]> {
  const type = typeOf(source, key)
  if (type === 'time') {
    const fitting = times.filter((one) => one.startsWith(typed))
    return fitting.map((one) => ({ text: `${one} `, more: '' }))
  }
  if (type === 'number' || type === 'pattern') return []
  const query = new URLSearchParams({ key, prefix: typed.replace(/^['"]/, '') })
  const found = await fetchItems(source, 'value', query)
  return found
    .filter(([value]) => !(value.includes("'") && value.includes('"')))
    .slice(0, shownMax)
    .map(([value, count]) => ({
      text: value.includes("'") ? `"${value}" ` : `'${value}' `,
      more: countedText(source, count),
    }))
}

function countedText({ counted }: Completion, count: number): string {
  return `${count} ${counted}${count === 1 ? '' : 's'}`
}

/** What is there at these paths, with how many have it; none where the server refuses, as with half a key. */
async function fetchItems(
  { paths, counted }: Completion,
  what: 'key' | 'value',
  query: URLSearchParams,
): Promise<[string, number][]> {
  const found = new Map<string, number>()
  for (const path of paths) {
    const res = await fetch(`${path}/${what}s?${query}`, {
      headers: { accept: 'application/json' },
    })
    const { items } = res.ok ? await res.json() : { items: [] }
    for (const item of items) {
      found.set(item[what], item[`${counted}s`] + (found.get(item[what]) ?? 0))
    }
  }
  return [...found]
}
