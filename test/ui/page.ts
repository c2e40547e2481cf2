import { expect } from 'vitest'
import type { authServer } from '../support/auth-server.ts'

/** What a browser sends when somebody follows a link. */
const browserAccept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

type App = Pick<Awaited<ReturnType<typeof authServer>>['app'], 'request'>

/** Pages of a server, as the browser of one person sees them. */
export function pagesOf(app: App, authorization?: string) {
  const headers = { accept: browserAccept, ...(authorization && { authorization }) }
  const answered = async (res: Response) => ({
    status: res.status,
    headers: res.headers,
    html: await res.text(),
    location: res.headers.get('location'),
  })
  return {
    get: async (path: string) => answered(await app.request(path, { headers })),
    post: async (path: string, fields: Readonly<Record<string, string>>) =>
      answered(
        await app.request(path, {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
          body: new URLSearchParams(fields).toString(),
        }),
      ),
  }
}

/** The form with this action, as its hidden fields. */
export function hiddenFields(html: string, action: string): Record<string, string> {
  const form = [...html.matchAll(/<form[^>]*action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/g)].find(
    ([, path]) => unescaped(path ?? '') === action,
  )
  expect(form, `a form to ${action}`).toBeDefined()
  const inputs = [
    ...(form?.[2] ?? '').matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g),
  ]
  return Object.fromEntries(inputs.map(([, name = '', value = '']) => [name, unescaped(value)]))
}

/** The values of all fields of a page, as a browser would send them. */
export function fieldsIn(html: string): Record<string, string> {
  const inputs = [...html.matchAll(/<input([^>]*)>/g)].flatMap(([, attributes = '']) => {
    const of = (name: string) => new RegExp(` ${name}="([^"]*)"`).exec(attributes)?.[1]
    const isBox = of('type') === 'checkbox'
    if (isBox && !/ checked/.test(attributes)) return []
    return [[of('name') ?? '', of('value') ?? (isBox ? 'on' : '')]]
  })
  const areas = [...html.matchAll(/<textarea([^>]*)>([^<]*)<\/textarea>/g)].map(
    ([, attributes = '', text = '']) => [/ name="([^"]*)"/.exec(attributes)?.[1] ?? '', text],
  )
  const selects = [...html.matchAll(/<select name="([^"]*)">([\s\S]*?)<\/select>/g)].map(
    ([, name = '', options = '']) => [name, /value="([^"]*)" selected/.exec(options)?.[1] ?? ''],
  )
  const named = [...inputs, ...areas, ...selects].filter(([name]) => name !== '')
  return Object.fromEntries(named.map(([name = '', value = '']) => [name, unescaped(value)]))
}

/** As `hiddenFields`, where another form with the same action only asks. */
export function postedFields(html: string, action: string): Record<string, string> {
  return hiddenFields(html.replace(/<form method="get"[\s\S]*?<\/form>/g, ''), action)
}

/** The text that markup stands for. */
export function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
}

/** The text of a page, one space between words. */
export function textOf(html: string): string {
  const body = html.replace(/^[\s\S]*<body[^>]*>/, '').replace(/<[^>]+>/g, ' ')
  return unescaped(body).replace(/\s+/g, ' ').trim()
}

/** The rows of the first table of a page, as texts. */
export function rowsOf(html: string): string[] {
  const body = /<tbody>([\s\S]*?)<\/tbody>/.exec(html)?.[1] ?? ''
  return body.split('</tr>').slice(0, -1).map(textOf)
}

/** What of a page is no markup of ours: images, scripts but that of home, and attributes that run or style. */
export function markupIn(html: string): string[] {
  const tags = html.match(/<[^>"]*(?:"[^"]*"[^>"]*)*>/g) ?? []
  return tags.filter((tag) => {
    const bare = tag.replace(/="[^"]*"/g, '=')
    return (
      /^<(img|b|iframe|object|embed|base)\b|\son\w+=|\sstyle=/i.test(bare) ||
      (/^<script/.test(tag) && !/^<script src="\/assets\//.test(tag))
    )
  })
}
