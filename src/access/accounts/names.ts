import { excerpt, invalid } from '../../core/error.ts'
import { checkLength } from '../../core/names.ts'
import { nameKey } from './look-alikes.ts'

const nameCharsMax = 128

/** What entries of the record call those who have no account. */
const reserved = new Set(['anonymous', 'operator'].map(nameKey))

/** Service accounts are principals of their own kind; no user's name can begin so. */
export const servicePrefix = 'service:'

/**
 * Refuses what no user, service account or group can be called: `:`, which parts user from password
 * and kind from name, letters that nobody sees, blanks that nobody counts, and long names.
 *
 * @param field the request's parameter, for the message
 * @throws INVALID_PARAMETER_VALUE
 */
export function checkAccountName(name: string, field: string): void {
  checkLength(name, nameCharsMax, field)
  const refuse = (why: string) => invalid(`Invalid name '${excerpt(name)}' in '${field}': ${why}`)
  if (name.trim() === '') throw refuse('a name is needed')
  if (nameKey(name).includes(':')) throw refuse("':' and what looks like it are not allowed")
  if (/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]|\p{Default_Ignorable_Code_Point}/u.test(name)) {
    throw refuse('control characters, invisible characters and line breaks are not allowed')
  }
  if (/^ | $| {2}/.test(name)) throw refuse('leave out blanks around it, and double ones')
  if (name === '.' || name === '..') throw refuse('it would name another path')
  if (reserved.has(nameKey(name))) throw refuse('this server uses it itself')
}
