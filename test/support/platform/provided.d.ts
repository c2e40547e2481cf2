import 'vitest'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Statements that make an empty database what the migrations make of it. */
    readonly schema: readonly string[]
  }
}
