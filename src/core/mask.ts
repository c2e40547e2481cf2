/** Names of query parameters whose values are nobody's to read. */
const secretParameter =
  /([?&][\w.-]{0,40}(?:token|key|secret|passw(?:or)?d|sig|signature|auth|credential)[\w.-]{0,40}=)[^&\s#'"]+/gi

/**
 * Text that a client logged, such as a line of requirements, without the credentials in its URLs:
 * user information, and tokens in the query. `git@`, which every clone of a repository has, stays.
 */
export function maskCredentials(text: string): string {
  return text.replace(/:\/\/(?!git@)[^\s/?#]*@/g, '://***@').replace(secretParameter, '$1***')
}
