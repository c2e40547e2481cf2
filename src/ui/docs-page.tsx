import { raw } from 'hono/html'
import type { FC } from 'hono/jsx'
import { z } from 'zod'
import { style } from './style.ts'

/** What is told of an endpoint. */
export type Endpoint = {
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

type DocsProps = { readonly endpoints: readonly Endpoint[]; readonly base: string }

/** Each endpoint under what it belongs to; what it takes and answers is folded below its line. */
export const DocsPage: FC<DocsProps> = ({ endpoints, base }) => {
  const tags = [...new Set(endpoints.map(({ tag }) => tag))].sort()
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>API · Gatehouse</title>
        <style>{raw(style)}</style>
      </head>
      <body>
        <header>
          <p class="kind">Gatehouse</p>
          <h1>API</h1>
          <p class="byline">
            Our own surface, beside MLflow's REST API. For programs:{' '}
            <a href={`${base}/api/v1/openapi.json`}>openapi.json</a>
          </p>
        </header>
        <main class="operations">
          {tags.map((tag) => (
            <section class="tag">
              <h2>{tag}</h2>
              {endpoints
                .filter((endpoint) => endpoint.tag === tag)
                .map((endpoint) => (
                  <Operation endpoint={endpoint} />
                ))}
            </section>
          ))}
        </main>
      </body>
    </html>
  )
}

const Operation: FC<{ readonly endpoint: Endpoint }> = ({ endpoint }) => (
  <details class="operation" id={endpoint.name}>
    <summary>
      <code class="method">{endpoint.method}</code> <code>{endpoint.path}</code>
      <span class="byline">{endpoint.summary}</span>
    </summary>
    <div>
      {endpoint.description && <p>{endpoint.description}</p>}
      <Parameters title="In the path" schema={endpoint.params} />
      <Parameters title="In the query" schema={endpoint.query} />
      {endpoint.body && <Schema title="Body" schema={schemaOf(endpoint.body, 'input')} />}
      {endpoint.media ? (
        <>
          <h3>Answer</h3>
          <p>
            <code>{endpoint.media}</code>
          </p>
        </>
      ) : (
        <Schema
          title={`Answer, ${endpoint.status ?? 200}`}
          schema={schemaOf(endpoint.answer, 'output')}
        />
      )}
    </div>
  </details>
)

const Parameters: FC<{ readonly title: string; readonly schema: z.ZodType | undefined }> = ({
  title,
  schema,
}) => {
  const { properties = {}, required = [] } = schema ? schemaOf(schema, 'input') : {}
  const names = Object.keys(properties)
  if (names.length === 0) return null
  return (
    <>
      <h3>{title}</h3>
      <div class="wide">
        <table>
          <caption class="unseen">{title}</caption>
          <tbody>
            {names.map((name) => (
              <tr>
                <th scope="row">
                  <code>{name}</code>
                </th>
                <td>{required.includes(name) ? 'required' : 'optional'}</td>
                <td>
                  <code>{JSON.stringify(properties[name])}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

const Schema: FC<{ readonly title: string; readonly schema: object }> = ({ title, schema }) => (
  <>
    <h3>{title}</h3>
    <pre>{JSON.stringify(schema, null, 2)}</pre>
  </>
)

/** What JSON Schema has no word for, such as a condition over two fields, is left to the summary. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output') {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}
