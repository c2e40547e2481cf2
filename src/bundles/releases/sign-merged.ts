import { RegistryError } from '../../core/error.ts'
import {
  type DueVersion,
  isDueSql,
  keepSigningProblem,
  keepWaiting,
  listDueVersions,
} from '../../governance/signing/signatures-due.ts'
import { type Platform, systemContext } from '../../platform/context.ts'
import { failureText, logError } from '../../platform/log.ts'
import { tryBundle } from './make-bundle.ts'

const versionsPerRun = 10
const minuteMs = 60_000
const retryMs = 5 * minuteMs

/**
 * Sign the versions of requests that were merged under a policy that says so. Each version is handled by
 * itself: one that fails is tried again after a while and keeps none back. Several processes may do it at
 * once; one of them makes the bundle.
 */
export async function signMerged(platform: Platform): Promise<void> {
  for (const version of await listDueVersions(platform, versionsPerRun)) {
    await signOne(platform, version)
  }
}

async function signOne(platform: Platform, { id, workspace, name, version }: DueVersion) {
  const ctx = systemContext(platform, workspace)
  try {
    const made = await tryBundle(ctx, name, { version, guard: isDueSql(id) })
    if (!made) await keepWaiting(platform, id)
  } catch (err) {
    logError({ event: 'version not signed', version: id, error: failureText(err) })
    await keepSigningProblem(platform, id, {
      problem: err instanceof RegistryError ? err.message : 'the server log says why',
      nextTryMs: platform.now() + retryMs,
    })
  }
}
