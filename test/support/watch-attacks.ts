import { beforeEach } from 'vitest'
import { turnMsMax, watchTurns } from './turns.ts'

/**
 * No attack blocks the event loop. A test that did is tried again (`retry` in vitest.config.ts): what
 * blocks by itself does so each time. The random sequences of sign-off take too long for that.
 */
beforeEach(async ({ task }) => {
  const { filepath } = task.file
  if (!filepath.includes('/test/attacks/') || filepath.endsWith('/sign-off.test.ts')) return
  const watch = await watchTurns()
  return async () => {
    const longestMs = await watch.stop()
    if (longestMs >= turnMsMax) {
      throw new Error(`a turn of the event loop took ${Math.round(longestMs)} ms`)
    }
  }
})
