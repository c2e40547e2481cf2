/** Where people land who asked for nothing else. */
const home = '/signin'

/**
 * The path of ours that a sign-in leads to; anything that a browser could take for another site's
 * address is replaced by the page that says who is signed in.
 */
export function returnPath(asked: string | undefined): string {
  const isOurs = asked !== undefined && /^\/(?!\/)[^\\\p{Cc}]{0,2000}$/u.test(asked)
  return isOurs ? asked : home
}
