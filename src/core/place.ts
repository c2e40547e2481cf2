import { matchesGlob } from './glob.ts'

/**
 * The name of a place for comparison. A place is a stage or an alias: where a version is reached. A
 * stage and an alias of one name are one place, in upper and lower case.
 */
export function placeKey(name: string): string {
  return name.toLowerCase()
}

/** Whether a glob of names matches the name of a place. */
export function matchesPlace(glob: string, name: string): boolean {
  return matchesGlob(placeKey(glob), placeKey(name))
}
