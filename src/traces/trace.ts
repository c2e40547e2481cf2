import { absent, invalid, type RegistryError } from '../core/error.ts'
import { messages } from '../core/messages.ts'
import { checkKey, checkLength, truncate } from '../core/names.ts'
import type { Assessment } from './assessments/assessment.ts'

/** MLflow's TraceState, in the order of its numbers. */
export const traceStates = ['STATE_UNSPECIFIED', 'OK', 'ERROR', 'IN_PROGRESS'] as const
export type TraceState = (typeof traceStates)[number]

export type Texts = { readonly [key: string]: string }

/** A trace without its spans. */
export type TraceInfo = {
  readonly traceId: string
  readonly experimentId: number
  readonly requestTimeMs: number
  readonly durationMs: number | undefined
  readonly state: TraceState
  readonly clientRequestId: string | undefined
  readonly requestPreview: string | undefined
  readonly responsePreview: string | undefined
  /** With those that the server knows: where the spans are, and where the artifacts. */
  readonly tags: Texts
  readonly metadata: Texts
  readonly assessments: readonly Assessment[]
}

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

export function traceNotFound(traceId: string): RegistryError {
  return absent(messages.noTrace(traceId))
}

/** @throws INVALID_PARAMETER_VALUE it is empty, too long, or would name another place as a path */
export function checkTraceId(traceId: string): void {
  if (traceId === '') throw invalid(messages.missing('trace_id'))
  checkLength(traceId, 255, 'trace_id')
  if (/^[^/\\%?#\p{C}]+$/u.test(traceId) && !/^\.+$/.test(traceId)) return
  throw invalid(
    `${messages.wrongText(traceId, 'trace_id')}: it is part of a path, so it must not have any of / \\ % ? # nor be dots alone`,
  )
}

/** @throws INVALID_PARAMETER_VALUE the name of a trace, or of its session, is too long */
export function checkNamed(key: string, value: string): void {
  if (key === nameTag) checkLength(value, nameCharsMax, key)
  if (key === sessionKey) checkLength(value, sessionCharsMax, key)
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
