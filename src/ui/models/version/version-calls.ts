import { errorsWindowMs } from '../../../serving/counts/errors-of-version.ts'
import type { Paths } from '../../paths.ts'
import type { ShownCall } from '../../shell/api-call.tsx'
import type { VersionStanding } from './read-version.ts'

/** Calls that answer what the page of a version shows, one for each part. */
export function versionCalls(to: Paths, standing: VersionStanding): readonly ShownCall[] {
  const { name, version } = standing.lineage.version
  const path = `/api/v1/models/${encodeURIComponent(name)}/versions/${version}`
  return [
    { about: 'The version', method: 'GET', path },
    ...(standing.requests.length > 0
      ? [
          {
            about: 'Its open requests',
            method: 'GET' as const,
            path: to.query('/api/v1/promotions', {
              model: name,
              version: String(version),
              status: 'open',
            }),
          },
        ]
      : []),
    ...standing.errors.slice(0, 1).map(({ deployment }) => ({
      about: `How it does in ${deployment}`,
      method: 'GET' as const,
      path: to.query(`/api/v1/deployments/${encodeURIComponent(deployment)}/stats`, {
        window_seconds: String(errorsWindowMs / 1000),
      }),
    })),
    { about: 'Its card', method: 'GET', path: `${path}/card` },
    { about: 'Its lineage', method: 'GET', path: `${path}/lineage` },
    { about: 'Its files', method: 'GET', path: `${path}/files` },
  ]
}
