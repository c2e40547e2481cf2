import type { CompletedType, Completion } from '../../completion.ts'
import type { FilterWant } from './filter-wants.ts'

/** What may be put where somebody types, and what is said of it. */
export type Suggestion = { readonly text: string; readonly more: string }

const shownMax = 12
const bareName = /^[^\s'"`=<>!(),;]+$/

const times = ['-1h', '-24h', '-7d', '-30d', 'today', 'yesterday', "'yesterday 9:00'"]
const texts = ['=', '!=', 'LIKE', 'ILIKE']
const comparisons = ['>', '>=', '<', '<=', '=', '!=']

const operators: Readonly<Record<CompletedType, readonly string[]>> = {
  number: comparisons,
  time: comparisons,
  text: texts,
  label: [...texts, 'IS NOT NULL', 'IS NULL'],
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
  const kind = kinds.find(({ prefixes }) => prefixes.some((prefix) => key.startsWith(`${prefix}.`)))
  return attributes[key] ?? kind?.type ?? 'text'
}

async function suggestKeys(source: Completion, typed: string): Promise<Suggestion[]> {
  for (const kind of source.kinds) {
    const prefix = kind.prefixes.find((one) => typed.startsWith(`${one}.`))
    if (prefix === undefined) continue
    return suggestNames(source, [kind], typed.slice(prefix.length + 1).replace(/^[`"]/, ''))
  }
  const attributes = Object.keys(source.attributes)
    .filter((name) => name.includes(typed.toLowerCase()))
    .map((name) => ({ text: `${name} `, more: '' }))
  if (typed.length > 1) {
    const names = await suggestNames(
      source,
      source.kinds.filter(({ isDear }) => !isDear),
      typed,
    )
    const dear = source.kinds.filter(({ isDear }) => isDear)
    return [...names, ...prefixesOf(dear, typed), ...attributes]
  }
  return [...prefixesOf(source.kinds, typed), ...attributes]
}

function prefixesOf(kinds: Completion['kinds'], typed: string): Suggestion[] {
  const usual = kinds.map(({ prefixes }) => prefixes[0] ?? '')
  const fitting = usual.filter((name) => name.startsWith(typed.toLowerCase()))
  return fitting.map((name) => ({ text: `${name}.`, more: '' }))
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
      return found.items.map(([key, count]) => ({
        usual,
        key,
        count,
        more: countedText(source, count, found.newest),
      }))
    }),
  )
  const begins = (key: string) => Number(key.toLowerCase().startsWith(part.toLowerCase()))
  return lists
    .flat()
    .filter(({ key }) => bareName.test(key) || !key.includes('`'))
    .sort((a, b) => begins(b.key) - begins(a.key) || b.count - a.count)
    .map(({ usual, key, more }) => ({
      text: `${usual}.${bareName.test(key) ? key : `\`${key}\``} `,
      more,
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
  return found.items
    .filter(([value]) => !(value.includes("'") && value.includes('"')))
    .slice(0, shownMax)
    .map(([value, count]) => ({
      text: value.includes("'") ? `"${value}" ` : `'${value}' `,
      more: countedText(source, count),
    }))
}

/** @param newest of which alone they were counted, where that was not all */
function countedText({ counted }: Completion, count: number, newest?: number): string {
  return newest === undefined
    ? `${count} ${counted}${count === 1 ? '' : 's'}`
    : `${count} of the newest ${newest} ${counted}s`
}

/** What has a name or a value, and how many. */
type Found = {
  readonly items: readonly (readonly [string, number])[]
  /** So many of the newest were looked at, where there are more. */
  readonly newest: number | undefined
}

/** What is there at these paths, with how many have it; none where the server refuses, as with half a key. */
async function fetchItems(
  { paths, counted }: Completion,
  what: 'key' | 'value',
  query: URLSearchParams,
): Promise<Found> {
  const found = new Map<string, number>()
  let newest: number | undefined
  for (const path of paths) {
    const res = await fetch(`${path}/${what}s?${query}`)
    const { items, is_part, traces_max } = res.ok ? await res.json() : { items: [] }
    if (is_part) newest = traces_max
    for (const item of items) {
      found.set(item[what], item[`${counted}s`] + (found.get(item[what]) ?? 0))
    }
  }
  return { items: [...found], newest }
}
