/** One page of what a search found, and the token that asks for the next, if there is one. */
export type Page<T> = {
  readonly items: readonly T[]
  readonly nextPageToken: string | undefined
}
