import { failureText, logWarning } from '../log.ts'

/** Whether this process has it already. */
let isMended = false

/**
 * Let `fetch` of this process survive a server that closes a connection while its answer waits to be read:
 * Node's own then throws past everybody and the process ends (nodejs/undici#5360). Below it a newer undici
 * takes the connections, which the first call loads. To go once Node brings that one.
 */
export function mendFetch(): void {
  if (isMended) return
  isMended = true
  const fetchOfNode = globalThis.fetch
  let mended: Promise<void> | undefined
  globalThis.fetch = async (...request) => {
    mended ??= import('./replace-dispatcher.ts').then(
      (file) => file.replaceDispatcher(),
      // An upgrade replaced the files under a server that runs: better by Node's own than not at all.
      (err) => logWarning({ event: 'fetch is as Node has it', error: failureText(err) }),
    )
    await mended
    return fetchOfNode(...request)
  }
}
