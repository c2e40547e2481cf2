import type { FC } from 'hono/jsx'
import { invisible } from '../parts/text.tsx'
import type { Frame } from './frame.ts'

/** A call that does what a page does. */
export type ShownCall = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** From `/api`. */
  readonly path: string
  readonly body?: object
}

/** The call as a command to copy. */
export const ApiCall: FC<{ readonly call: ShownCall; readonly frame: Frame }> = ({
  call: { method, path, body },
  frame,
}) => (
  <details>
    <summary>API</summary>
    <pre tabindex={0}>
      <code>
        {[
          'curl',
          ...(frame.caller.isJudged ? [`-H 'Authorization: Bearer $GATEHOUSE_TOKEN'`] : []),
          ...(method === 'GET' ? [] : [`-X ${method}`]),
          ...(body ? [`-H 'Content-Type: application/json' -d ${quoted(visibleJson(body))}`] : []),
          quoted(frame.serverUrl + path),
        ].join(' \\\n  ')}
      </code>
    </pre>
  </details>
)

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
