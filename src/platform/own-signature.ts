import { fromHex, toHex, toUtf8 } from '../core/bytes.ts'

const algorithm = { name: 'HMAC', hash: 'SHA-256' }

/** What the server signs by its own key, to know it again: lower-case hex. */
export async function signText(signingKey: string, text: string): Promise<string> {
  const signature = await crypto.subtle.sign('HMAC', await keyFrom(signingKey), toUtf8(text))
  return toHex(new Uint8Array(signature))
}

/** Whether `signText` made it. Takes the same time for any wrong signature. */
export async function isSigned(
  signingKey: string,
  text: string,
  signature: string,
): Promise<boolean> {
  if (!/^[0-9a-f]{64}$/.test(signature)) return false
  const key = await keyFrom(signingKey)
  return crypto.subtle.verify('HMAC', key, fromHex(signature), toUtf8(text))
}

function keyFrom(signingKey: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', toUtf8(signingKey), algorithm, false, ['sign', 'verify'])
}
