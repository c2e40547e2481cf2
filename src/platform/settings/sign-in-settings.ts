import { everywhere, type Setting, server } from './setting.ts'

/** How people and machines sign in, and how much each may do. */
export const signInSettings = [
  {
    ...everywhere,
    name: 'oidc-issuer',
    value: 'url',
    meaning:
      'OpenID Connect provider by which people sign in to the web page, as its discovery document spells it; needs oidc-client-id.',
  },
  {
    ...everywhere,
    name: 'oidc-client-id',
    value: 'id',
    meaning: 'What the provider calls this server.',
  },
  {
    ...everywhere,
    name: 'oidc-client-secret',
    value: 'secret',
    secret: true,
    meaning:
      'Secret that goes with the client id; absent for a public client, which has PKCE alone.',
  },
  {
    ...everywhere,
    name: 'oidc-name',
    value: 'name',
    default: 'single sign-on',
    meaning: 'What the sign-in page calls the provider.',
  },
  {
    ...everywhere,
    name: 'oidc-scopes',
    value: 'scopes',
    default: 'openid profile email',
    meaning: 'Scopes to ask the provider for, with blanks between.',
  },
  {
    ...everywhere,
    name: 'oidc-username-claim',
    value: 'claim',
    default: 'preferred_username',
    meaning: 'Claim that becomes the name of an account made at the first sign-in.',
  },
  {
    ...everywhere,
    name: 'oidc-groups-claim',
    value: 'claim',
    meaning: "Claim that lists a person's groups; without it the provider gives none.",
  },
  {
    ...everywhere,
    name: 'oidc-group-map',
    value: 'json',
    meaning:
      'JSON object from the provider\'s groups to ours, such as {"ML Leads": "ml-approvers"}: others are dropped. Without it groups keep their names.',
  },
  {
    ...everywhere,
    name: 'oidc-admin-group',
    value: 'group',
    meaning: 'Group, after the mapping, whose members are administrators while they are in it.',
  },
  {
    ...everywhere,
    name: 'oidc-audiences',
    value: 'audiences',
    meaning:
      "Comma-separated audiences of the provider's JWTs that are taken as bearer tokens of its people; none when absent.",
  },
  {
    ...everywhere,
    name: 'jwt-issuers',
    value: 'json',
    meaning:
      'JSON list of issuers whose JWTs are taken as bearer tokens of machines, such as GitHub Actions and Kubernetes; docs/sign-in.md has the fields.',
  },
  {
    ...everywhere,
    name: 'cf-access-team',
    value: 'team',
    meaning:
      'Cloudflare Access team whose Cf-Access-Jwt-Assertion header tells who asks: acme, or acme.cloudflareaccess.com; needs cf-access-aud.',
  },
  {
    ...everywhere,
    name: 'cf-access-aud',
    value: 'tags',
    meaning: 'Comma-separated audience tags of the Access applications in front of this server.',
  },
  {
    ...server,
    name: 'trusted-proxies',
    value: 'networks',
    meaning:
      'Comma-separated addresses and networks (10.0.0.0/8, ::1) of proxies whose X-Forwarded-For, -Proto, -Host and -Prefix count; none when absent.',
  },
  {
    ...server,
    name: 'proxy-user-header',
    value: 'header',
    meaning:
      'Header in which a trusted proxy names the user who signed in at it; needs trusted-proxies to be set.',
  },
  {
    ...server,
    name: 'proxy-groups-header',
    value: 'header',
    meaning: "Header in which a trusted proxy lists that user's groups, with commas between.",
  },
  {
    ...everywhere,
    name: 'session-idle-hours',
    value: 'hours',
    default: '12',
    meaning: 'A session of the web page ends after so long without a request.',
  },
  {
    ...everywhere,
    name: 'session-hours',
    value: 'hours',
    default: '168',
    meaning: 'A session of the web page ends so long after the sign-in, used or not.',
  },
  {
    ...everywhere,
    name: 'rate-limit',
    value: 'number',
    default: '0',
    meaning:
      'Requests per second of one caller, counted in each process and each isolate of a Worker; more are answered 429. 0: no limit.',
  },
  {
    ...everywhere,
    name: 'storage-quota',
    value: 'bytes',
    default: '0',
    meaning:
      'Bytes that the artifacts stored by one account may have; more are answered 429. 0: no limit.',
  },
] as const satisfies readonly Setting[]
