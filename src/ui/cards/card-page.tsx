import type { FC } from 'hono/jsx'
import {
  type Card,
  type CardField,
  fieldNames,
  fieldTitles,
  isFilled,
} from '../../governance/cards/card-shape.ts'
import type { ModelCard } from '../../governance/cards/read-card.ts'
import { Time } from '../byline.tsx'
import { Page } from '../page.tsx'
import { Recorded, shownNumber } from '../recorded.tsx'
import { Markdown } from './markdown.tsx'

/** A version's card as a whole page: what people wrote, then what the server knows by itself. */
export const CardPage: FC<ModelCard & { name: string; version: number }> = (props) => {
  const { name, version, card, derived, revision, missing } = props
  const filled = fieldNames.filter((field) => isFilled(card, field))
  return (
    <Page title={`${name} v${version}: model card`}>
      <header>
        <p class="kind">Model card</p>
        <h1>
          {name} <span class="version">version {version}</span>
        </h1>
        <Byline {...props} />
        {missing.length > 0 && (
          <p class="notice">
            <strong>Still to be written:</strong>{' '}
            {missing.map((field) => fieldTitles[field]).join(', ')}
          </p>
        )}
      </header>
      <main>
        <section class="authored" aria-label="What people wrote">
          {filled.length === 0 && <p class="empty">Nothing has been written yet.</p>}
          {filled.length > 0 && revision === 0 && (
            <p class="notice">
              What follows is the model's template. Nobody has written this version's card yet.
            </p>
          )}
          {filled.map((field) => (
            <section class={field === 'limitations' ? 'field caution' : 'field'}>
              <h2>{fieldTitles[field]}</h2>
              <Field card={card} field={field} />
            </section>
          ))}
        </section>
        <Recorded derived={derived} />
      </main>
    </Page>
  )
}

const Byline: FC<ModelCard> = ({ revision, current }) => {
  if (!current) return <p class="byline">No revision yet</p>
  const { author, updatedAtMs, importedFrom } = current
  return (
    <p class="byline">
      Revision {revision} by {author.name}
      {author.verified ? '' : ' (not verified)'}, <Time atMs={updatedAtMs} />
      {importedFrom === undefined ? '' : `, read from ${importedFrom}`}
    </p>
  )
}

const Field: FC<{ card: Card; field: CardField }> = ({ card, field }) => {
  if (field === 'fairness') return <Fairness of={card.fairness ?? []} />
  const value = card[field]
  if (field === 'licence') return <p>{card.licence}</p>
  if (typeof value === 'string') return <Markdown text={value} />
  return (
    <ul class="names">
      {(card[field === 'owners' ? 'owners' : 'contacts'] ?? []).map((item) => (
        <li>{item}</li>
      ))}
    </ul>
  )
}

/** Slices of one metric side by side, and how far the worst lies below the best. */
const Fairness: FC<{ of: NonNullable<Card['fairness']> }> = ({ of }) => (
  <>
    {[...new Set(of.map(({ metric }) => metric))].map((metric) => {
      const rows = of.filter((row) => row.metric === metric)
      const values = rows.map(({ value }) => value)
      const gap = Math.max(...values) - Math.min(...values)
      const inUnit = values.every((value) => value >= 0 && value <= 1)
      return (
        <div class="wide">
          <table class="whole">
            <caption>
              {metric}
              {rows.length > 1 && <span class="gap">gap {shownNumber(gap)}</span>}
            </caption>
            <thead>
              <tr>
                <th scope="col">Slice</th>
                <th scope="col" class="number">
                  Value
                </th>
                {inUnit && (
                  <th scope="col" class="bar">
                    <span class="unseen">On a scale of 0 to 1</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ slice, value }) => (
                <tr>
                  <th scope="row">{slice}</th>
                  <td class="number">{shownNumber(value)}</td>
                  {inUnit && (
                    <td class="bar">
                      <meter min={0} max={1} value={value}>
                        {shownNumber(value)}
                      </meter>
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )
    })}
  </>
)
