import type { FC, PropsWithChildren } from 'hono/jsx'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { AppContext } from '../http/app-env.ts'
import { style } from './sign-in-style.ts'

type PageProps = PropsWithChildren<{
  readonly title: string
  /** Path under which a proxy serves us, without trailing slash. */
  readonly prefix: string
}>

/** A whole document. */
export const Page: FC<PageProps> = ({ title, prefix, children }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="robots" content="noindex" />
      <title>{title} · Gatehouse</title>
      <link rel="icon" href="data:," />
      <link rel="stylesheet" href={`${prefix}/signin/style.css`} />
    </head>
    <body>
      <main>
        <p class="brand">Gatehouse</p>
        <h1>{title}</h1>
        {children}
      </main>
    </body>
  </html>
)

/** No script runs, nothing of another host is loaded, forms go nowhere else, and nobody frames it. */
const policy = [
  "default-src 'none'",
  "style-src 'self'",
  'img-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Answer with a page that no cache keeps. */
export async function sendPage(
  c: AppContext,
  page: ReturnType<FC>,
  status: ContentfulStatusCode = 200,
): Promise<Response> {
  c.header('Content-Security-Policy', policy)
  c.header('Cache-Control', 'no-store')
  c.header('Referrer-Policy', 'no-referrer')
  return c.html(`<!doctype html>${await page}`, status)
}

/** The sheet of every page. */
export function sendStyle(c: AppContext): Response {
  return c.body(style, 200, {
    'Content-Type': 'text/css; charset=utf-8',
    'Cache-Control': 'public, max-age=300',
  })
}
