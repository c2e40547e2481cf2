import type { FC } from 'hono/jsx'
import { cutText } from '../../core/error.ts'
import { Table } from '../parts/table.tsx'
import { countText, Given, visibleText } from '../parts/text.tsx'
import { type PromptMessage, type PromptTexts, splitAtVariables } from './prompt-texts.ts'

/** Of one message; all of it is in the answer of the API. */
const charsMax = 20_000
const messagesMax = 100

/** What a version says: its text or messages with variables marked, what it takes, what is to come back. */
export const TemplateView: FC<{ readonly of: PromptTexts }> = ({ of }) => {
  const { messages, variables, responseFormat, modelConfig, problem } = of
  return (
    <>
      {problem === undefined ? null : <p class="notice warn">{problem}</p>}
      {messages.slice(0, messagesMax).map((message) => (
        <Message of={message} />
      ))}
      {messages.length > messagesMax ? (
        <p class="soft">
          {countText(messages.length - messagesMax)} more messages; the API has all.
        </p>
      ) : null}
      <p>
        {variables.length === 0 ? (
          <span class="soft">It has no variables.</span>
        ) : (
          <span class="row">
            Variables
            {variables.slice(0, messagesMax).map((name) => (
              <code>{visibleText(name)}</code>
            ))}
            {variables.length > messagesMax ? <span class="soft">and more</span> : null}
          </span>
        )}
      </p>
      {modelConfig.length === 0 ? null : (
        <section class="near" aria-labelledby="model-config">
          <h2 id="model-config">Model that it is for</h2>
          <Table caption="Name and parameters" columns={['Parameter', 'Value']}>
            {modelConfig.map(({ key, value }) => (
              <tr>
                <th scope="row">
                  <Given text={key} />
                </th>
                <td>
                  <Given text={value} />
                </td>
              </tr>
            ))}
          </Table>
        </section>
      )}
      {responseFormat === undefined ? null : (
        <section class="near" aria-labelledby="response-format">
          <h2 id="response-format">Answer that it asks for</h2>
          <pre tabindex={0}>
            <code>{shown(responseFormat)}</code>
          </pre>
        </section>
      )}
    </>
  )
}

const Message: FC<{ readonly of: PromptMessage }> = ({ of: { role, text } }) => (
  <section
    class="panel near"
    aria-label={role === undefined ? 'Template' : `Message of ${visibleText(role)}`}
  >
    {role === undefined ? null : (
      <p class="soft">
        <Given text={role} />
      </p>
    )}
    {text === '' ? (
      <p class="soft">empty</p>
    ) : (
      <div class="template" dir="auto">
        {splitAtVariables(cutText(text, charsMax)).map((part, i) =>
          i % 2 === 1 ? <mark>{shown(part)}</mark> : shown(part),
        )}
      </div>
    )}
    {text.length > charsMax ? (
      <p class="soft">
        The first {countText(charsMax)} of {countText(text.length)} characters; the API has all.
      </p>
    ) : null}
  </section>
)

function shown(text: string): string {
  return visibleText(text, /^[\n\r\t]$/)
}
