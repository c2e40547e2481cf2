import { type SQL, sql } from 'drizzle-orm'
import { conflict, excerpt } from '../../core/error.ts'

/**
 * Condition on `a` that it is the account which the caller saw, since a name may be somebody else's by
 * now.
 *
 * @param seen its id; undefined: whoever has the name
 */
export function isSeenAccount(seen: number | undefined): SQL {
  return seen === undefined ? sql`true` : sql`a.id = ${seen}`
}

/** 409 for an account that was made again under its name. */
export function madeAgain(name: string): Error {
  return conflict(
    `'${excerpt(name)}' was deleted and made again meanwhile, so it is somebody else; look at it again`,
  )
}
