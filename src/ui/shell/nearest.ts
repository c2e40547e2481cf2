import { nearestOf } from '../../core/names.ts'
import type { AppContext } from '../../http/app-env.ts'
import { searchRegisteredModels } from '../../registry/models/search-models.ts'

const shownMax = 3
const readMax = 200

/** Names near the one that the address names, the nearest first, of models or of prompts as the address says. */
export type Nearest = { readonly kind: 'models' | 'prompts'; readonly names: readonly string[] }

/** Only what the caller may read. */
export async function findNearest(c: AppContext): Promise<Nearest> {
  const [, kind, name] = /\/(models|prompts)\/([^/]+)/.exec(c.req.path) ?? []
  if (name === undefined) return { kind: 'models', names: [] }
  return kind === 'prompts'
    ? { kind, names: await namesNear(c, name, " AND tags.`mlflow.prompt.is_prompt` = 'true'") }
    : { kind: 'models', names: await namesNear(c, name, '') }
}

async function namesNear(c: AppContext, name: string, only: string): Promise<string[]> {
  const wanted = decoded(name).slice(0, charsMax)
  // A name with another beginning is hardly what somebody meant to type.
  const start = [...wanted].slice(0, 2).join('')
  if (!/^[\p{L}\p{N}]+$/u.test(start)) return []
  const { items } = await searchRegisteredModels(c.var.ctx, {
    filter: `name ILIKE '${start}%'${only}`,
    orderBy: [],
    maxResults: readMax,
    pageToken: undefined,
  })
  const names = items.map((model) => model.name)
  const nearest: string[] = []
  while (nearest.length < shownMax) {
    const found = nearestOf(
      wanted,
      names.filter((one) => !nearest.includes(one)),
    )
    if (found === undefined) break
    nearest.push(found)
  }
  return nearest
}

const charsMax = 100

/** Of an address; what no text can be is left as it is. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
