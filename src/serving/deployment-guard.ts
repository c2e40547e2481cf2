import type { PrincipalRecord } from '../core/principal.ts'
import type { Split, SplitTarget, Variant } from '../router/split.ts'
import { readModelUri } from './resolve.ts'

/** Bounds that the variants of a deployment keep, as they are stored. */
export type DeploymentGuard = {
  /** Errors of requests, 0 to 1. */
  readonly max_error_rate?: number | undefined
  readonly max_p95_ms?: number | undefined
  /** By how much the rate of requests that a variant refuses may be above that of the others, 0 to 1. */
  readonly max_refused_excess?: number | undefined
  readonly window_seconds: number
  /** Fewer are not judged. */
  readonly min_requests: number
  /** What becomes of a variant that breaks them: its weight is 0, or its stage is rolled back. */
  readonly action: 'take_out' | 'rollback'
  /** `user:ada`, `group:ops`, `service:scorers`: whose counts it believes, besides those who could act by hand. */
  readonly reporters: readonly string[]
}

/** With the accounts that had the names of the reporters when it was written. */
type KeptGuard = DeploymentGuard & { readonly accounts: Readonly<Record<string, string>> }

/** Steps that are under way, as they are stored. */
export type CanaryState = {
  readonly variant: string
  /** From 0. */
  readonly step: number
  /** Who wrote it, and so moves the version to a stage in the end. */
  readonly by: PrincipalRecord
  /** What the variant meant when the steps began, where its version is to enter a stage. */
  readonly version?: number | undefined
  /** The weights of the others before the first step. */
  readonly weights: Readonly<Record<string, number>>
  /** When the step is over; absent while it is paused. */
  readonly due_at_ms?: number | undefined
  /** What is left of a step that is paused. */
  readonly left_ms?: number | undefined
}

/** A split as it is stored. */
export type GuardedSplit = Split & {
  readonly guard?: KeptGuard | undefined
  readonly canary?: CanaryState | undefined
}

/** The split as it is, moved by nobody any more. */
export function withoutSteps(split: GuardedSplit): GuardedSplit {
  const variants = split.variants.map(({ steps: _, ...variant }) => variant)
  return { ...split, variants, canary: undefined }
}

/** The stage that a variant follows. */
export function stageOf({ uri }: SplitTarget): string | undefined {
  if (uri === undefined) return undefined
  const { selector } = readModelUri(uri)
  return selector.by === 'stage' ? selector.stage : undefined
}

/** The stages that a guard rolls back when their versions break the bounds, and those at the end of steps. */
export function stagesAtStake({
  variants,
  guard,
}: Split & { readonly guard?: DeploymentGuard | undefined }): string[] {
  const entered = variants.flatMap((variant) => stageAfterSteps(variant) ?? [])
  const left =
    guard?.action === 'rollback' ? variants.flatMap((variant) => stageOf(variant) ?? []) : []
  return [...entered, ...left]
}

/** The stage that the version of a variant enters after its last step. */
export function stageAfterSteps({ steps }: Pick<Variant, 'steps'>): string | undefined {
  return steps?.at(-1)?.then?.stage
}
