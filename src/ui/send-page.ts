import type { AppContext } from '../http/app-env.ts'
import { style } from './style.ts'

/** What a page may do: show itself by its one stylesheet, and nothing else. */
export async function sendPage(c: AppContext, page: unknown): Promise<Response> {
  const digest = new Uint8Array(
    await crypto.subtle.digest('SHA-256', new TextEncoder().encode(style)),
  )
  const hash = btoa(String.fromCharCode(...digest))
  return c.body(`<!doctype html>${await page}`, 200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'private, no-cache',
  })
}
