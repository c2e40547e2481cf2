import type { FC } from 'hono/jsx'
import {
  type Card,
  type CardField,
  fieldNames,
  fieldTitles,
  isFilled,
} from '../../governance/cards/card-shape.ts'
import type { ModelCard } from '../../governance/cards/read-card.ts'
import { Time } from '../parts/byline.tsx'
import { Region } from '../parts/table.tsx'
import { Given, numberText } from '../parts/text.tsx'
import { Recorded } from '../recorded.tsx'
import type { Frame } from '../shell/frame.ts'
import { modelCrumbs, Page } from '../shell/page.tsx'
import { type Html, writeHtml } from './markdown.tsx'

type CardPageProps = ModelCard & {
  readonly frame: Frame
  readonly name: string
  readonly version: number
}

/** A version's card as a whole page: what people wrote, then what the server knows by itself. */
export const CardPage: FC<CardPageProps> = ({ frame, ...props }) => {
  const { name, version } = props
  const { to } = frame
  return (
    <Page
      isUnscripted
      frame={frame}
      title={`${name} version ${version}: model card`}
      heading={
        <>
          <Given text={name} /> version {version}: model card
        </>
      }
      section="models"
      crumbs={[...modelCrumbs(to, name, version), { text: 'Card' }]}
      about={<Byline {...props} />}
      api={{
        method: 'GET',
        path: `/api/v1/models/${encodeURIComponent(name)}/versions/${version}/card`,
      }}
    >
      <div class="split">
        <CardText {...props} />
        <Recorded derived={props.derived} />
      </div>
    </Page>
  )
}

type CardTextProps = Pick<ModelCard, 'card' | 'revision' | 'missing'> & {
  /** Of each field. */
  readonly heading?: 'h2' | 'h3'
}

/** What people wrote, and what they have still to write. */
export const CardText: FC<CardTextProps> = async ({
  card,
  revision,
  missing,
  heading: Heading = 'h2',
}) => {
  const prose = await writeProse(card)
  const filled = fieldNames.filter((field) => isFilled(card, field))
  return (
    <section class="stack" aria-label="What people wrote">
      {missing.length > 0 && (
        <p class="notice warn">
          <strong>Still to be written:</strong>{' '}
          {missing.map((field) => fieldTitles[field]).join(', ')}
        </p>
      )}
      {filled.length === 0 && <p class="empty">Nothing has been written yet.</p>}
      {filled.length > 0 && revision === 0 && (
        <p class="notice">
          What follows is the model's template. Nobody has written this version's card yet.
        </p>
      )}
      {filled.map((field) => (
        <section class={field === 'limitations' ? 'field caution' : 'field'}>
          <Heading>{fieldTitles[field]}</Heading>
          <div class="prose">
            <Field card={card} prose={prose} field={field} />
          </div>
        </section>
      ))}
    </section>
  )
}

/** Who wrote the card, when, and how much of it. */
export const Byline: FC<ModelCard> = ({ revision, current }) => {
  if (!current) return <p class="soft">No revision yet</p>
  const { author, updatedAtMs, importedFrom, card } = current
  const filled = fieldNames.filter((field) => isFilled(card, field)).length
  return (
    <p class="soft">
      Revision {revision} by {author.name}
      {author.verified ? '' : ' (not verified)'}, <Time atMs={updatedAtMs} />
      {importedFrom === undefined ? '' : `, read from ${importedFrom}`} · {filled} of{' '}
      {fieldNames.length} fields
    </p>
  )
}

/** The fields of a card that are markdown, as HTML. */
type Prose = ReadonlyMap<CardField, Html>

/** One field after the other, so that together they take no longer turns. */
async function writeProse(card: Card): Promise<Prose> {
  const prose = new Map<CardField, Html>()
  for (const field of fieldNames) {
    const value = card[field]
    if (typeof value === 'string' && field !== 'licence') {
      prose.set(field, await writeHtml(value))
    }
  }
  return prose
}

const Field: FC<{ card: Card; prose: Prose; field: CardField }> = ({ card, prose, field }) => {
  if (field === 'fairness') return <Fairness of={card.fairness ?? []} />
  if (field === 'licence')
    return (
      <p>
        <Given text={card.licence ?? ''} />
      </p>
    )
  const html = prose.get(field)
  if (html !== undefined) return <>{html}</>
  return (
    <ul>
      {(card[field === 'owners' ? 'owners' : 'contacts'] ?? []).map((item) => (
        <li>
          <Given text={item} />
        </li>
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
        <Region>
          <table>
            <caption>
              {metric}
              {rows.length > 1 && <span class="gap">gap {numberText(gap)}</span>}
            </caption>
            <thead>
              <tr>
                <th scope="col">Slice</th>
                <th scope="col" class="number">
                  Value
                </th>
                {inUnit && (
                  <th scope="col" class="meter">
                    <span class="unseen">On a scale of 0 to 1</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ slice, value }) => (
                <tr>
                  <th scope="row">
                    <Given text={slice} />
                  </th>
                  <td class="number">{numberText(value)}</td>
                  {inUnit && (
                    <td class="meter">
                      <meter min={0} max={1} value={value}>
                        {numberText(value)}
                      </meter>
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </Region>
      )
    })}
  </>
)
