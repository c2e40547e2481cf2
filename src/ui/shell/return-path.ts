/** Where a sign-in leads by default. */
const home = '/'

/**
 * The path of ours that a sign-in leads to. Anything that a browser could take for the address of
 * another site is replaced by the home page.
 */
export function returnPath(asked: string | undefined): string {
  const isOurs = asked !== undefined && /^\/(?!\/)[^\\\p{Cc}]{0,2000}$/u.test(asked)
  return isOurs ? asked : home
}
