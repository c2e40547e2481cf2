import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import Provider from 'oidc-provider'

/** Whom the provider knows: what they type as their login, and what it says of them. */
export type Person = { readonly sub: string } & Readonly<Record<string, unknown>>

export const clientId = 'gatehouse'
export const clientSecret = 'a-secret-of-the-client-32-characters'
export const machineId = 'trainer'
export const machineSecret = 'a-secret-of-the-machine-32-character'

/** The audience of the access tokens that machines get. */
export const audience = 'urn:gatehouse'

/**
 * A real OpenID Connect provider on a free port of this machine, with its own pages to sign in and
 * to consent.
 */
export async function startProvider(people: readonly Person[]) {
  let listener: RequestListener = (_req, res) => res.writeHead(503).end()
  const server = createServer((req, res) => listener(req, res))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}`
  return {
    issuer,
    /** Let sign-ins lead back to `redirectUri`, by new keys. */
    async open(redirectUri: string) {
      const { privateKey } = await generateKeyPair('RS256', { extractable: true })
      const jwk = { ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256' }
      listener = new Provider(issuer, configuration(people, redirectUri, jwk)).callback()
    },
    stop: () =>
      new Promise<void>((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

function configuration(people: readonly Person[], redirectUri: string, jwk: object): object {
  return {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [redirectUri],
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
      {
        client_id: machineId,
        client_secret: machineSecret,
        redirect_uris: [],
        response_types: [],
        grant_types: ['client_credentials'],
      },
    ],
    jwks: { keys: [jwk] },
    cookies: { keys: ['a key for cookies'] },
    claims: {
      openid: ['sub'],
      profile: ['preferred_username', 'groups'],
      email: ['email', 'email_verified'],
    },
    pkce: { required: () => true },
    features: {
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_ctx: unknown, client: { clientId: string }) =>
          client.clientId === machineId ? audience : undefined,
        getResourceServerInfo: () => ({
          scope: '',
          audience,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
        }),
      },
    },
    findAccount: (_ctx: unknown, login: string) => {
      const person = people.find(({ sub }) => sub === login)
      return person && { accountId: login, claims: () => person }
    },
  }
}
