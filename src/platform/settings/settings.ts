import type { OidcSettings, ProxySettings, TokenIssuer } from './sign-in.ts'

/** How versions show themselves to SageMaker's clients, as model packages. */
export type PackageSettings = {
  /** The stage that packages are approved for: an approved one is moved there. */
  readonly stage: string
  /** The account in ARNs: twelve digits. */
  readonly account: string
  /** The region in ARNs where the request names none. */
  readonly region: string
}

/** What an operator may set, as capabilities see it; read from flags, environment or bindings. */
export type Settings = {
  /** Where new experiments keep artifacts, without trailing slash. MLflow: `--default-artifact-root`. */
  readonly defaultArtifactRoot: string
  /** Schemes that an experiment's `artifact_location` may have besides `mlflow-artifacts`; undefined: any. */
  readonly artifactSchemes: readonly string[] | undefined
  /** MLFLOW_CREATE_MODEL_VERSION_SOURCE_VALIDATION_REGEX: what a version's source must match. */
  readonly sourcePattern: RegExp | undefined
  /** Schemes that a version's source may have although they address a host. */
  readonly sourceSchemesAllowed: readonly string[]
  /** Whether callers must sign in; off, everybody may do everything, as with MLflow's default server. */
  readonly auth: boolean
  /** The account made where there is no administrator; without a password none is made. */
  readonly firstAdmin: { readonly name: string; readonly password: string | undefined }
  /** With `auth`, a caller's level where it was granted nothing. MLflow: `default_permission`. */
  readonly defaultPermission: 'READ' | 'USE' | 'EDIT' | 'MANAGE' | 'NO_PERMISSIONS'
  /** Whether callers may be in a workspace of their choice; off, everything is in the default one. MLflow: `--enable-workspaces`. */
  readonly workspaces: boolean
  /** Whether everybody has the default permission in the default workspace. MLflow: `grant_default_workspace_access`. */
  readonly grantDefaultWorkspaceAccess: boolean
  /** The provider with which people sign in to the web page. */
  readonly oidc: OidcSettings | undefined
  /** Whose JWTs are taken as bearer tokens. */
  readonly tokenIssuers: readonly TokenIssuer[]
  /** Cloudflare Access, whose assertions come in a header of their own. */
  readonly cloudflareAccess: TokenIssuer | undefined
  readonly proxy: ProxySettings
  /** How long a session of the web page lasts: unused, and in all. */
  readonly sessionIdleMs: number
  readonly sessionMaxMs: number
  /** Requests per second of one caller; 0: no limit. */
  readonly rateLimit: number
  /** Bytes that one account's artifacts may have; 0: no limit. */
  readonly storageQuotaBytes: number
  /** For how long bytes that nothing refers to are kept, before the server removes them; 0: for ever. */
  readonly gcAfterMs: number
  /** How long after their deletion runs, logged models and experiments go for good; 0: never by themselves. */
  readonly purgeAfterMs: number
  /** What a gigabyte of 10⁹ bytes costs a month; undefined: nobody said. */
  readonly storagePrice: number | undefined
  readonly packages: PackageSettings
  /** What every URL of this server begins with, without a slash at its end; undefined: as it was reached. */
  readonly publicUrl: string | undefined
  /** Whom people ask, as pages say it; undefined: nobody said. */
  readonly contact: string | undefined
  /** Signs multipart part URLs and the like. */
  readonly signingKey: string
  /** `host` or `host:port` that requests may name, exactly; `*` for any. */
  readonly allowedHosts: readonly string[]
  /** Browser origins that may write, exactly; `*` for any. */
  readonly corsOrigins: readonly string[]
  /** SAMEORIGIN, DENY or NONE. */
  readonly frameOptions: 'SAMEORIGIN' | 'DENY' | 'NONE'
  /** Largest JSON body in bytes. */
  readonly jsonBytesMax: number
  readonly webhooks: WebhookSettings
  /** The MLflow version that `GET /version` gives; clients choose features by it. */
  readonly mlflowVersion: string
}

/** The path of the public URL, or undefined if it has none: a proxy may leave it on requests. */
export function publicPath({ publicUrl }: Pick<Settings, 'publicUrl'>): string | undefined {
  const { pathname } = new URL(publicUrl ?? 'http://none')
  return pathname === '/' ? undefined : pathname
}

/** Where webhooks may go, and how hard they try. */
export type WebhookSettings = {
  /** Lower case, without colon. */
  readonly schemes: readonly string[]
  /** `host` or `host:port`, lower case: may be private, and be reached by http. */
  readonly hosts: readonly string[]
  readonly allowPrivate: boolean
  readonly timeoutMs: number
  readonly retriesMax: number
  /** Encrypts the webhooks' secrets; undefined: the signing key does. */
  readonly secretKey: string | undefined
}
const hourMs = 3_600_000

export const defaultSettings: Omit<Settings, 'signingKey'> = {
  defaultArtifactRoot: 'mlflow-artifacts:',
  artifactSchemes: undefined,
  sourcePattern: undefined,
  sourceSchemesAllowed: [],
  auth: false,
  firstAdmin: { name: 'admin', password: undefined },
  defaultPermission: 'READ',
  workspaces: false,
  grantDefaultWorkspaceAccess: false,
  oidc: undefined,
  tokenIssuers: [],
  cloudflareAccess: undefined,
  proxy: { trusted: [], userHeader: undefined, groupsHeader: undefined },
  sessionIdleMs: 12 * hourMs,
  sessionMaxMs: 168 * hourMs,
  rateLimit: 0,
  storageQuotaBytes: 0,
  gcAfterMs: 0,
  purgeAfterMs: 0,
  storagePrice: undefined,
  packages: { stage: 'Production', account: '000000000000', region: 'us-east-1' },
  publicUrl: undefined,
  contact: undefined,
  allowedHosts: [],
  corsOrigins: [],
  frameOptions: 'SAMEORIGIN',
  jsonBytesMax: 20_000_000,
  webhooks: {
    schemes: ['https'],
    hosts: [],
    allowPrivate: false,
    timeoutMs: 30_000,
    retriesMax: 3,
    secretKey: undefined,
  },
  mlflowVersion: '3.17.2',
}
