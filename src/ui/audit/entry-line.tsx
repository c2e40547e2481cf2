import type { FC } from 'hono/jsx'
import type { AuditEntry } from '../../audit/entry.ts'
import { sentenceOf } from '../../audit/sentences/sentence.ts'
import { Chip } from '../parts/chips.tsx'
import { Given } from '../parts/text.tsx'
import { numberIn, type Paths } from '../paths.ts'

/** What happened, in one sentence, with the signs of what an auditor looks for first. */
export const EntryText: FC<{ readonly entry: AuditEntry }> = ({ entry }) => (
  <>
    {isRefusal(entry) ? (
      <>
        <Chip sign="cross" tone="bad" word="refused" />{' '}
      </>
    ) : null}
    {isByForce(entry) ? (
      <>
        <Chip sign="warning" tone="warn" word="break-glass" />{' '}
      </>
    ) : null}
    <Given text={sentenceOf(entry)} />
  </>
)

/** The way to what an entry is about. */
export const EntryLinks: FC<{ readonly entry: AuditEntry; readonly to: Paths }> = ({
  entry: { model, version, promotion_id, action },
  to,
}) => {
  const [number, request] = [numberIn(version), numberIn(promotion_id)]
  const isOfModel = model !== undefined && !action.startsWith('registered_model.deleted')
  return (
    <>
      {isOfModel ? (
        <a href={number === undefined ? to.model(model) : to.version(model, number)}>
          {number === undefined ? 'model' : `version ${number}`}
        </a>
      ) : null}{' '}
      {request === undefined ? null : <a href={to.promotion(request)}>#{request}</a>}
    </>
  )
}

function isRefusal({ action }: AuditEntry): boolean {
  return action === 'request.refused'
}

function isByForce({ after }: AuditEntry): boolean {
  return after?.break_glass === true
}
