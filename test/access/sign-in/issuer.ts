import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

/** When all these tests take place, Unix ms. */
export const noonMs = Date.UTC(2026, 5, 1, 12)

/**
 * An issuer of tokens: its keys, and what it answers at its addresses. It stands behind the
 * platform's `fetch`, so that it is there in workerd too.
 */
export async function testIssuer(url = 'https://issuer.example') {
  let current: { kid: string; privateKey: CryptoKey; publicKey: JWK }
  const asked: string[] = []
  let away = false
  const rotate = async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const kid = crypto.randomUUID()
    current = { kid, privateKey, publicKey: { ...(await exportJWK(publicKey)), kid, alg: 'ES256' } }
  }
  await rotate()
  const documents: Record<string, () => object> = {
    '/.well-known/openid-configuration': () => ({ issuer: url, jwks_uri: `${url}/keys` }),
    '/keys': () => ({ keys: [current.publicKey] }),
    '/cdn-cgi/access/certs': () => ({ keys: [current.publicKey] }),
  }
  return {
    url,
    asked,
    rotate,
    /** Stop answering, or go on. */
    setAway: (isAway: boolean) => {
      away = isAway
    },
    publicKeys: () => ({ keys: [current.publicKey] }),
    /** A token for five minutes from noon on; claims as given win, and an undefined one is left out. */
    sign: (
      claims: Partial<Record<string, unknown>>,
      key: CryptoKey | Uint8Array = current.privateKey,
      alg = 'ES256',
    ) =>
      new SignJWT({
        iss: url,
        aud: 'gatehouse',
        iat: noonMs / 1000,
        exp: noonMs / 1000 + 300,
        ...claims,
      })
        .setProtectedHeader({ alg, kid: current.kid })
        .sign(key),
    fetch: async (asking: string) => {
      asked.push(asking)
      if (away) throw new TypeError('fetch failed')
      const document = asking.startsWith(url) && documents[asking.slice(url.length)]
      return document ? Response.json(document()) : new Response(null, { status: 404 })
    },
  }
}
