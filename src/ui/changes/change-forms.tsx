import type { Child, FC, PropsWithChildren } from 'hono/jsx'
import { LineField, TextField } from '../parts/fields.tsx'
import { Table } from '../parts/table.tsx'
import { Given, GivenLines, visibleText } from '../parts/text.tsx'
import type { Reshown } from './change.ts'

/** A group of forms, or the reason why the caller has none. */
export const Changes: FC<
  PropsWithChildren<{
    readonly id: string
    readonly title: string
    readonly whyNot: string | undefined
    readonly intro?: Child
  }>
> = ({ id, title, whyNot, intro, children }) => (
  <section class="panel near" aria-labelledby={id}>
    <h2 id={id}>{title}</h2>
    {intro}
    {whyNot === undefined ? children : <p class="soft">{visibleText(whyNot)}</p>}
  </section>
)

type DescriptionProps = Reshown & { readonly action: string; readonly text: string | null }

/** A description as its author left it. */
export const DescriptionForm: FC<DescriptionProps> = ({ action, text, problem, typed }) => (
  <form method="post" action={action}>
    <TextField
      label="Description"
      name="description"
      charsMax={5000}
      problem={problem}
      typed={typed?.('description') ?? text ?? ''}
    />
    <div>
      <button type="submit">Save description</button>
    </div>
  </form>
)

type TagFormsProps = Reshown & {
  /** Where a tag is set; one that is removed goes to `…/remove`. */
  readonly action: string
  readonly tags: readonly { readonly key: string; readonly value: string }[]
  readonly whyNotRemove: string | undefined
}

/** All tags, a way to remove each, and one to set another. */
export const TagForms: FC<TagFormsProps> = ({ action, tags, whyNotRemove, problem, typed }) => (
  <>
    {tags.length === 0 ? (
      <p class="soft">No tags yet.</p>
    ) : (
      <Table caption="Tags that are set" columns={['Key', 'Value', 'Remove']}>
        {tags.map(({ key, value }) => (
          <tr>
            <th scope="row">
              <Given text={key} />
            </th>
            <td>
              <GivenLines text={value} />
            </td>
            <td>
              {whyNotRemove === undefined ? (
                <form method="post" action={`${action}/remove`}>
                  <input type="hidden" name="key" value={key} />
                  <button
                    type="submit"
                    class="quiet danger"
                    aria-label={`Remove tag ${visibleText(key)}`}
                  >
                    Remove
                  </button>
                </form>
              ) : (
                <span class="soft">needs MANAGE</span>
              )}
            </td>
          </tr>
        ))}
      </Table>
    )}
    <form method="post" action={action} class="fields-row">
      <LineField label="Key" name="key" isRequired {...{ problem, typed: typed?.('key') }} />
      <LineField label="Value" name="value" typed={typed?.('value')} />
      <button type="submit">Set tag</button>
    </form>
  </>
)

type DeleteProps = Reshown & {
  /** Fields that say what was seen. */
  readonly children?: Child
  readonly action: string
  readonly what: string
  /** What has to be typed. */
  readonly confirm: string
  readonly consequences: readonly string[]
}

/** What deleting means, and the name to type before it is done. */
export const DeleteForm: FC<DeleteProps> = ({
  action,
  what,
  confirm,
  consequences,
  problem,
  children,
}) => (
  <form method="post" action={action}>
    {children}
    <ul>
      {consequences.map((one) => (
        <li>{visibleText(one)}</li>
      ))}
    </ul>
    <LineField
      label={`Type ${visibleText(confirm)} to say that you mean it`}
      name="confirm"
      isRequired
      problem={problem}
    />
    <div>
      <button type="submit" class="danger">
        Delete {visibleText(what)}
      </button>
    </div>
  </form>
)
