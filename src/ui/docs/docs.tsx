import { raw } from 'hono/html'
import type { AppContext } from '../../http/app-env.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { DocsPage, Operations, type ShownEndpoint } from './docs-page.tsx'

/**
 * `GET /docs`: our own surface for people, made from the schemas that validate, without scripts.
 */
export function showDocs(endpoints: readonly ShownEndpoint[]) {
  let all: ReturnType<typeof raw> | undefined
  return async (c: AppContext): Promise<Response> => {
    const frame = await frameOf(c)
    all ??= raw(String(await Operations({ endpoints })))
    return sendPage(c, { frame, page: <DocsPage frame={frame}>{all}</DocsPage> })
  }
}
