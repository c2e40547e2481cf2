import { RequestLimitError } from '../core/error.ts'
import type { Platform } from './context.ts'

/** Half of the four threads on which Node makes these hashes, and also reads and writes files. */
const workersMax = 2
/** About three seconds of work. */
const waitingMax = 32
const retryAfterS = 2

/**
 * Slow hashes of passwords, a few at a time and the others in the order in which they came. With
 * hundreds at once, from many addresses or names, no file could be read meanwhile.
 */
export function passwordTurns(): Platform['takePasswordTurn'] {
  let working = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    if (working < workersMax) working++
    else await waitIn(waiting)
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else working--
    }
  }
}

function waitIn(waiting: (() => void)[]): Promise<void> {
  if (waiting.length >= waitingMax) {
    throw new RequestLimitError(
      `Too many passwords are being checked at this moment; try again in ${retryAfterS} s, or with an access token`,
      retryAfterS,
    )
  }
  return new Promise((begin) => waiting.push(begin))
}
