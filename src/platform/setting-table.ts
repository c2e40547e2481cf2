/** One thing that an operator may set. Flags, environment, help and docs are all made from these. */
export type Setting = {
  /** Its flag without dashes; `GATEHOUSE_` and this in capitals is its variable. */
  readonly name: string
  /** What `--help` calls the value; absent for a switch. */
  readonly value?: string
  readonly default?: string
  /** Names by which MLflow's own server knows it. */
  readonly mlflow?: { readonly env: string; readonly flag?: string }
  /** Taken from the environment alone, so that no process list shows it. */
  readonly secret?: true
  /** `storage`: every command that opens the data; `server`: the server alone; `files`: S3 access. */
  readonly of: 'storage' | 'server'
  /** Whether a Worker reads it too, from its vars and secrets. */
  readonly worker: boolean
  readonly meaning: string
}

export const settingTable = [
  {
    name: 'host',
    value: 'address',
    default: '127.0.0.1',
    mlflow: { env: 'MLFLOW_HOST' },
    of: 'server',
    worker: false,
    meaning: 'Address to listen on; 0.0.0.0 for every network of the machine.',
  },
  {
    name: 'port',
    value: 'number',
    default: '5000',
    mlflow: { env: 'MLFLOW_PORT' },
    of: 'server',
    worker: false,
    meaning: 'Port to listen on; 0 for any free one.',
  },
  {
    name: 'data',
    value: 'folder',
    default: './gatehouse-data',
    of: 'storage',
    worker: false,
    meaning: 'Folder of the database file, the artifacts and the signing key.',
  },
  {
    name: 'database-url',
    value: 'url',
    mlflow: { env: 'MLFLOW_BACKEND_STORE_URI', flag: 'backend-store-uri' },
    of: 'storage',
    worker: false,
    meaning:
      'libSQL database: a path or file: URL, or libsql://, https://, http:// of a libSQL server. Default: gatehouse.db in the data folder.',
  },
  {
    name: 'database-token',
    value: 'token',
    secret: true,
    of: 'storage',
    worker: false,
    meaning: 'Token for a libSQL server.',
  },
  {
    name: 'artifacts',
    value: 'place',
    mlflow: { env: 'MLFLOW_ARTIFACTS_DESTINATION', flag: 'artifacts-destination' },
    of: 'storage',
    worker: false,
    meaning:
      'Where file bodies are stored: a folder or s3://bucket/prefix. Default: artifacts in the data folder.',
  },
] as const satisfies readonly Setting[]

export type SettingName = (typeof settingTable)[number]['name']

/** The environment variable of a setting: `GATEHOUSE_DATABASE_URL` for `database-url`. */
export function variableOf(name: string): string {
  return `GATEHOUSE_${name.toUpperCase().replaceAll('-', '_')}`
}
