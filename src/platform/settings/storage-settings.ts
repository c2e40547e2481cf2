import { type Setting, storage, storageEverywhere } from './setting.ts'

/** Where the database and the artifacts are. */
export const storageSettings = [
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
    ...storageEverywhere,
    name: 'direct-uploads',
    value: 'place',
    meaning:
      'Clients send the parts of large files straight to the bucket, by URLs that its keys sign: s3://bucket/prefix, that of the artifacts, at the endpoint that clients reach. Whom a storage quota counts for sends them through the server.',
  },
  {
    ...storageEverywhere,
    name: 's3-endpoint',
    value: 'url',
    also: ['MLFLOW_S3_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'],
    meaning: "URL of an S3-compatible store; Amazon's own when absent.",
  },
  {
    ...storageEverywhere,
    name: 's3-region',
    value: 'region',
    default: 'us-east-1',
    also: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
    meaning: 'Region of the S3 bucket.',
  },
  {
    ...storageEverywhere,
    name: 's3-access-key-id',
    value: 'id',
    secret: true,
    also: ['AWS_ACCESS_KEY_ID'],
    meaning: 'Access key for S3.',
  },
  {
    ...storageEverywhere,
    name: 's3-secret-access-key',
    value: 'key',
    secret: true,
    also: ['AWS_SECRET_ACCESS_KEY'],
    meaning: 'Secret key for S3.',
  },
  {
    ...storageEverywhere,
    name: 's3-session-token',
    value: 'token',
    secret: true,
    also: ['AWS_SESSION_TOKEN'],
    meaning: 'Session token that belongs to temporary S3 keys.',
  },
] as const satisfies readonly Setting[]
