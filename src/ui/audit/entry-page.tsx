import type { FC } from 'hono/jsx'
import type { AuditEntry, SealedEntry } from '../../audit/entry.ts'
import type { Beside } from '../../search/page.ts'
import { ChangedValues } from '../parts/changed-values.tsx'
import { Chip } from '../parts/chips.tsx'
import { Sign } from '../parts/sign.tsx'
import { Given, Written } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import type { Frame } from '../shell/frame.ts'
import { linksBeside, Page } from '../shell/page.tsx'
import { SecondTime } from './audit-page.tsx'
import { entryPath } from './audit-query.ts'
import { EntryLinks, EntryText } from './entry-line.tsx'

type EntryPageProps = {
  readonly frame: Frame
  readonly sealed: SealedEntry
  /** The hash that was sealed, or else as computed now. */
  readonly hash: string
  /** What it says has another hash than the one that was sealed. */
  readonly isChanged: boolean
  /** About the same version or model. */
  readonly beside: Beside<number>
}

/** One entry of the audit log: all that it says, and what seals it. */
export const EntryPage: FC<EntryPageProps> = ({ frame, sealed, hash, isChanged, beside }) => {
  const { entry, chainHash } = sealed
  const { to } = frame
  return (
    <Page
      frame={frame}
      title={`${isChanged ? 'changed · ' : ''}Entry #${entry.seq}`}
      heading={`Entry #${entry.seq}`}
      section="audit"
      crumbs={[{ text: 'Audit log', href: to.audit }, { text: `#${entry.seq}` }]}
      beside={linksBeside(beside, (seq) => ({ text: `#${seq}`, href: entryPath(to, seq) }))}
      about={
        <p>
          <EntryText entry={entry} />
        </p>
      }
      api={{ method: 'GET', path: to.query('/api/v1/audit', { ...aboutOf(entry) }) }}
    >
      {isChanged ? (
        <div class="notice bad" role="alert">
          <p>
            <strong>
              <Sign of="cross" /> This entry was changed after it was sealed
            </strong>
          </p>
          <p>
            {' '}
            What it says now has another hash than the one that was sealed, which stands below.{' '}
          </p>
        </div>
      ) : null}
      {entry.reason === undefined ? null : (
        <blockquote>
          <Written text={entry.reason} />
        </blockquote>
      )}
      <div class="split">
        <ChangedValues caption="What changed" before={entry.before} after={entry.after} />
        <aside class="panel near" aria-labelledby="facts">
          <h2 id="facts">Entry</h2>
          <Facts {...{ entry, hash, chainHash, to }} />
        </aside>
      </div>
    </Page>
  )
}

function aboutOf({ model, version, action }: AuditEntry) {
  return { model, version: model === undefined ? undefined : version, action }
}

type FactsProps = {
  readonly entry: AuditEntry
  readonly hash: string
  readonly chainHash: string | undefined
  readonly to: Paths
}

const Facts: FC<FactsProps> = ({ entry, hash, chainHash, to }) => {
  const { actor, model, version, approved_by } = entry
  return (
    <dl class="facts">
      <dt>When</dt>
      <dd>
        <SecondTime atMs={entry.at} /> UTC
      </dd>
      <dt>Who</dt>
      <dd>
        <a href={to.query(to.audit, { actor: actor.name })}>
          <Given text={actor.name} />
        </a>
        {actor.kind === 'service' ? ', a service account' : ''}
        {actor.verified ? '' : ' (not verified: the name was claimed)'}
        {actor.groups.length > 0 ? (
          <>
            , of <Given text={actor.groups.join(', ')} />
          </>
        ) : null}
      </dd>
      {approved_by && approved_by.length > 0 ? (
        <>
          <dt>Approved by</dt>
          <dd>
            <Given text={approved_by.join(', ')} />
          </dd>
        </>
      ) : null}
      {model === undefined ? null : (
        <>
          <dt>About</dt>
          <dd>
            <a href={to.query(to.audit, { model })}>
              <Given text={model} />
            </a>{' '}
            <EntryLinks entry={entry} to={to} />
            {version === undefined ? null : (
              <>
                {' '}
                (<a href={to.query(to.audit, { model, version })}>all entries of the version</a>)
              </>
            )}
          </dd>
        </>
      )}
      <dt>Action</dt>
      <dd class="mono">
        <Given text={entry.action} />
      </dd>
      <dt>Request</dt>
      <dd class="mono">
        <Given text={entry.request_id} />
      </dd>
      {entry.user_agent === undefined ? null : (
        <>
          <dt>Client</dt>
          <dd>
            <Given text={entry.user_agent} />
          </dd>
        </>
      )}
      <dt>Hash</dt>
      <dd class="mono">{hash}</dd>
      <dt>Seal</dt>
      <dd class="mono">{chainHash ?? <Chip sign="glass" tone="warn" word="not sealed yet" />}</dd>
    </dl>
  )
}
