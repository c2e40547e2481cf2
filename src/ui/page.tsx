import { raw } from 'hono/html'
import type { FC, PropsWithChildren } from 'hono/jsx'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { AppContext } from '../http/app-env.ts'
import { style } from './style.ts'

type PageProps = PropsWithChildren<{
  readonly title: string
  /** Class of the body, for a layout other than the usual one. */
  readonly class?: string
}>

/** A whole document that needs nothing else: it contains its stylesheet. */
export const Page: FC<PageProps> = ({ title, class: layout, children }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="robots" content="noindex" />
      <title>{`${title} · Gatehouse`}</title>
      <style>{raw(style)}</style>
    </head>
    <body class={layout}>{children}</body>
  </html>
)

type Sending = {
  readonly status?: ContentfulStatusCode
  /** Whether the page has forms, which then go to this server and nowhere else. */
  readonly forms?: boolean
}

/**
 * Answer with a page that no cache keeps. Its stylesheet is allowed by its hash. Nothing else is
 * loaded, no script runs, and no site can frame it.
 */
export async function sendPage(
  c: AppContext,
  page: ReturnType<FC>,
  { status = 200, forms = false }: Sending = {},
): Promise<Response> {
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${await sha256(style)}'`,
    `form-action ${forms ? "'self'" : "'none'"}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ]
  return c.body(`<!doctype html>${await page}`, status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': policy.join('; '),
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
  })
}

/** In base64. */
async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return btoa(String.fromCharCode(...new Uint8Array(digest)))
}
