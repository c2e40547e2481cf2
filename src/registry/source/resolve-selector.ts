import type { SQL } from 'drizzle-orm'
import { excerpt, notFound } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { checkModelName } from '../check-names.ts'
import { versionId } from '../ids.ts'
import { getLatestVersions } from '../models/registered-models.ts'
import { getVersionByAlias, latestInStage, versionIdByAlias } from '../stages/aliases.ts'
import { resolveStage } from '../stages/stages.ts'
import type { ModelVersion } from '../versions/read-versions.ts'
import { getVersion } from '../versions/versions.ts'
import type { Selector } from './model-uri.ts'

/**
 * The version that a selector means now; of several in a stage, the one of the highest number.
 *
 * @throws INVALID_PARAMETER_VALUE no such alias or stage
 * @throws RESOURCE_DOES_NOT_EXIST no such model or version, or none in that stage
 */
export async function resolveSelector(
  ctx: Context,
  name: string,
  selector: Selector,
): Promise<ModelVersion> {
  checkModelName(name)
  if (selector.by === 'alias') return getVersionByAlias(ctx, name, selector.alias)
  if (selector.by === 'version') return getVersion(ctx, name, selector.version)
  const stage = await resolveStage(ctx, selector.stage)
  const [version] = await getLatestVersions(ctx, name, [stage])
  if (!version) throw notFound(`Version of model '${excerpt(name)}' in stage`, stage)
  return version
}

/** As `resolveSelector`, as a select of `model_versions.id`: none, or null, where it would throw. */
export function selectedVersionId(ctx: Context, name: string, selector: Selector): SQL {
  if (selector.by === 'alias') return versionIdByAlias(ctx, name, selector.alias)
  if (selector.by === 'version') return versionId(ctx, name, selector.version)
  return latestInStage(ctx, name, selector.stage)
}
