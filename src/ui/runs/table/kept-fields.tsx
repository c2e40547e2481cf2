import type { FC } from 'hono/jsx'
import { type RunsQuery, sortText } from './run-query.ts'

type KeptProps = {
  readonly query: RunsQuery
  /** Those that other fields of the form send. */
  readonly without: readonly ('words' | 'columns' | 'group' | 'selected')[]
}

/** What a form sends again of the address that it is on. */
export const KeptFields: FC<KeptProps> = ({ query, without }) => {
  const { experimentIds, words, columns, selected, sort, second, isFlat, isOfDeleted } = query
  const { saved, group } = query
  const has = (field: KeptProps['without'][number]) => !without.includes(field)
  return (
    <>
      {experimentIds.length > 1 ? (
        <input type="hidden" name="in" value={experimentIds.join(',')} />
      ) : null}
      {has('words') && words !== '' ? <input type="hidden" name="q" value={words} /> : null}
      {has('columns')
        ? columns.map((column) => <input type="hidden" name="col" value={column} />)
        : null}
      {has('selected') ? selected.map((id) => <input type="hidden" name="sel" value={id} />) : null}
      {sort ? <input type="hidden" name="sort" value={sortText(sort)} /> : null}
      {second ? <input type="hidden" name="then" value={sortText(second)} /> : null}
      {has('group') && group !== undefined ? (
        <input type="hidden" name="group" value={group} />
      ) : null}
      {isFlat ? <input type="hidden" name="flat" value="1" /> : null}
      {isOfDeleted ? <input type="hidden" name="deleted" value="1" /> : null}
      {saved === undefined ? null : <input type="hidden" name="saved" value={saved} />}
    </>
  )
}
