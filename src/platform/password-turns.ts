import { RequestLimitError } from '../core/error.ts'
import type { Platform } from './context.ts'

/** Rounds of PBKDF2 with SHA-256 in the hashes of new passwords, by runtime. */
export const passwordRounds = {
  /** What OWASP advises (Password Storage Cheat Sheet, 2023). */
  node: 600_000,
  /** The most that Workers allow in production; a local workerd has no limit. */
  workerd: 100_000,
} as const

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
