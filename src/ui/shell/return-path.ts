/**
 * The path of ours that a sign-in leads to. Anything that a browser could take for the address of
 * another site is replaced by the page to begin with, and so is home.
 *
 * @param start the path of the page to begin with
 */
export function returnPath(asked: string | undefined, start = '/'): string {
  const isOurs = asked !== undefined && /^\/(?!\/)[^\\\p{Cc}]{0,2000}$/u.test(asked)
  return isOurs && asked !== '/' ? asked : start
}
