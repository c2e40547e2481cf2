import type { Context } from '../../platform/context.ts'
import type { Facts } from '../../registry/facts/facts.ts'
import type { ModelVersion } from '../../registry/versions/read-versions.ts'
import { readCurrentRevision } from '../cards/read-card.ts'
import type { SignatureColumn } from '../policies/facts.ts'
import { signatureFrom } from '../signature.ts'

/** What a version's files and its card say about it, as values by name that can be compared. */
export type Described = {
  /** The columns of the signature: `input amount`: `double`. */
  readonly signature?: ReadonlyMap<string, string>
  /** Requirements by package: `scikit-learn`: `==1.5.0`. */
  readonly environment?: ReadonlyMap<string, string>
  /** Fields of the card that somebody filled; values that are not text are JSON. */
  readonly card?: ReadonlyMap<string, string>
}

/**
 * What is not known of a version is absent, and is compared with nothing.
 *
 * @param facts as far as the caller may read them
 * @throws DATA_LOSS the card that was logged is damaged
 */
export async function describeFiles(
  ctx: Context,
  version: ModelVersion,
  facts: Facts | undefined,
): Promise<Described> {
  const { current } = await readCurrentRevision(ctx, version)
  const signature = signatureFrom(facts?.signature)
  return {
    ...(signature && {
      signature: new Map([
        ...columnsOf('input', signature.inputs),
        ...columnsOf('output', signature.outputs),
        ...columnsOf('param', signature.params ?? []),
      ]),
    }),
    ...(facts?.environment && { environment: new Map(facts.environment.map(requirement)) }),
    ...(current && { card: new Map(Object.entries(current.card).map(textOf)) }),
  }
}

/** Columns without a name, as tensors are, go by their place. */
function columnsOf(kind: string, columns: readonly SignatureColumn[]): [string, string][] {
  return columns.map(({ name, type, required }, place) => [
    `${kind} ${name || place + 1}`,
    required ? type : `${type}, optional`,
  ])
}

/**
 * `Scikit_Learn[x] ==1.5.0 ; extra` by the normalized name of the package; other lines stand for
 * themselves.
 */
function requirement(line: string): [string, string] {
  const [, name, rest = ''] = /^([A-Za-z0-9][\w.-]*)\s*(.*)$/.exec(line) ?? []
  if (name === undefined || rest.startsWith(':')) return [line, 'required']
  return [name.toLowerCase().replace(/[-_.]+/g, '-'), rest || 'any version']
}

function textOf([field, value]: [string, unknown]): [string, string] {
  return [field, typeof value === 'string' ? value : JSON.stringify(value)]
}
