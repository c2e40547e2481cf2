import { chunksOf } from '../../core/bytes.ts'
import {
  excerptBytesMax,
  excerptWaitMs,
  type Outbound,
  type OutboundAnswer,
  OutboundError,
  type OutboundRequest,
} from '../outbound.ts'

/**
 * Requests by `fetch`. A Worker cannot see which address a name resolves to. Its requests leave
 * from Cloudflare's network, which cannot reach private networks.
 */
export const workersOutbound: Outbound = {
  // A Worker may have six connections at once; one stays free for its other work.
  parallelMax: 5,
  post,
  async resolve() {
    return undefined
  },
}

async function post(request: OutboundRequest): Promise<OutboundAnswer> {
  const { url, headers, body, timeoutMs } = request
  try {
    const answer = await fetch(withoutCredentials(url), {
      method: 'POST',
      redirect: 'manual',
      headers: { ...headers, ...credentialsOf(url) },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    })
    return {
      status: answer.status,
      retryAfter: answer.headers.get('retry-after') ?? undefined,
      excerpt: await excerptOf(answer),
    }
  } catch (err) {
    const isTimeout = err instanceof Error && err.name === 'TimeoutError'
    throw isTimeout
      ? new OutboundError('timeout', 'no answer in time', { cause: err })
      : new OutboundError('unreachable', 'no answer', { cause: err })
  }
}

/** `fetch` refuses a URL with a user name or password. */
function withoutCredentials(url: URL): URL {
  const plain = new URL(url)
  plain.username = ''
  plain.password = ''
  return plain
}

function credentialsOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const bytes = new TextEncoder().encode(pair)
  return { Authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` }
}

async function excerptOf(answer: Response): Promise<string> {
  if (!answer.body) return ''
  const chunks: Uint8Array[] = []
  let size = 0
  const read = async () => {
    for await (const chunk of chunksOf(answer.body as ReadableStream<Uint8Array>)) {
      chunks.push(chunk)
      size += chunk.byteLength
      if (size >= excerptBytesMax) return
    }
  }
  const waited = new Promise<void>((done) => setTimeout(done, excerptWaitMs))
  // The status is there even if the body breaks off.
  await Promise.race([read().catch(() => {}), waited])
  const whole = new Uint8Array(await new Blob(chunks).arrayBuffer())
  return new TextDecoder().decode(whole.subarray(0, excerptBytesMax))
}
