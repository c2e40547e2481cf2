import type { FC } from 'hono/jsx'
import type { PolicyRevision } from '../../../governance/policies/policies.ts'
import { Person, Time } from '../../parts/byline.tsx'
import { ChangedValues } from '../../parts/changed-values.tsx'
import { Given } from '../../parts/text.tsx'
import { type SettingsFrame, SettingsPage } from '../settings-page.tsx'
import { PolicyTabs } from './policy-page.tsx'
import { comparedParts } from './policy-parts.ts'

type RevisionsPageProps = {
  readonly frame: SettingsFrame
  readonly name: string
  /** The newest first, with one more than are shown. */
  readonly revisions: readonly PolicyRevision[]
  /** How many are shown. */
  readonly count: number
}

/** What each revision of a policy changed. */
export const RevisionsPage: FC<RevisionsPageProps> = ({ frame, name, revisions, count }) => {
  const { to } = frame
  const path = `${to.policy(name)}/revisions`
  const isDeleted = revisions[0]?.document === null
  return (
    <SettingsPage
      frame={frame}
      at="policies"
      title={`Revisions of ${name}`}
      heading={
        <>
          Revisions of <Given text={name} />
        </>
      }
      crumbs={[{ text: name, href: to.policy(name) }, { text: 'Revisions' }]}
      api={{ method: 'GET', path: `/api/v1/policies/${encodeURIComponent(name)}/revisions` }}
    >
      {isDeleted ? (
        <p class="notice">It is deleted; its revisions stay.</p>
      ) : (
        <PolicyTabs to={to} name={name} at="revisions" mayEdit={false} />
      )}
      {revisions.slice(0, count).map((revision, i) => (
        <section class="near" aria-labelledby={`revision-${revision.revision}`}>
          <h2 id={`revision-${revision.revision}`}>Revision {revision.revision}</h2>
          <p class="soft">
            {revision.document === null ? 'Deleted' : 'Written'} by{' '}
            <Person principal={revision.author} />, <Time atMs={revision.atMs} />
          </p>
          {revision.document === null ? null : (
            <ChangedValues
              caption={`What revision ${revision.revision} changed`}
              {...comparedParts(revisions[i + 1]?.document, revision.document)}
              isBrief
            />
          )}
        </section>
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
    </SettingsPage>
  )
}
