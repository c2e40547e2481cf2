/** What a page, or a redirect that was not followed, answered. */
export type Page = { readonly url: string; readonly status: number; readonly text: string }

/** A browser without scripts: it keeps cookies by host, follows redirects and submits forms. */
export class Browser {
  /** `host name` -> value. Ports share cookies, as in real browsers. */
  readonly cookies = new Map<string, string>()
  /** Every `Set-Cookie` that it was sent, in order. */
  readonly setCookies: string[] = []

  get(url: string): Promise<Page> {
    return this.#follow(new Request(url))
  }

  /**
   * Sends the first form that changes something.
   *
   * @param fields of the form, in place of what it has for them
   * @param to how the address of the form ends, where it is not the first one
   */
  submit(page: Page, fields: Record<string, string> = {}, to = ''): Promise<Page> {
    const forms = page.text.matchAll(/<form(?=[^>]* method="post")[^>]* action="([^"]*)"/gi)
    const action = Array.from(forms, ([, at]) => at).find((at) => at?.endsWith(to))
    if (action === undefined) throw new Error(`no form at ${page.url}: ${page.text}`)
    const body = new URLSearchParams()
    for (const [input] of page.text.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
      const name = /name="([^"]*)"/.exec(input)?.[1]
      if (name) body.set(name, /value="([^"]*)"/.exec(input)?.[1] ?? '')
    }
    for (const [name, value] of Object.entries(fields)) body.set(name, value)
    const url = new URL(action.replaceAll('&amp;', '&'), page.url)
    const headers = { origin: new URL(page.url).origin }
    return this.#follow(new Request(url, { method: 'POST', headers, body }))
  }

  /** @param stopAt a redirect to there is given back as it is, for the test to look at */
  async #follow(first: Request): Promise<Page> {
    let request = first
    for (let hops = 0; hops < 20; hops++) {
      const { hostname } = new URL(request.url)
      const headers = new Headers(request.headers)
      headers.set('cookie', this.#sent(hostname))
      const answer = await fetch(new Request(request, { headers, redirect: 'manual' }))
      this.#keep(hostname, answer.headers.getSetCookie())
      const location = answer.headers.get('location')
      const text = await answer.text()
      if (location === null) return { url: request.url, status: answer.status, text }
      const target = new URL(location, request.url)
      if (this.stopAt !== undefined && target.href.startsWith(this.stopAt)) {
        return { url: target.href, status: answer.status, text }
      }
      request = new Request(target)
    }
    throw new Error('too many redirects')
  }

  /** Redirects to URLs that begin so are not followed. */
  stopAt: string | undefined

  #sent(hostname: string): string {
    return [...this.cookies]
      .filter(([key]) => key.startsWith(`${hostname} `))
      .map(([key, value]) => `${key.slice(hostname.length + 1)}=${value}`)
      .join('; ')
  }

  #keep(hostname: string, headers: readonly string[]): void {
    this.setCookies.push(...headers)
    for (const header of headers) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(header) ?? []
      if (name === undefined || value === undefined) continue
      if (/max-age=0|expires=Thu, 01 Jan 1970/i.test(header)) {
        this.cookies.delete(`${hostname} ${name}`)
      } else this.cookies.set(`${hostname} ${name}`, value)
    }
  }
}
