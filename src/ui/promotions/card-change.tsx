import type { FC } from 'hono/jsx'
import { RegistryError } from '../../core/error.ts'
import { type Card, fieldNames, fieldTitles } from '../../governance/cards/card-shape.ts'
import { getRevision } from '../../governance/cards/read-card.ts'
import type { Seen } from '../../governance/seen.ts'
import type { Context } from '../../platform/context.ts'
import { attempt } from '../attempt.ts'
import { DifferenceRow } from '../parts/differences/difference-row.tsx'
import { Table } from '../parts/table.tsx'
import type { Standing } from './standing.ts'

/** What somebody wrote in the card while another person looked at it. */
export type CardChange = {
  /** Revision numbers; 0: there was no card. */
  readonly from: number
  readonly to: number
  readonly before: Card
  readonly after: Card
}

/**
 * What differs in the card between what a form showed and what is there now.
 *
 * @param seen as the form sent it
 * @returns undefined: the card is the same, or one of the revisions is not there
 */
export async function readCardChange(
  ctx: Context,
  { view, seen: now }: Standing,
  seen: Seen | undefined,
): Promise<CardChange | undefined> {
  if (seen === undefined || now === undefined || seen.cardRevision === now.cardRevision) {
    return undefined
  }
  const [from, to] = [seen.cardRevision, now.cardRevision]
  const cards = await attempt(
    'RESOURCE_DOES_NOT_EXIST',
    Promise.all([from, to].map((revision) => readCard(ctx, view, revision))),
  )
  if (cards instanceof RegistryError) return undefined
  const [before = {}, after = {}] = cards
  return { from, to, before, after }
}

async function readCard(
  ctx: Context,
  { model, version }: Standing['view'],
  revision: number,
): Promise<Card> {
  if (revision === 0) return {}
  return (await getRevision(ctx, model, { version, revision })).card
}

/** The fields that differ, with the words that came and went. */
export const ChangedCard: FC<{ readonly change: CardChange | undefined }> = ({ change }) => {
  if (change === undefined) return null
  const { from, to, before, after } = change
  const rows = fieldNames
    .map((field) => ({
      key: fieldTitles[field],
      values: [textOf(before[field]), textOf(after[field])],
    }))
    .filter(({ values: [was, is] }) => was !== is)
  const names = [from === 0 ? 'No card' : `Revision ${from}`, `Revision ${to}`]
  return (
    <section class="near" aria-labelledby="changed-card">
      <h2 id="changed-card">
        What the card changed since you opened this page (revision {from} → {to})
      </h2>
      <Table caption="The card, changed" columns={['Card', ...names]} isCards>
        {rows.map((row) => (
          <DifferenceRow
            {...{ row, names }}
            better={undefined}
            turnHref={undefined}
            href={undefined}
            isProse
          />
        ))}
      </Table>
    </section>
  )
}

function textOf(value: Card[keyof Card]): string | null {
  if (value === undefined) return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}
