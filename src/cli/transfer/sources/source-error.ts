/** The source answered something that cannot be used: one thing is left out, and the report says so. */
export class SourceError extends Error {
  override name = 'SourceError'
}
