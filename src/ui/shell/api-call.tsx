import type { FC } from 'hono/jsx'
import { invisible, visibleText } from '../parts/text.tsx'
import type { Frame } from './frame.ts'

/** A call that does what a page does. */
export type ShownCall = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** From `/api`. */
  readonly path: string
  readonly body?: object
  /** Which part of the page it answers, where others answer the rest. */
  readonly about?: string
}

type ApiCallsProps = { readonly calls: readonly ShownCall[]; readonly frame: Frame }

/** The calls as commands to copy, and the first of them in Python. */
export const ApiCalls: FC<ApiCallsProps> = ({ calls, frame }) => {
  const [first] = calls
  if (first === undefined) return null
  const python = pythonOf(first, frame)
  return (
    <details>
      <summary>API</summary>
      {calls.map((call) => (
        <>
          {call.about === undefined ? null : <p>{visibleText(call.about)}</p>}
          <Code text={curlOf(call, frame)} />
        </>
      ))}
      {python.length > pythonCharsMax ? null : (
        <>
          <p>In Python</p>
          <Code text={python} />
        </>
      )}
    </details>
  )
}

/** Of what names a hundred things once is enough. */
const pythonCharsMax = 2000

const Code: FC<{ readonly text: string }> = ({ text }) => (
  <pre tabindex={0}>
    <code>{text}</code>
  </pre>
)

function curlOf({ method, path, body }: ShownCall, { caller, serverUrl }: Frame): string {
  return [
    'curl',
    ...(caller.isJudged ? [`-H "Authorization: Bearer $GATEHOUSE_TOKEN"`] : []),
    ...(method === 'GET' ? [] : [`-X ${method}`]),
    ...(body ? [`-H 'Content-Type: application/json' -d ${quoted(visibleJson(body))}`] : []),
    quoted(serverUrl + path),
  ].join(' \\\n  ')
}

function pythonOf({ method, path, body }: ShownCall, { caller, serverUrl }: Frame): string {
  const headers = [
    ...(caller.isJudged ? [`"Authorization": "Bearer " + os.environ["GATEHOUSE_TOKEN"]`] : []),
    ...(body ? [`"Content-Type": "application/json"`] : []),
  ]
  return [
    `import ${caller.isJudged ? 'os, ' : ''}requests`,
    `requests.${method.toLowerCase()}(`,
    `  ${JSON.stringify(serverUrl + path)},`,
    ...(headers.length > 0 ? [`  headers={${headers.join(', ')}},`] : []),
    // JSON in JSON is a literal of Python too.
    ...(body ? [`  data=${JSON.stringify(visibleJson(body))}.encode(),`] : []),
    ').json()',
  ].join('\n')
}

/** With characters that cannot be seen in the spelling of JSON: `\u202e`. */
function visibleJson(body: object): string {
  return JSON.stringify(body).replace(
    invisible,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** As one word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
