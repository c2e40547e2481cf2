import { everywhere, type Setting, server, storage, variableOf } from './setting.ts'
import { signInSettings } from './sign-in-settings.ts'

export const settingTable = [
  {
    ...server,
    name: 'host',
    value: 'address',
    default: '127.0.0.1',
    also: ['MLFLOW_HOST'],
    meaning: 'Address to listen on; 0.0.0.0 for every network of the machine.',
  },
  {
    ...server,
    name: 'port',
    value: 'number',
    default: '5000',
    also: ['MLFLOW_PORT'],
    meaning: 'Port to listen on; 0 for any free one.',
  },
  {
    ...storage,
    name: 'data',
    value: 'folder',
    default: './gatehouse-data',
    meaning: 'Folder of the database file, the artifacts and the signing key.',
  },
  {
    ...storage,
    name: 'database-url',
    value: 'url',
    also: ['MLFLOW_BACKEND_STORE_URI'],
    alsoFlag: { name: 'backend-store-uri', value: 'url' },
    meaning:
      "libSQL database: a path or file: URL, or libsql://, https:// or http:// of a libSQL server; gatehouse.db in the data folder when absent. MLflow's own databases (sqlite:, postgresql:, mysql:) are refused.",
  },
  {
    ...storage,
    name: 'database-token',
    value: 'token',
    secret: true,
    meaning: 'Token for a libSQL server.',
  },
  {
    ...storage,
    name: 'durability',
    value: 'when',
    default: 'normal',
    meaning:
      'normal: no acknowledged write is lost when the process dies; full: nor when the machine loses power, since each is flushed to the disk before the answer. For a database file and a folder of artifacts.',
  },
  {
    ...storage,
    name: 'artifacts',
    value: 'place',
    also: ['MLFLOW_ARTIFACTS_DESTINATION'],
    alsoFlag: { name: 'artifacts-destination', value: 'place' },
    meaning:
      'Where file bodies are stored: a folder, or s3://bucket/prefix; artifacts in the data folder when absent.',
  },
  {
    ...storage,
    name: 's3-endpoint',
    value: 'url',
    also: ['MLFLOW_S3_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'],
    meaning: "URL of an S3-compatible store; Amazon's own when absent.",
  },
  {
    ...storage,
    name: 's3-region',
    value: 'region',
    default: 'us-east-1',
    also: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
    meaning: 'Region of the S3 bucket.',
  },
  {
    ...storage,
    name: 's3-access-key-id',
    value: 'id',
    secret: true,
    also: ['AWS_ACCESS_KEY_ID'],
    meaning: 'Access key for S3.',
  },
  {
    ...storage,
    name: 's3-secret-access-key',
    value: 'key',
    secret: true,
    also: ['AWS_SECRET_ACCESS_KEY'],
    meaning: 'Secret key for S3.',
  },
  {
    ...storage,
    name: 's3-session-token',
    value: 'token',
    secret: true,
    also: ['AWS_SESSION_TOKEN'],
    meaning: 'Session token that belongs to temporary S3 keys.',
  },
  {
    ...everywhere,
    name: 'signing-key',
    value: 'key',
    secret: true,
    meaning:
      'Signs the URLs of upload parts; at least 16 characters. Made once and kept in the data folder when absent; a Worker without it refuses multipart uploads.',
  },
  {
    ...everywhere,
    name: 'auth',
    meaning:
      'Callers must sign in, and may do what they have a right to; off, everybody may do everything.',
  },
  ...signInSettings,
  {
    ...everywhere,
    name: 'admin-user',
    value: 'name',
    default: 'admin',
    also: ['MLFLOW_AUTH_ADMIN_USERNAME'],
    meaning: 'Name of the administrator that the first start with --auth makes.',
  },
  {
    ...everywhere,
    name: 'admin-password',
    value: 'password',
    secret: true,
    also: ['MLFLOW_AUTH_ADMIN_PASSWORD'],
    meaning:
      'Password of that administrator, at least 12 characters; without it a random one is printed once, and a Worker lets nobody in. Read only while there is no administrator.',
  },
  {
    ...everywhere,
    name: 'default-permission',
    value: 'level',
    default: 'READ',
    meaning:
      'With access control, what every signed-in caller has on an experiment or registered model that nothing was granted to it on: NO_PERMISSIONS, READ, USE, EDIT or MANAGE.',
  },
  {
    ...everywhere,
    name: 'default-artifact-root',
    value: 'uri',
    default: 'mlflow-artifacts:',
    also: ['MLFLOW_DEFAULT_ARTIFACT_ROOT'],
    meaning: 'Where new experiments keep their artifacts; the default is this server itself.',
  },
  {
    ...everywhere,
    name: 'artifact-schemes',
    value: 'schemes',
    meaning:
      "Comma-separated URI schemes that an experiment's artifact location may have besides mlflow-artifacts; any when absent.",
  },
  {
    ...everywhere,
    name: 'source-pattern',
    value: 'regex',
    also: ['MLFLOW_CREATE_MODEL_VERSION_SOURCE_VALIDATION_REGEX'],
    meaning: "What a model version's source must match.",
  },
  {
    ...everywhere,
    name: 'source-schemes',
    value: 'schemes',
    also: ['MLFLOW_ALLOWED_HOST_ADDRESSED_ARTIFACT_SCHEMES'],
    meaning:
      "Comma-separated URI schemes that a model version's source may have although they address a host.",
  },
  {
    ...everywhere,
    name: 'allowed-hosts',
    value: 'hosts',
    also: ['MLFLOW_SERVER_ALLOWED_HOSTS'],
    meaning:
      'Comma-separated Host headers to answer: host, host:port, host:* for any port, * within a label; * for any host. When absent: localhost and private addresses.',
  },
  {
    ...everywhere,
    name: 'cors-allowed-origins',
    value: 'origins',
    also: ['MLFLOW_SERVER_CORS_ALLOWED_ORIGINS'],
    meaning:
      'Comma-separated browser origins that may call the API, such as https://notebooks.example.com; * for any. Pages of the server itself and of localhost always may.',
  },
  {
    ...everywhere,
    name: 'x-frame-options',
    value: 'policy',
    default: 'SAMEORIGIN',
    also: ['MLFLOW_SERVER_X_FRAME_OPTIONS'],
    meaning: 'X-Frame-Options of every answer: SAMEORIGIN, DENY or NONE.',
  },
  {
    ...everywhere,
    name: 'disable-security-middleware',
    also: ['MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE'],
    meaning: 'Answer any Host and any Origin. For tests behind a closed door only.',
  },
  {
    ...everywhere,
    name: 'json-bytes-max',
    value: 'bytes',
    default: '20000000',
    meaning: 'Largest JSON body; a larger one is answered 413. Artifacts have no such limit.',
  },
  {
    ...everywhere,
    name: 'webhook-schemes',
    value: 'schemes',
    default: 'https',
    also: ['MLFLOW_WEBHOOK_ALLOWED_SCHEMES'],
    meaning: 'Comma-separated URI schemes that a webhook may have: https, http.',
  },
  {
    ...everywhere,
    name: 'webhook-hosts',
    value: 'hosts',
    meaning:
      'Comma-separated host or host:port that webhooks may reach although the address is private, by http too. For development and for receivers inside.',
  },
  {
    ...everywhere,
    name: 'webhook-allow-private',
    also: ['MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS'],
    meaning:
      'Webhooks may reach any address, private ones and the metadata services of clouds too. For tests behind a closed door only; webhook-hosts names single hosts.',
  },
  {
    ...everywhere,
    name: 'webhook-timeout',
    value: 'seconds',
    default: '30',
    also: ['MLFLOW_WEBHOOK_REQUEST_TIMEOUT'],
    meaning: 'How long a receiver may take to answer.',
  },
  {
    ...everywhere,
    name: 'webhook-retries',
    value: 'number',
    default: '3',
    also: ['MLFLOW_WEBHOOK_REQUEST_MAX_RETRIES'],
    meaning:
      'How often a delivery is tried again, after 1, 2, 4 and so on up to 60 seconds, before it is logged as failed.',
  },
  {
    ...everywhere,
    name: 'webhook-secret-key',
    value: 'key',
    secret: true,
    also: ['MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY'],
    meaning:
      "Encrypts the webhooks' secrets in the database; at least 16 characters. The signing key when absent.",
  },
  {
    ...server,
    name: 'static-prefix',
    value: 'path',
    also: ['MLFLOW_STATIC_PREFIX'],
    meaning: 'Path such as /mlflow under which a proxy passes requests on; both forms are served.',
  },
  {
    ...server,
    name: 'log-level',
    value: 'level',
    default: 'error',
    meaning:
      'error: start, stop and failures; info: a line for each request as well. Lines are JSON.',
  },
  {
    ...server,
    name: 'metrics',
    also: ['MLFLOW_EXPOSE_PROMETHEUS'],
    alsoFlag: { name: 'expose-prometheus', value: 'folder' },
    meaning:
      "Serve counts, latencies and bytes by operation at /metrics for Prometheus. The folder that MLflow's spelling names is not used.",
  },
] as const satisfies readonly Setting[]

export type SettingName = (typeof settingTable)[number]['name']

/** What somebody set, or the default; undefined where there is neither. */
export type Given = (name: SettingName) => string | undefined

/**
 * Settings from variables: ours wins over the others, those over the default. An empty variable is
 * one that nobody set.
 */
export function givenBy(variables: Readonly<Record<string, unknown>>): Given {
  const read = (variable: string) => {
    const value = variables[variable]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  return (name) => {
    const setting: Setting | undefined = settingTable.find((entry) => entry.name === name)
    const names = [variableOf(name), ...(setting?.also ?? [])]
    return names.map(read).find((value) => value !== undefined) ?? setting?.default
  }
}
