import { toUtf8 } from '../core/bytes.ts'
import { letOthersRun } from '../core/rounds.ts'
import type { AppContext } from './app-env.ts'

const turnCharsMax = 1_000_000

/** Answer JSON. Each step of writing a long answer is a turn of its own. */
export async function sendJson(c: AppContext, reply: object, status: 200 | 201): Promise<Response> {
  const text = JSON.stringify(reply)
  const headers = { 'content-type': 'application/json' }
  if (text.length < turnCharsMax) return c.body(text, status, headers)
  await letOthersRun()
  return c.body(toUtf8(text), status, headers)
}
