import { matchesGlob } from './glob.ts'

/**
 * The name of a place for comparison. A place is a stage or an alias: where a version is reached. A
 * stage and an alias of one name are one place, in upper and lower case, and in other forms of the
 * same letters: full width, ligatures, a long s.
 */
export function placeKey(name: string): string {
  // Upper case first: `ß` and `SS`, and the two small forms of sigma, are the same without case.
  return name.normalize('NFKC').toUpperCase().toLowerCase()
}

/** Whether a glob of names matches the name of a place. */
export function matchesPlace(glob: string, name: string): boolean {
  return matchesGlob(placeKey(glob), placeKey(name))
}
