import type { FC } from 'hono/jsx'
import { actionGroupNames, actionGroups } from '../../audit/action-groups.ts'
import type { SealedEntry } from '../../audit/entry.ts'
import type { ChainHead } from '../../audit/seal.ts'
import { timeOf } from '../../search/times/moment.ts'
import type { FormProblem } from '../forms.ts'
import { Fold, Problem } from '../parts/fields.tsx'
import { Sign } from '../parts/sign.tsx'
import { Table } from '../parts/table.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { countText, plural, visibleText } from '../parts/text.tsx'
import { TimeField } from '../parts/time-field.tsx'
import type { Paths } from '../paths.ts'
import type { Frame } from '../shell/frame.ts'
import { Page } from '../shell/page.tsx'
import { type AuditTerms, entryPath, exportPath } from './audit-query.ts'
import { EntryLinks, EntryText } from './entry-line.tsx'

type AuditPageProps = {
  readonly frame: Frame
  readonly terms: AuditTerms
  /** The same, its times as moments. */
  readonly exact: AuditTerms
  /** Lower numbers than this; undefined: from the newest on. */
  readonly before: number | undefined
  readonly entries: readonly SealedEntry[]
  readonly next: number | undefined
  /** Where the chain ends; undefined: the caller may not read that. */
  readonly head: ChainHead | undefined
  /** Why nothing was found: a field is wrong, or the caller may not read so much. */
  readonly problem: FormProblem | undefined
}

/** Not all that is recorded is an event: the newest page is read again. */
const live = { kinds: [], everySeconds: 10, quietSeconds: 60 }

/** The audit log, newest first: what was done, by whom, and why. */
export const AuditPage: FC<AuditPageProps> = (props) => {
  const { frame, terms, exact, before, entries, next, head, problem } = props
  const { to } = frame
  return (
    <Page
      frame={frame}
      title="Audit log"
      section="audit"
      live={problem || before !== undefined ? undefined : live}
      about={
        <>
          <div data-part="head" data-steady>
            {head ? <Head head={head} /> : null}
          </div>
          {problem || Object.keys(terms).length === 0 ? null : (
            <p class="soft">
              An export of these entries cannot show that none is missing: the chain goes over all.
            </p>
          )}
          <p class="print-only">{wordsOf(exact)}</p>
          <Window {...{ terms, exact }} />
        </>
      }
      actions={problem ? null : <AuditActions {...props} />}
      api={{ method: 'GET', path: to.query('/api/v1/audit', exact) }}
    >
      <Tabs label="What is looked for" items={presetsOf(frame, terms)} />
      <Fold title={filterTitle(terms)} isOpen={problem !== undefined}>
        <AuditFilter to={to} terms={terms} problem={problem} />
      </Fold>
      <div data-part="entries" data-offered="new entry,new entries">
        {entries.length > 0 ? (
          <EntryTable entries={entries} to={to} />
        ) : problem ? null : (
          <p class="empty">
            {Object.keys(terms).length === 0 ? 'Nothing was recorded yet.' : 'No entry matches.'}{' '}
            <a href={to.audit}>Show all entries</a>
          </p>
        )}
        <p class="row">
          {next === undefined ? null : (
            <a class="button quiet" href={to.query(to.audit, { ...exact, after: String(next) })}>
              Older entries
            </a>
          )}
          {before === undefined ? null : <a href={to.query(to.audit, terms)}>Newest entries</a>}
        </p>
      </div>
    </Page>
  )
}

/** Sealed is not verified: only a check of the chain says that it is whole. */
const Head: FC<{ readonly head: ChainHead }> = ({ head: { seq, hash } }) => (
  <p class="soft">
    {seq === 0 ? (
      'Nothing is sealed yet.'
    ) : (
      <>
        Sealed up to entry {countText(seq)}, head <code>{hash}</code>
      </>
    )}
  </p>
)

/** The moments that `-7d` or `yesterday` stand for today; the address keeps the words. */
const Window: FC<Pick<AuditPageProps, 'terms' | 'exact'>> = ({ terms, exact }) => {
  const bounds = [
    ['from', terms.since, exact.since],
    ['before', terms.until, exact.until],
  ] as const
  const meant = bounds.flatMap(([word, given = '', at = '']) =>
    timeOf(given, 0)?.isRelative ? [`${word} ${at.slice(0, 16).replace('T', ' ')} UTC`] : [],
  )
  return (
    <p data-part="window" data-steady class="soft">
      {meant.length === 0 ? '' : `Entries ${meant.join(', ')}.`}
    </p>
  )
}

const AuditActions: FC<AuditPageProps> = ({ frame: { to }, exact, head }) => {
  return (
    <>
      {head ? (
        <>
          <a class="button quiet" href={`${to.audit}/as-of`}>
            As of a moment
          </a>
          <a class="button quiet" href={`${to.audit}/verify`}>
            Verify
          </a>
        </>
      ) : null}
      <a
        class="button quiet"
        href={exportPath(to, { ...exact, format: 'csv' })}
        download="audit.csv"
      >
        <Sign of="down" /> CSV
      </a>
      <a class="button quiet" href={exportPath(to, exact)} download="audit.jsonl">
        <Sign of="down" /> JSON Lines
      </a>
    </>
  )
}

const presetTerms = ['action', 'group', 'actor', 'stage', 'break_glass'] as const

/** What auditors look for most; the other terms stay. */
function presetsOf({ to, caller }: Frame, terms: AuditTerms) {
  const presets = [
    { text: 'Everything', of: {} },
    { text: 'Moves', of: { group: 'moves' } },
    { text: 'Production', of: { stage: 'Production' } },
    { text: 'Rollbacks', of: { action: 'model_version.rolled_back' } },
    { text: 'Break-glass', of: { break_glass: 'true' } },
    { text: 'Promotions', of: { group: 'promotions' } },
    { text: 'Policies', of: { group: 'policies' } },
    { text: 'Access', of: { group: 'access' } },
    { text: 'Sign-ins', of: { group: 'sign_ins' } },
    { text: 'Refused', of: { group: 'refused' } },
    ...(caller.name === '' ? [] : [{ text: 'By me', of: { actor: caller.name } }]),
  ]
  const { action, group, actor, stage, break_glass, ...others } = terms
  const chosen = { action, group, actor, stage, break_glass }
  return presets.map(({ text, of }: { text: string; of: AuditTerms }) => ({
    text,
    href: to.query(to.audit, { ...others, ...of }),
    isCurrent: presetTerms.every((term) => chosen[term] === of[term]),
  }))
}

function filterTitle(terms: AuditTerms): string {
  const count = Object.keys(terms).length
  return count === 0 ? 'Filter' : `Filter: ${plural(count, 'field')} set`
}

type FilterProps = {
  readonly to: Paths
  readonly terms: AuditTerms
  readonly problem: FormProblem | undefined
}

const AuditFilter: FC<FilterProps> = ({ to, terms, problem }) => (
  <form class="fields-row audit-filter" method="get" action={to.audit}>
    <Problem of={problem} />
    <TextTerm label="Model" name="model" value={terms.model} />
    <TextTerm label="Version" name="version" value={terms.version} isNumber />
    <TextTerm label="Who" name="actor" value={terms.actor} />
    <label>
      Kind
      <select name="group">
        <option value="">any</option>
        {actionGroupNames.map((group) => (
          <option value={group} selected={group === terms.group}>
            {group.replaceAll('_', '-')}
          </option>
        ))}
      </select>
    </label>
    <label>
      Action
      <select name="action">
        <option value="">any</option>
        {actionGroupNames.map((group) => (
          <optgroup label={group.replaceAll('_', '-')}>
            {actionGroups[group].map((action) => (
              <option value={action} selected={action === terms.action}>
                {action.replaceAll('_', ' ').replace('.', ': ')}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </label>
    <TextTerm label="Stage" name="stage" value={terms.stage} />
    {terms.break_glass === undefined ? null : (
      <label class="choice">
        <input type="checkbox" name="break_glass" value="true" checked />
        Break-glass alone
      </label>
    )}
    <TimeField label="From (UTC)" name="since" value={terms.since} shortcut="t" />
    <TimeField label="Before (UTC)" name="until" value={terms.until} />
    <button type="submit">Filter</button>
  </form>
)

type TermProps = {
  readonly label: string
  readonly name: keyof AuditTerms
  readonly value: string | undefined
}

const TextTerm: FC<TermProps & { readonly isNumber?: true }> = ({ label, name, ...rest }) => (
  <label class={rest.isNumber ? 'short-field' : undefined}>
    {label}
    <input
      name={name}
      value={rest.value ?? ''}
      inputmode={rest.isNumber ? 'numeric' : undefined}
      autocapitalize="none"
      autocomplete="off"
      spellcheck={false}
    />
  </label>
)

const EntryTable: FC<{ readonly entries: readonly SealedEntry[]; readonly to: Paths }> = ({
  entries,
  to,
}) => (
  <div class="log">
    <Table
      caption="Entries, newest first"
      columns={[
        { title: 'Entry', isNumber: true },
        { title: 'When (UTC)', isWide: true },
        'What happened',
      ]}
    >
      {entries.map(({ entry }) => (
        <tr>
          <th scope="row" class="number">
            <a href={entryPath(to, entry.seq)}>#{entry.seq}</a>
          </th>
          <td class="wide-only">
            <SecondTime atMs={entry.at} />
          </td>
          <td>
            <p class="soft phone-only">
              <SecondTime atMs={entry.at} />
            </p>
            <EntryText entry={entry} />{' '}
            <span class="entry-links">
              <EntryLinks entry={entry} to={to} />
            </span>
          </td>
        </tr>
      ))}
    </Table>
  </div>
)

/** To the second, in UTC, as auditors compare it with other logs. */
export const SecondTime: FC<{ readonly atMs: number }> = ({ atMs }) => {
  const at = new Date(atMs).toISOString()
  return <time datetime={at}>{at.slice(0, 19).replace('T', ' ')}</time>
}

/** The filter in words, for what is printed. */
function wordsOf(terms: AuditTerms): string {
  const given = Object.entries(terms).map(([term, text]) => `${term} ${visibleText(text)}`)
  return given.length === 0
    ? 'All entries.'
    : `Only entries of ${given.join(', ')}. Others were left out.`
}
