import type { FC } from 'hono/jsx'
import { cutText } from '../../core/error.ts'
import type { CardRevision } from '../../governance/cards/card-rows.ts'
import { type Card, fieldNames, fieldTitles } from '../../governance/cards/card-shape.ts'
import { Person, Time } from '../parts/byline.tsx'
import { ChangedValues } from '../parts/changed-values.tsx'
import { Given, visibleText } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { modelCrumbs, Page } from '../shell/page.tsx'

type RevisionsProps = {
  readonly frame: Frame
  readonly name: string
  readonly version: number
  /** The newest first, with one more than are shown. */
  readonly revisions: readonly CardRevision[]
  /** How many are shown. */
  readonly count: number
  /** The first of them is the card as it is now. */
  readonly isNewest: boolean
  readonly mayEdit: boolean
}

/** What each revision of a card changed, and the way back to an earlier one. */
export const CardRevisionsPage: FC<RevisionsProps> = (props) => {
  const { frame, name, version, revisions, count } = props
  const { to } = frame
  const path = to.cardRevisions(name, version)
  return (
    <Page
      frame={frame}
      title={`Card of ${name} version ${version}: revisions`}
      heading={
        <>
          Revisions of the card of <Given text={name} /> version {version}
        </>
      }
      section="models"
      crumbs={[...modelCrumbs(to, name, version), { text: 'Card: revisions' }]}
      api={{
        method: 'GET',
        path: `/api/v1/models/${encodeURIComponent(name)}/versions/${version}/card/revisions`,
      }}
    >
      {revisions.length === 0 ? (
        <p class="empty">
          {props.isNewest ? 'Nobody has written a card yet.' : 'There are no older revisions.'}
        </p>
      ) : null}
      {revisions.slice(0, count).map((revision, i) => (
        <Revision
          {...props}
          revision={revision}
          before={revisions[i + 1]}
          isCurrent={props.isNewest && i === 0}
        />
      ))}
      {revisions.length > count ? (
        <p>
          <a
            class="button quiet"
            href={to.query(path, { before: String(revisions[count - 1]?.revision ?? '') })}
          >
            Older revisions
          </a>
        </p>
      ) : null}
    </Page>
  )
}

type RevisionProps = RevisionsProps & {
  readonly revision: CardRevision
  readonly before: CardRevision | undefined
  readonly isCurrent: boolean
}

const Revision: FC<RevisionProps> = ({ frame: { to }, name, version, mayEdit, ...props }) => {
  const { revision, author, updatedAtMs, card, importedFrom } = props.revision
  const id = `revision-${revision}`
  return (
    <section class="near" aria-labelledby={id}>
      <h2 id={id}>
        Revision {revision}
        {props.isCurrent ? ', as it is now' : ''}
      </h2>
      <p class="soft">
        <Person principal={author} />, <Time atMs={updatedAtMs} />
        {importedFrom === undefined ? '' : `, read from ${visibleText(importedFrom)}`}
      </p>
      <ChangedValues
        caption={`What revision ${revision} changed`}
        before={props.before && shownOf(props.before.card)}
        after={shownOf(card)}
        isBrief
      />
      <p class="row">
        <a href={to.query(to.card(name, version), { revision: String(revision) })}>
          The whole card
        </a>
        {mayEdit && !props.isCurrent ? (
          <a
            class="button quiet small"
            href={to.query(to.editCard(name, version), { from: String(revision) })}
          >
            Restore revision {revision}…
          </a>
        ) : null}
      </p>
    </section>
  )
}

const charsMax = 1000

/** Its fields by their titles, of each the beginning. */
function shownOf(card: Card): Record<string, unknown> {
  return Object.fromEntries(
    fieldNames.flatMap((field) => {
      const value = card[field]
      if (value === undefined) return []
      const text = typeof value === 'string' ? value : JSON.stringify(value, undefined, 1)
      const isWhole = text.length <= charsMax
      return [[fieldTitles[field], isWhole ? text : `${cutText(text, charsMax)}… (${text.length})`]]
    }),
  )
}
