/** What an answer tells of who made it. */
export const answerHeaders = {
  version: 'X-Gatehouse-Model-Version',
  variant: 'X-Gatehouse-Variant',
  requestId: 'X-Gatehouse-Request-Id',
} as const

/** The id of a request, as the scorer and the caller get it; none where it has none. */
export function idHeader(requestId: string | undefined): [string, string][] {
  return requestId === undefined ? [] : [[answerHeaders.requestId, requestId]]
}

/** What stands between two neighbours alone, and is not passed on (RFC 9110, 7.6.1). */
const ofConnection = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
])

/** What `Connection` cannot take out: how long the body is, and for whom the request is. */
const ofMessage = new Set(['content-length', 'host'])

const ours = new Set(Object.values(answerHeaders).map((name) => name.toLowerCase()))

/** Names and values of a message that are passed on: not those of the connection, nor those that only a router says. */
export function keptHeaders(all: readonly (readonly [string, string])[]): [string, string][] {
  const named = new Set(
    all.flatMap(([name, value]) =>
      name.toLowerCase() === 'connection'
        ? value.split(',').map((each) => each.trim().toLowerCase())
        : [],
    ),
  )
  return all.flatMap(([name, value]): [string, string][] => {
    const lower = name.toLowerCase()
    const isOfConnection = ofConnection.has(lower) || (named.has(lower) && !ofMessage.has(lower))
    return isOfConnection || ours.has(lower) ? [] : [[name, value]]
  })
}
