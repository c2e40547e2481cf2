import type { FC } from 'hono/jsx'
import { NoValue, Table } from './table.tsx'
import { Given, GivenLines } from './text.tsx'

type Values = Readonly<Record<string, unknown>>

type ChangedValuesProps = {
  readonly caption: string
  /** Undefined: there was nothing. */
  readonly before: Values | undefined
  readonly after: Values | undefined
  /** Only what differs, where there are both. */
  readonly isBrief?: boolean
}

/** Values before and after a change, by name. */
export const ChangedValues: FC<ChangedValuesProps> = ({ caption, before, after, isBrief }) => {
  const keys = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])]
  const differs = (key: string) => JSON.stringify(before?.[key]) !== JSON.stringify(after?.[key])
  const isCut = isBrief && before !== undefined && after !== undefined
  const shown = isCut ? keys.filter(differs) : keys
  if (keys.length === 0) return <p class="soft">It carries no values.</p>
  if (shown.length === 0) return <p class="soft">Nothing differs.</p>
  const sides = [
    ...(before ? [{ title: 'Before', of: before, look: 'removed' }] : []),
    ...(after ? [{ title: 'After', of: after, look: 'added' }] : []),
  ]
  return (
    <Table caption={caption} columns={['Field', ...sides.map(({ title }) => title)]}>
      {shown.map((key) => (
        <tr>
          <th scope="row">
            <Given text={key} />
          </th>
          {sides.map(({ of, look }) => (
            <td class={sides.length === 2 && differs(key) ? look : undefined}>
              <Value of={of[key]} />
            </td>
          ))}
        </tr>
      ))}
    </Table>
  )
}

/** Characters of JSON that stand in one line. */
const lineMax = 60

const Value: FC<{ readonly of: unknown }> = ({ of }) => {
  if (of === undefined || of === null) return <NoValue />
  if (typeof of === 'string') return <GivenLines text={of} />
  if (typeof of !== 'object') return <>{String(of)}</>
  const line = JSON.stringify(of)
  return (
    <code>
      <GivenLines text={line.length <= lineMax ? line : JSON.stringify(of, undefined, 1)} />
    </code>
  )
}
