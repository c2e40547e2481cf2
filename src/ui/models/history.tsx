import type { FC } from 'hono/jsx'
import type { SealedEntry } from '../../audit/entry.ts'
import { entryPath } from '../audit/audit-query.ts'
import { EntryText } from '../audit/entry-line.tsx'
import { Time } from '../parts/byline.tsx'
import type { Paths } from '../paths.ts'

type HistoryProps = {
  readonly entries: readonly SealedEntry[] | undefined
  readonly to: Paths
  /** What the entries are about. */
  readonly about: { readonly model: string; readonly version?: string }
}

/** What was done, newest first; for who may not read the audit log, what to ask for. */
export const History: FC<HistoryProps> = ({ entries, to, about }) => (
  <section class="near" aria-labelledby="timeline" data-part="timeline">
    <h2 id="timeline">Timeline</h2>
    {entries === undefined ? (
      <p class="soft">
        The audit log is for who has the right <code>read_audit</code> of this model.
      </p>
    ) : entries.length === 0 ? (
      <p class="soft">Nothing was recorded yet.</p>
    ) : (
      <>
        <ol class="plain lines">
          {entries.map(({ entry }) => (
            <li>
              <a href={entryPath(to, entry.seq)}>
                <Time atMs={entry.at} />
              </a>{' '}
              <EntryText entry={entry} />
            </li>
          ))}
        </ol>
        <p>
          <a href={to.query(to.audit, about)}>All of it in the audit log</a>
        </p>
      </>
    )}
  </section>
)
