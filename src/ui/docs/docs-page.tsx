import type { FC, PropsWithChildren } from 'hono/jsx'
import type { z } from 'zod'
import type { Frame } from '../shell/frame.ts'
import { Page } from '../shell/page.tsx'
import { Fields, hasFields, Words } from './schema.tsx'

/** What the page shows of an endpoint. */
export type ShownEndpoint = {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly tag: string
  readonly summary: string
  readonly description?: string
  readonly params?: z.ZodType
  readonly query?: z.ZodType
  readonly body?: z.ZodType
  readonly status?: number
  readonly answer: z.ZodType
  readonly media?: string
}

/** The page around `Operations`. */
export const DocsPage: FC<PropsWithChildren<{ readonly frame: Frame }>> = ({ frame, children }) => (
  <Page
    frame={frame}
    title="API"
    section="docs"
    about={
      <p class="soft">
        Our own surface, beside MLflow's REST API. For programs:{' '}
        <a href={frame.to.openapi}>openapi.json</a>. Times are Unix milliseconds.
      </p>
    }
  >
    {children}
  </Page>
)

/** Endpoints by group. What each one takes and answers is folded below its line. */
export const Operations: FC<{ readonly endpoints: readonly ShownEndpoint[] }> = ({ endpoints }) => {
  const tags = [...new Set(endpoints.map(({ tag }) => tag))].sort()
  return (
    <>
      {tags.map((tag) => (
        <section class="near">
          <h2>{tag}</h2>
          {endpoints
            .filter((endpoint) => endpoint.tag === tag)
            .map((endpoint) => (
              <Operation endpoint={endpoint} />
            ))}
        </section>
      ))}
    </>
  )
}

const Operation: FC<{ readonly endpoint: ShownEndpoint }> = ({ endpoint }) => (
  <details class="operation" id={endpoint.name}>
    <summary>
      <code class="method">{endpoint.method}</code> <code>{endpoint.path}</code>
      <span class="byline">{endpoint.summary}</span>
    </summary>
    <div>
      {endpoint.description && (
        <p>
          <Words text={endpoint.description} />
        </p>
      )}
      <Part title="In the path" of={endpoint.params} />
      <Part title="In the query" of={endpoint.query} />
      <Part title="Body" of={endpoint.body} />
      <h3>Answer, {endpoint.status ?? 200}</h3>
      {endpoint.media ? (
        <p>
          <code>{endpoint.media}</code>
        </p>
      ) : hasFields(endpoint.answer) ? (
        <Fields of={endpoint.answer} io="output" />
      ) : (
        <p class="byline">A JSON object</p>
      )}
    </div>
  </details>
)

/** One part of a request. */
const Part: FC<{ readonly title: string; readonly of: z.ZodType | undefined }> = ({ title, of }) =>
  hasFields(of) ? (
    <>
      <h3>{title}</h3>
      <Fields of={of} io="input" />
    </>
  ) : null
