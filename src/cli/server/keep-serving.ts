import { failureText, logError } from '../../platform/log.ts'

/**
 * Let one request fail alone: what it began beside what failed may fail after it, with nobody to hear of it, and Node
 * would end the process and every other request with it.
 */
export function keepServing(): void {
  process.on('unhandledRejection', (err) => {
    logError({ event: 'work that nobody waited for failed', error: failureText(err) })
  })
}
