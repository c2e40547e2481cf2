/** What must be true before a version may enter a stage, an alias may point at it, or a deployment may be changed. */
export type Policy = {
  readonly id: number
  readonly name: string
  /** 1 for the first; each change makes the next. */
  readonly revision: number
  readonly document: PolicyDocument
  /** Ids of the accounts that it names, by the names in its document: `user:ada`. */
  readonly accounts: NamedAccounts
  readonly updatedAtMs: number
}

/** `accounts.id` of the users and service accounts that a list names: `user:ada`, `service:ci`. */
export type NamedAccounts = Readonly<Record<string, string>>

/** A stage or an alias that a version is to get. */
export type PromotionTarget =
  | { readonly stage: string; readonly alias?: undefined }
  | { readonly alias: string; readonly stage?: undefined }

/** A policy as its author wrote it, in the words of our REST surface, with what is left out filled in. */
export type PolicyDocument = {
  readonly applies_to: {
    /** A glob: `*` stands for any text. */
    readonly models: string
    readonly stage?: string | undefined
    /** A glob too. */
    readonly alias?: string | undefined
    /** A glob of names of deployments: the policy says who may change them, and nothing else. */
    readonly deployment?: string | undefined
  }
  readonly approvals: ApprovalTerms
  readonly gates: readonly Gate[]
  /**
   * Which facts gates look at: those of now, or those at registration. Absent in older policies:
   * `latest`.
   */
  readonly facts?: 'latest' | 'registered'
  readonly auto_promote: boolean
  /** What is merged under it is signed as a release bundle. Absent, as in older policies: it is not. */
  readonly sign?: boolean
  readonly rollback: { readonly skip_approvals: boolean }
  readonly break_glass: { readonly from: readonly string[] }
}

export type ApprovalTerms = {
  /** One person counts in one rule only. Empty: no approval is needed. */
  readonly rules: readonly ApprovalRule[]
  /** Who alone may request and make the move; empty: everybody who has the right. */
  readonly only: readonly string[]
  readonly self_approval: boolean
  readonly author_may_approve: boolean
  readonly dismiss_stale: boolean
  readonly expire_after_hours: number
  readonly allow_unverified: boolean
}

export type ApprovalRule = {
  readonly required: number
  /** `group:x`, `user:ada`, `service:ci`; empty, as in older policies: nobody's approval counts. */
  readonly from: readonly string[]
}

export type Gate = { readonly name: string } & GateTerms

/** Which traces of a version count. */
export type TraceScopeTerms = {
  /** Absent: from the beginning, where `dataset` says which. */
  readonly window_hours?: number | undefined
  /** The name of a dataset that the run of a trace has read. */
  readonly dataset?: string | undefined
  /** Ids of experiments that count beside the version's own. */
  readonly experiments?: readonly string[] | undefined
}

type GateTerms =
  | {
      readonly type: 'expression'
      readonly expression: string
      /** Of which traces `candidate.traces` and `current.traces` are; absent: it names none. */
      readonly traces?: TraceScopeTerms | undefined
    }
  | {
      readonly type: 'metric'
      readonly metric: string
      readonly min?: number | undefined
      readonly max?: number | undefined
    }
  | { readonly type: 'model_card'; readonly fields: readonly string[] }
  | { readonly type: 'lineage'; readonly require: readonly ('run' | 'dataset')[] }
  | { readonly type: 'signature_compatible' }
  | { readonly type: 'integrity' }
  | {
      readonly type: 'check'
      readonly check: string
      /** Who may post it; absent: everybody but the requester and the authors. */
      readonly from?: readonly string[] | undefined
    }
  | { readonly type: 'soak'; readonly stage: string; readonly hours: number }
  | {
      readonly type: 'fairness'
      readonly metric: string
      readonly max_gap: number
      readonly slices: readonly string[]
    }
  | {
      readonly type: 'tag'
      readonly key: string
      readonly value?: string | undefined
      /** Who may have set it last, except the requester of the move; absent: anybody. */
      readonly set_by?: readonly string[] | undefined
    }
  | {
      readonly type: 'scan'
      /** Names that pickles may import, and modules with all that stands in them. */
      readonly allow?: readonly string[] | undefined
      /** Globs of files that may hold anything. */
      readonly allow_files?: readonly string[] | undefined
    }
  | {
      readonly type: 'attestation'
      /** The type of the predicate, a URI. */
      readonly predicate: string
      /** The name of a trusted key. */
      readonly key: string
    }
  | (TraceScopeTerms & {
      readonly type: 'traces'
      readonly min_count: number
      readonly max_error_rate?: number | undefined
      readonly max_latency_ms?:
        | {
            readonly p50?: number | undefined
            readonly p95?: number | undefined
            readonly p99?: number | undefined
          }
        | undefined
      readonly feedback?:
        | {
            readonly name: string
            readonly min_mean?: number | undefined
            readonly max_mean?: number | undefined
            /** Of traces that have it; absent: 1. */
            readonly min_count?: number | undefined
          }
        | undefined
    })

/** The text that names a target: `Production`, or `alias champion`. */
export function targetText(target: PromotionTarget): string {
  return target.alias === undefined ? target.stage : `alias ${target.alias}`
}
