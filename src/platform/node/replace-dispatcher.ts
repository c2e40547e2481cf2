import { Agent, EnvHttpProxyAgent, setGlobalDispatcher } from 'undici'

/** As Node does it: HTTP/1.1, and through a proxy where the environment says so. */
export function replaceDispatcher(): void {
  const isProxied = process.env.NODE_USE_ENV_PROXY === '1'
  setGlobalDispatcher(new (isProxied ? EnvHttpProxyAgent : Agent)({ allowH2: false }))
}
