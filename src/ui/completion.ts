/** What a field for filters offers while somebody types: the script reads it. */
export type Completion = {
  /** Where names (`/keys`) and values (`/values`) are asked for: of each of these. */
  readonly paths: readonly string[]
  /** What has them, in the answers: of `run` they are counted as `runs`. */
  readonly counted: 'run' | 'trace'
  /** Keys that are always there, as filters spell them. */
  readonly attributes: Readonly<Record<string, CompletedType>>
  /** Keys of any name behind a prefix. */
  readonly kinds: readonly {
    /** What the server is asked for. */
    readonly kind: string
    /** As filters spell it: the usual one first. */
    readonly prefixes: readonly string[]
    readonly type: CompletedType
    /** They take much to read: asked for behind their prefix alone. */
    readonly isDear?: true
  }[]
}

/** Which operators fit; `label` may be missing; values are offered of `text`, `label` and `any`, and of a time how it may be given. */
export type CompletedType = 'number' | 'time' | 'text' | 'label' | 'any' | 'pattern'
