import { invalid } from '../core/error.ts'
import type { AppContext } from './app-env.ts'
import { readText } from './body.ts'

/**
 * The request's body, which must be a JSON object; no body counts as an empty one.
 *
 * @param parse throws INVALID_PARAMETER_VALUE for what is not JSON
 * @throws PAYLOAD_TOO_LARGE, or INVALID_PARAMETER_VALUE for any other body
 */
export async function readJsonObject(
  c: AppContext,
  parse: (text: string) => unknown,
): Promise<object> {
  const text = await readText(c)
  if (text === '') return {}
  const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json') {
    throw invalid(`Content-Type must be application/json, not '${type ?? ''}'`)
  }
  const body = parse(text)
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalid('The request body must be a JSON object')
  }
  return body
}
