import { conflict } from '../core/error.ts'
import type { Assessment } from './promotions/assess.ts'

/** What somebody had before them when they decided about a request. */
export type Seen = {
  /** Of the files, `sha256:` and hex; null: not sealed. */
  readonly digest: string | null
  /** 0: there is no card. */
  readonly cardRevision: number
  readonly policies: readonly SeenPolicy[]
  /** Of metrics, params and the like; undefined: the caller does not say. */
  readonly factsDigest?: string | null | undefined
  /** The version that has the target, or had it last; null: none; undefined: the caller does not say. */
  readonly comparedWith?: number | null | undefined
}

type SeenPolicy = { readonly name: string; readonly revision: number }

/** What a request shows now. */
function seenOf({ candidate, cardRevision, policies, current }: SeenParts): Seen {
  return {
    digest: candidate.digest,
    cardRevision,
    policies: policies.map(({ name, revision }) => ({ name, revision })),
    factsDigest: candidate.factsDigest,
    comparedWith: current?.version ?? null,
  }
}

type SeenParts = Pick<Assessment, 'cardRevision'> & {
  readonly candidate: Pick<Assessment['candidate'], 'digest' | 'factsDigest'>
  readonly current: Pick<NonNullable<Assessment['current']>, 'version'> | undefined
  readonly policies: readonly SeenPolicy[]
}

/**
 * Refuse a decision about something else than what was seen. The write that follows is guarded by the
 * same assessment, so nothing comes in between.
 *
 * @throws RESOURCE_CONFLICT the message says what changed
 */
export function refuseUnseen(id: number, assessment: Assessment, seen: Seen | undefined): void {
  const changes = seen ? changesSince(seen, seenOf(assessment)) : []
  if (changes.length === 0) return
  throw conflict(
    `Promotion request #${id} changed since it was looked at, so nothing was done: ${changes.join('; ')}`,
  )
}

/** What differs, one sentence each. */
function changesSince(seen: Seen, now: Seen): string[] {
  const isOther = seen.factsDigest !== undefined && seen.factsDigest !== now.factsDigest
  return [
    ...(seen.digest === now.digest
      ? []
      : [`the files are ${now.digest ?? 'not sealed'}, not ${seen.digest ?? 'unsealed'}`]),
    ...(seen.cardRevision === now.cardRevision
      ? []
      : [`the model card is at revision ${now.cardRevision}, not ${seen.cardRevision}`]),
    ...policyChanges(seen.policies, now.policies),
    ...(isOther ? ['metrics, params or other facts of the version changed'] : []),
    ...(seen.comparedWith === undefined || seen.comparedWith === now.comparedWith
      ? []
      : [
          `it is compared with ${comparedText(now.comparedWith)}, not with ${comparedText(seen.comparedWith)}`,
        ]),
  ]
}

function comparedText(version: number | null | undefined): string {
  return version == null ? 'no version' : `version ${version}`
}

function policyChanges(seen: readonly SeenPolicy[], now: readonly SeenPolicy[]): string[] {
  const before = new Map(seen.map(({ name, revision }) => [name, revision]))
  const after = new Map(now.map(({ name, revision }) => [name, revision]))
  const names = [...new Set([...before.keys(), ...after.keys()])].sort()
  return names.flatMap((name) => {
    const [was, is] = [before.get(name), after.get(name)]
    if (was === is) return []
    if (was === undefined) return [`policy '${name}' guards it as well`]
    if (is === undefined) return [`policy '${name}' does not guard it any more`]
    return [`policy '${name}' is at revision ${is}, not ${was}`]
  })
}
