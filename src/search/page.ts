/** One page of what a search found, and the token that asks for the next, if there is one. */
export type Page<T> = {
  readonly items: readonly T[]
  readonly nextPageToken: string | undefined
}

/** Which life-cycle stages a search of experiments or runs sees: MLflow's ViewType. */
export const viewTypes = ['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'] as const
export type ViewType = (typeof viewTypes)[number]
