import { raw } from 'hono/html'
import type { AppContext } from '../../http/app-env.ts'
import { sendPage } from '../page.tsx'
import { DocsPage, type ShownEndpoint } from './docs-page.tsx'

/**
 * `GET /docs`: our own surface for people, made from the schemas that validate, without scripts.
 */
export function showDocs(endpoints: readonly ShownEndpoint[]) {
  let page: ReturnType<typeof raw> | undefined
  return async (c: AppContext): Promise<Response> => {
    page ??= raw(String(await DocsPage({ endpoints })))
    return sendPage(c, page)
  }
}
