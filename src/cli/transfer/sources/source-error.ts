/** The source answered something that cannot be used: one thing is left out, and the report says so. */
export class SourceError extends Error {
  override name = 'SourceError'
  /** What a server answered with, where it refused. */
  readonly status: number | undefined

  constructor(message: string, { status, cause }: { status?: number; cause?: unknown } = {}) {
    super(message, { cause })
    this.status = status
  }
}
