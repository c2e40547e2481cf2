import type { AppContext } from '../http/app-env.ts'
import { reachedAt } from '../http/reached.ts'
import { DocsPage, type Endpoint } from './docs-page.tsx'
import { sendPage } from './send-page.ts'

/** `GET /docs`: our own surface for people, from what validates it and without a script. */
export function showDocs(endpoints: readonly Endpoint[]) {
  return (c: AppContext): Promise<Response> =>
    sendPage(c, DocsPage({ endpoints, base: reachedAt(c, /\/docs$/) }))
}
