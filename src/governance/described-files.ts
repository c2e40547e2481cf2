import type { Context } from '../platform/context.ts'
import type { ModelVersion } from '../registry/read-versions.ts'

/** What a version's files and its card say of it, as values by name that can be compared. */
export type Described = {
  /** The columns of the signature: `input amount`: `double`. */
  readonly signature?: ReadonlyMap<string, string>
  /** Requirements by package: `scikit-learn`: `==1.5.0`. */
  readonly environment?: ReadonlyMap<string, string>
  /** Fields of the card. */
  readonly card?: ReadonlyMap<string, string>
}

/**
 * The seam to the model card: what is not known of a version is absent, and is compared with nothing.
 */
export async function describeFiles(_ctx: Context, _version: ModelVersion): Promise<Described> {
  return {}
}
