import type { Given } from '../settings/setting-table.ts'
import { StartError } from '../start-error.ts'
import type { S3Options } from './s3-client.ts'

/**
 * The options given by `s3://bucket/prefix` and the `s3-...` settings together.
 *
 * @throws StartError it is no such URL, or the keys are missing
 */
export function s3Options(place: string, given: Given): S3Options {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/+(.*?))?\/*$/.exec(place)
  if (!match?.[1]) throw new StartError(`'${place}' is no bucket; give s3://bucket/prefix`)
  const accessKeyId = given('s3-access-key-id')
  const secretAccessKey = given('s3-secret-access-key')
  if (!accessKeyId || !secretAccessKey) {
    throw new StartError(
      `'${place}' needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or GATEHOUSE_S3_ACCESS_KEY_ID and GATEHOUSE_S3_SECRET_ACCESS_KEY)`,
    )
  }
  return {
    bucket: match[1],
    prefix: match[2] ? `${match[2]}/` : '',
    endpoint: given('s3-endpoint'),
    region: given('s3-region') ?? 'us-east-1',
    accessKeyId,
    secretAccessKey,
    sessionToken: given('s3-session-token'),
  }
}

/**
 * Whether clients are to send parts to the bucket of `place` themselves.
 *
 * @throws StartError the setting names another place
 */
export function signsParts(place: string, given: Given): boolean {
  const wanted = given('direct-uploads')
  if (wanted === undefined || wanted === place) return wanted !== undefined
  throw new StartError(
    `direct-uploads is '${wanted}', and artifacts are stored in '${place}': both must name the same bucket and prefix`,
  )
}
