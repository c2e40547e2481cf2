import { checkKey, checkLength, truncate } from '../core/names.ts'

/** Tags or metadata. */
export type Texts = { readonly [key: string]: string }

export const nameTag = 'mlflow.traceName'
export const sessionKey = 'mlflow.trace.session'
export const userKey = 'mlflow.trace.user'
export const finalizedKey = 'mlflow.trace.infoFinalized'
export const sizeStatsKey = 'mlflow.trace.sizeStats'
/** Tags that say where something is kept: the server's word counts. */
export const spansTag = 'mlflow.trace.spansLocation'
export const artifactsTag = 'mlflow.artifactLocation'
export const placeTags: ReadonlySet<string> = new Set([spansTag, artifactsTag])

const nameCharsMax = 4096
const sessionCharsMax = 250
export const tagCharsMax = 4096
const infoValueCharsMax = 8000

/** Of the type and the name of a kind of spans, which is kept once for many traces; longer ones are cut. */
export const kindCharsMax = 250

/** @throws INVALID_PARAMETER_VALUE the name of a trace, or of its session, is too long */
export function checkNamed(key: string, value: string): void {
  if (key === nameTag) checkLength(value, nameCharsMax, 'Trace name')
  if (key === sessionKey) checkLength(value, sessionCharsMax, 'Session ID')
}

/**
 * Tags or metadata as they are kept: values cut, and without those by which the server says where
 * things are.
 *
 * @throws INVALID_PARAMETER_VALUE a key that MLflow would refuse for a tag, or `checkNamed` does
 */
export function keepTexts(texts: Texts, field: string): Texts {
  const kept = Object.entries(texts).filter(([key]) => !placeTags.has(key))
  return Object.fromEntries(
    kept.map(([key, value]) => {
      checkKey(key, field)
      checkNamed(key, value)
      return [key, truncate(value, infoValueCharsMax)]
    }),
  )
}
