import type { Command } from 'commander'
import { type GatehouseClient, readJson } from '../client/client.ts'
import { StartError } from '../platform/start-error.ts'

export type KeyAndValue = { readonly key: string; readonly value: string }

/**
 * Call MLflow's API, where this server has no other for it.
 *
 * @param call `GET runs/get`, below /api/2.0/mlflow/
 * @param fields the query of a GET, else the body
 */
export async function callMlflow<T>(
  client: GatehouseClient,
  call: string,
  fields: Readonly<Record<string, unknown>>,
): Promise<T> {
  const [method = '', path = ''] = call.split(' ')
  const given = method === 'GET' ? { query: fields } : { body: fields }
  const answer = await readJson(await client.request(method, `/api/2.0/mlflow/${path}`, given))
  // The caller names the shape that MLflow documents; every field but ids may be missing.
  return answer as T
}

export type MlflowPage<T> = { readonly items: T[]; readonly hasMore: boolean }

type MlflowSearch = {
  /** The field of the answer that has the items. */
  readonly key: string
  readonly limit: number
  readonly [field: string]: unknown
}

/** The first items of a search, page by page, up to a limit. */
export async function searchMlflow<T>(
  client: GatehouseClient,
  call: string,
  { key, limit, ...fields }: MlflowSearch,
): Promise<MlflowPage<T>> {
  const items: T[] = []
  let token: string | undefined
  do {
    const max_results = Math.min(limit - items.length, pageMax)
    const answer = await callMlflow<Readonly<Record<string, unknown>>>(client, call, {
      ...fields,
      max_results,
      page_token: token,
    })
    items.push(...((answer[key] ?? []) as T[]))
    token = answer.next_page_token ? String(answer.next_page_token) : undefined
  } while (token !== undefined && items.length < limit)
  return { items, hasMore: token !== undefined }
}

/** Every search takes so many at once. */
const pageMax = 1000

/** Where MLflow's API has a file of the artifact store. */
export function artifactPathOf(path: string): string {
  return `/api/2.0/mlflow-artifacts/artifacts/${path.split('/').map(encodeURIComponent).join('/')}`
}

/** The flags of a list: how many, in which order. */
export function addListFlags(command: Command, orderExample: string): Command {
  return command
    .option('--limit <number>', 'at most so many', '100')
    .option('--order-by <keys...>', `in this order: '${orderExample}'`)
}

/** What `addListFlags` was given. @throws StartError the limit is no number */
export function listFlagsOf(command: Command) {
  const { limit, orderBy } = command.opts<{ limit: string; orderBy?: string[] }>()
  if (!/^[1-9]\d{0,8}$/.test(limit)) {
    throw new StartError(`--limit is '${limit}'; give a number from 1 on`)
  }
  return { limit: Number(limit), order_by: orderBy }
}

/** `key=value` pairs of arguments. @throws StartError one has no `=` */
export function pairsOf(texts: readonly string[]): KeyAndValue[] {
  return texts.map((text) => {
    const at = text.indexOf('=')
    if (at < 1) throw new StartError(`'${text}' is no tag; give key=value`)
    return { key: text.slice(0, at), value: text.slice(at + 1) }
  })
}

/** `key=value`, with commas between, for a table. */
export function pairsText(pairs: readonly KeyAndValue[] | undefined): string {
  return (pairs ?? []).map(({ key, value }) => `${key}=${value}`).join(', ')
}
