import { everywhere, type Setting, server, variableOf } from './setting.ts'
import { signInSettings } from './sign-in-settings.ts'
import { storageSettings } from './storage-settings.ts'
import { webhookSettings } from './webhook-settings.ts'

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
  ...storageSettings,
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
    name: 'bundle-key',
    value: 'key',
    secret: true,
    meaning:
      'Signs release bundles: an ECDSA P-256 key as PKCS#8, in PEM or its base64 alone. Made at the first use and kept in the data folder when absent; a Worker without it makes no bundles. See docs/bundles.md.',
  },
  {
    ...everywhere,
    name: 'auth',
    meaning:
      'Callers must sign in, and may do what they have a right to; off, everybody may do everything. A Worker has it on unless the value is 0, false or off.',
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
    name: 'enable-workspaces',
    also: ['MLFLOW_ENABLE_WORKSPACES'],
    meaning:
      'Callers name a workspace, and find nothing of another; off, everything is in one. See docs/workspaces.md.',
  },
  {
    ...everywhere,
    name: 'grant-default-workspace-access',
    meaning:
      'With workspaces and access control, the workspace `default` is open to everybody, with the default permission; else it takes a role, as any other.',
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
    ...server,
    name: 'mlflow-ui',
    value: 'folder',
    meaning:
      "Serve MLflow's own page under /mlflow-ui: the folder mlflow/server/js/build of an installed mlflow. See docs/mlflow-compatibility.md.",
  },
  {
    ...everywhere,
    name: 'allowed-hosts',
    value: 'hosts',
    also: ['MLFLOW_SERVER_ALLOWED_HOSTS'],
    meaning:
      'Comma-separated Host headers to answer: host, host:port, host:* for any port, * within a label; * for any host. When absent: localhost and private addresses, and on Workers every host that is routed to them.',
  },
  {
    ...everywhere,
    name: 'public-url',
    value: 'url',
    meaning:
      'Where people and clients reach this server, such as https://ml.example.com/mlflow. Every URL that it writes begins so. When absent: as each request came, and as trusted-proxies say.',
  },
  {
    ...everywhere,
    name: 'contact',
    value: 'text',
    meaning:
      'Whom people ask who lack a right or met a fault, such as ml-platform@example.com: at most 200 characters. Everybody who reaches the server reads it, signed in or not.',
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
    name: 'gc-after-days',
    value: 'days',
    default: '0',
    meaning:
      'The server removes by itself the bytes that no path and no version has referred to for so many days; 0: it keeps them until `gatehouse gc`. On Workers 30 unless set, which is as far as D1 can be put back.',
  },
  {
    ...everywhere,
    name: 'purge-after-days',
    value: 'days',
    default: '0',
    meaning:
      'The server deletes for good by itself what was deleted so many days ago: runs, logged models and experiments, some hundreds an hour; 0: they stay, and can be restored, until `gatehouse gc --purge-deleted`.',
  },
  {
    ...everywhere,
    name: 'storage-price',
    value: 'amount',
    meaning:
      'What a gigabyte (10⁹ bytes) costs a month, such as 0.023, in whatever currency: the report of what versions take tells what that comes to.',
  },
  ...webhookSettings,
  {
    ...everywhere,
    name: 'package-stage',
    value: 'stage',
    default: 'Production',
    meaning:
      "The stage that model packages of SageMaker's clients are approved for: approving one moves it there. See docs/sagemaker.md.",
  },
  {
    ...everywhere,
    name: 'aws-account',
    value: 'digits',
    default: '000000000000',
    meaning:
      "The account in the ARNs that SageMaker's clients and receivers of events get; ARNs of other accounts are refused.",
  },
  {
    ...everywhere,
    name: 'aws-region',
    value: 'region',
    default: 'us-east-1',
    meaning:
      'The region in the ARNs of events, and of answers to requests that were not signed for one.',
  },
  {
    ...server,
    name: 'static-prefix',
    value: 'path',
    also: ['MLFLOW_STATIC_PREFIX'],
    meaning:
      'Path such as /mlflow under which a proxy passes requests on; both forms are served. The path of public-url when absent.',
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

/** The value that was set, or the default; undefined where there is neither. */
export type Given = (name: SettingName) => string | undefined

/**
 * Settings from variables: ours wins over the others, and those over the default. An empty variable
 * counts as not set.
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
