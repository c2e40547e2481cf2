import type { FC } from 'hono/jsx'
import type { KeyValue } from '../../tracking/run.ts'
import { Table } from '../parts/table.tsx'
import { countText, Given, GivenLines, visibleText } from '../parts/text.tsx'

/** Rows of one table of the page of a run. */
export const rowsMax = 200

/** What a table leaves out. */
export const More: FC<{ readonly than: number }> = ({ than }) =>
  than > rowsMax ? (
    <p class="soft">{countText(than - rowsMax)} more: find them by a part of their name.</p>
  ) : null

type ValuesProps = {
  readonly title: string
  readonly of: readonly KeyValue[]
  readonly total: number
  /** What they are of. */
  readonly whose?: 'run' | 'model'
}

export const Values: FC<ValuesProps> = ({ title, of, total, whose = 'run' }) => (
  <section class="near" aria-labelledby={title.toLowerCase()}>
    <h2 id={title.toLowerCase()}>
      {title} {countText(total)}
    </h2>
    {of.length === 0 ? (
      <p class="soft">None{total > 0 ? ' of this name' : ''}.</p>
    ) : (
      <Table caption={`${title} of the ${whose}`} columns={['Name', 'Value']}>
        {of.slice(0, rowsMax).map(({ key, value }) => (
          <tr>
            <th scope="row">
              <Given text={key} />
            </th>
            <td>
              <LongText text={value} />
            </td>
          </tr>
        ))}
      </Table>
    )}
    <More than={of.length} />
  </section>
)

const charsMax = 300

export const LongText: FC<{ readonly text: string }> = ({ text }) =>
  text.length <= charsMax ? (
    <GivenLines text={text} />
  ) : (
    <details>
      <summary>{visibleText(text.slice(0, charsMax))}…</summary>
      <GivenLines text={text} />
    </details>
  )

/** What clients note by themselves; most people never look. */
export const SystemTags: FC<{ readonly tags: readonly KeyValue[] }> = ({ tags }) =>
  tags.length === 0 ? null : (
    <details>
      <summary>Tags that MLflow set ({countText(tags.length)})</summary>
      <dl class="facts">
        {tags.slice(0, rowsMax).map(({ key, value }) => (
          <>
            <dt>{visibleText(key)}</dt>
            <dd>
              <LongText text={value} />
            </dd>
          </>
        ))}
      </dl>
    </details>
  )
