/** Whether `text` can only be an access token of this server. */
export function looksLikeToken(text: string): boolean {
  return /^gh_[0-9a-f]{64}$/.test(text)
}
