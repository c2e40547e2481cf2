import { sql } from 'drizzle-orm'
import { versionAddressOf } from '../artifacts/path.ts'
import { excerpt, invalid, RegistryError } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import { hashText } from '../platform/hash.ts'
import { checkAlias, checkModelName } from '../registry/check-names.ts'
import { parseModelUri, type Selector } from '../registry/source/model-uri.ts'
import { resolveSelector } from '../registry/source/resolve-selector.ts'

/** A `models:` URI, taken apart. */
export type ModelUri = { readonly uri: string; readonly name: string; readonly selector: Selector }

/** The version that a URI means at a moment, and how to load it. */
export type Resolution = {
  readonly uri: string
  /** `registered_models.id`: whose rights decide who is told. */
  readonly registeredModelId: number
  readonly model: string
  readonly version: number
  readonly stage: string
  /** Sorted. */
  readonly aliases: readonly string[]
  /** `sha256:` and hex, over its sealed files; undefined when it is not sealed. */
  readonly digest: string | undefined
  readonly source: string
  /** Where clients fetch its files: its own read-only address when it is sealed. */
  readonly downloadUri: string
  readonly runId: string | undefined
}

const uriCharsMax = 1000

/**
 * Read `models:/name/3`, `/Staging`, `/latest` or `models:/name@alias`.
 *
 * @throws INVALID_PARAMETER_VALUE it is none of these
 */
export function readModelUri(uri: string): ModelUri {
  const parsed =
    /^models:\/[^/]/.test(uri) && uri.length <= uriCharsMax ? parseModelUri(uri) : undefined
  if (!parsed?.selector) {
    throw invalid(
      `Invalid model URI '${excerpt(uri)}': use models:/<name>/<version or stage> or models:/<name>@<alias>`,
    )
  }
  const { name, selector } = parsed
  checkModelName(name)
  if (selector.by === 'alias') checkAlias(selector.alias)
  return { uri, name, selector }
}

/**
 * The version that a URI means now.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such model, version or alias, or no version in that stage
 * @throws INVALID_PARAMETER_VALUE no such stage
 */
export async function resolveUri(
  ctx: Context,
  { uri, name, selector }: ModelUri,
): Promise<Resolution> {
  const version = await selectNamed(ctx, name, selector)
  const { manifestId } = version
  const sealed =
    manifestId === null
      ? undefined
      : await ctx.db.first(
          sql<{ digest: string }>`select digest from manifests where id = ${manifestId}`,
        )
  return {
    uri,
    registeredModelId: version.registeredModelId,
    model: version.name,
    version: version.version,
    stage: version.stage,
    aliases: version.aliases,
    digest: sealed?.digest,
    source: version.source,
    downloadUri: manifestId === null ? version.storageLocation : versionAddressOf(version.id),
    runId: version.runId ?? undefined,
  }
}

/** MLflow answers 400 where there is no such alias; a thing that may come to be is missing, not wrong. */
async function selectNamed(ctx: Context, name: string, selector: Selector) {
  try {
    return await resolveSelector(ctx, name, selector)
  } catch (err) {
    const isMissing = err instanceof RegistryError && err.code === 'INVALID_PARAMETER_VALUE'
    if (!isMissing || selector.by !== 'alias') throw err
    throw new RegistryError('RESOURCE_DOES_NOT_EXIST', err.message)
  }
}

/** A short hash of all that a resolution tells: an ETag, without its quotes. */
export async function fingerprintOf(ctx: Context, told: object): Promise<string> {
  return (await hashText(ctx, JSON.stringify(told))).slice(0, fingerprintChars)
}

const fingerprintChars = 16

/** Whether a text may be one that `fingerprintOf` made. */
export function isFingerprint(text: string): boolean {
  return text.length === fingerprintChars && /^[0-9a-f]+$/.test(text)
}
