import type { AppContext } from '../../http/app-env.ts'
import { searchRegisteredModels } from '../../registry/models/search-models.ts'

const shownMax = 3
const readMax = 200

/** Names of models near the one that the address names, the nearest first; only those that the caller may read. */
export async function findNearest(c: AppContext): Promise<string[]> {
  const name = /\/models\/([^/]+)/.exec(c.req.path)?.[1]
  if (name === undefined) return []
  const wanted = decoded(name).toLowerCase().slice(0, charsMax)
  // A name with another beginning is hardly what somebody meant to type.
  const start = [...wanted].slice(0, 2).join('')
  if (!/^[\p{L}\p{N}]+$/u.test(start)) return []
  const { items } = await searchRegisteredModels(c.var.ctx, {
    filter: `name ILIKE '${start}%'`,
    orderBy: [],
    maxResults: readMax,
    pageToken: undefined,
  })
  return items
    .map((model) => ({ name: model.name, distance: distanceOf(wanted, model.name.toLowerCase()) }))
    .filter(({ distance }) => distance <= Math.max(2, wanted.length / 2))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, shownMax)
    .map((model) => model.name)
}

const charsMax = 100

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** How many characters have to be put in, left out or replaced. */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, i) => i)
  for (const [i, char] of [...one].entries()) {
    const next = [i + 1]
    for (let j = 0; j < other.length; j++) {
      const replaced = (row[j] ?? 0) + (other[j] === char ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
