import type { FC } from 'hono/jsx'
import type { AuditEntry, SealedEntry } from '../../audit/entry.ts'
import { Person, Time } from '../parts/byline.tsx'
import { visibleText } from '../parts/text.tsx'

/** What was done, newest first; for who may not read the audit log, what to ask for. */
export const History: FC<{ readonly entries: readonly SealedEntry[] | undefined }> = ({
  entries,
}) => (
  <section class="near" aria-labelledby="timeline">
    <h2 id="timeline">Timeline</h2>
    {entries === undefined ? (
      <p class="soft">
        The audit log is for who has the right <code>read_audit</code> of this model.
      </p>
    ) : entries.length === 0 ? (
      <p class="soft">Nothing was recorded yet.</p>
    ) : (
      <ol class="plain lines">
        {entries.map(({ entry }) => (
          <li>
            <Time atMs={entry.at} /> <Person principal={entry.actor} />{' '}
            {visibleText(wordsOf(entry.action))}
            {entry.version === undefined ? '' : ` · version ${entry.version}`}
            {visibleText(moveText(entry))}
            {entry.reason ? <span class="soft"> · {visibleText(entry.reason)}</span> : null}
          </li>
        ))}
      </ol>
    )}
  </section>
)

/** `model_version.tag_set` as `model version: tag set`. */
function wordsOf(action: string): string {
  return action.replaceAll('_', ' ').replace('.', ': ')
}

/** ` · Staging → Production`, of an entry that moved a version. */
function moveText({ before, after }: AuditEntry): string {
  const [from, to] = [before?.stage, after?.stage]
  return typeof from === 'string' && typeof to === 'string' ? ` · ${from} → ${to}` : ''
}
