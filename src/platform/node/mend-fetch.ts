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
    mended ??= replaceDispatcher()
    await mended
    return fetchOfNode(...request)
  }
}

async function replaceDispatcher(): Promise<void> {
  const { Agent, EnvHttpProxyAgent, setGlobalDispatcher } = await import('undici')
  // As Node does it: HTTP/1.1, and through a proxy where the environment says so.
  const isProxied = process.env.NODE_USE_ENV_PROXY === '1'
  setGlobalDispatcher(new (isProxied ? EnvHttpProxyAgent : Agent)({ allowH2: false }))
}
