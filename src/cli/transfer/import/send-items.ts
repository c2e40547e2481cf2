import type { z } from 'zod'
import type { importExperiments } from '../../../api/endpoints/imports.ts'
import { ApiError } from '../../../client/client.ts'

type Sent = z.output<typeof importExperiments.answer>

const attemptsMax = 3

/**
 * Send things in one call. A call that the server does not take as it is, malformed or too large, is made
 * in halves, so that one bad thing is one refusal; one that another change got in the way of is made again.
 *
 * @throws ApiError for any other reason
 */
export async function sendItems<T>(
  items: T[],
  send: (items: T[]) => Promise<Sent>,
  idOf: (item: T) => string,
): Promise<Sent['items']> {
  for (let attempt = 1; ; attempt++) {
    try {
      return (await send(items)).items
    } catch (err) {
      if (!(err instanceof ApiError && [400, 409, 413].includes(err.status))) throw err
      if (err.status === 409 && attempt < attemptsMax) continue
      const [first] = items
      if (items.length === 1 && first !== undefined) {
        return [{ id: idOf(first), state: 'refused', problem: err.message }]
      }
      const half = Math.ceil(items.length / 2)
      return [
        ...(await sendItems(items.slice(0, half), send, idOf)),
        ...(await sendItems(items.slice(half), send, idOf)),
      ]
    }
  }
}
