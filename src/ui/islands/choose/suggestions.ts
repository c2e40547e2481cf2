import type { FilterWant } from './filter-wants.ts'

/** What may be put where somebody types, and what is said of it. */
export type Suggestion = { readonly text: string; readonly more: string }

const shownMax = 12
const bareName = /^[^\s'"`=<>!(),;]+$/
const kinds = { metric: 'metrics', param: 'params', tag: 'tags' } as const
type Kind = keyof typeof kinds

const operators = {
  number: ['>', '>=', '<', '<=', '=', '!='],
  text: ['=', '!=', 'LIKE', 'ILIKE', 'IS NOT NULL', 'IS NULL'],
} as const

/** What a form says about its filters: where names and values are asked for, and attributes. */
type Source = {
  readonly complete?: string | undefined
  /** `status:text start_time:number`. */
  readonly attributes?: string | undefined
}

export async function suggestFor(source: Source, want: FilterWant): Promise<readonly Suggestion[]> {
  const { what, typed, key } = want
  switch (what) {
    case 'key':
      return (await suggestKeys(source, typed)).slice(0, shownMax)
    case 'operator': {
      const known = operators[isNumber(source, key) ? 'number' : 'text']
      const fitting = known.filter((one) => one.startsWith(typed.toUpperCase()))
      return fitting.map((one) => ({ text: `${one} `, more: '' }))
    }
    case 'value':
      return isNumber(source, key) ? [] : suggestValues(source, key, typed)
    case 'join':
      return 'AND'.startsWith(typed.toUpperCase()) ? [{ text: 'AND ', more: '' }] : []
  }
}

function attributesOf({ attributes = '' }: Source): readonly (readonly string[])[] {
  return attributes.split(' ').map((one) => one.split(':'))
}

function isNumber(source: Source, key: string): boolean {
  const type = attributesOf(source).find(([name]) => name === key)?.[1]
  return type === 'number' || /^metrics?\./.test(key)
}

async function suggestKeys(source: Source, typed: string): Promise<Suggestion[]> {
  const [, prefix, rest = ''] = /^(metric|param|parameter|tag)s?\.(.*)$/s.exec(typed) ?? []
  if (prefix !== undefined) {
    const kind = prefix === 'parameter' ? 'param' : prefix
    return suggestNames(source, [kind as Kind], rest.replace(/^[`"]/, ''))
  }
  const attributes = attributesOf(source)
    .map(([name = '']) => name)
    .filter((name) => name.includes(typed.toLowerCase()))
    .map((name) => ({ text: `${name} `, more: '' }))
  if (typed.length > 1) {
    return [...(await suggestNames(source, ['metric', 'param', 'tag'], typed)), ...attributes]
  }
  const prefixes = Object.values(kinds).filter((name) => name.startsWith(typed.toLowerCase()))
  return [...prefixes.map((name) => ({ text: `${name}.`, more: '' })), ...attributes]
}

async function suggestNames(
  { complete = '' }: Source,
  of: readonly Kind[],
  part: string,
): Promise<Suggestion[]> {
  const lists = await Promise.all(
    of.map(async (kind) => {
      const query = new URLSearchParams({ kind, contains: part, max_results: String(shownMax) })
      const found = await fetchItems(complete, 'key', query)
      return found.map(([key, runs]) => ({ kind, key, runs }))
    }),
  )
  const begins = (key: string) => Number(key.toLowerCase().startsWith(part.toLowerCase()))
  return lists
    .flat()
    .filter(({ key }) => bareName.test(key) || !key.includes('`'))
    .sort((a, b) => begins(b.key) - begins(a.key) || b.runs - a.runs)
    .map(({ kind, key, runs }) => ({
      text: `${kinds[kind]}.${bareName.test(key) ? key : `\`${key}\``} `,
      more: `${runs} run${runs === 1 ? '' : 's'}`,
    }))
}

async function suggestValues(
  { complete = '' }: Source,
  key: string,
  typed: string,
): Promise<Suggestion[]> {
  const query = new URLSearchParams({ key, prefix: typed.replace(/^['"]/, '') })
  const found = await fetchItems(complete, 'value', query)
  return found
    .filter(([value]) => !(value.includes("'") && value.includes('"')))
    .slice(0, shownMax)
    .map(([value, runs]) => ({
      text: value.includes("'") ? `"${value}" ` : `'${value}' `,
      more: `${runs} run${runs === 1 ? '' : 's'}`,
    }))
}

/** What is there at these paths, with how many runs have it; none where the server refuses, as with half a key. */
async function fetchItems(
  paths: string,
  what: 'key' | 'value',
  query: URLSearchParams,
): Promise<[string, number][]> {
  const found = new Map<string, number>()
  for (const path of paths.split(' ')) {
    const res = await fetch(`${path}/${what}s?${query}`, {
      headers: { accept: 'application/json' },
    })
    const { items } = res.ok ? await res.json() : { items: [] }
    for (const item of items) found.set(item[what], item.runs + (found.get(item[what]) ?? 0))
  }
  return [...found]
}
