import type { FC } from 'hono/jsx'
import type { ChainHead } from '../../audit/seal.ts'
import type { StageThen } from '../../governance/history/as-of.ts'
import type { Holder } from '../../governance/history/holders.ts'
import type { FormProblem } from '../forms.ts'
import { Problem } from '../parts/fields.tsx'
import { Cell, NextLink, NoValue, Table } from '../parts/table.tsx'
import { countText, Given, visibleText } from '../parts/text.tsx'
import { isoTextOf, TimeField } from '../parts/time-field.tsx'
import type { Paths } from '../paths.ts'
import type { Frame } from '../shell/frame.ts'
import { Page } from '../shell/page.tsx'
import { SecondTime } from './audit-page.tsx'

type AsOfPageProps = {
  readonly frame: Frame
  /** As it was given; undefined: now. */
  readonly at: string | undefined
  readonly atMs: number
  readonly stage: string
  /** Stages in which versions serve. */
  readonly stages: readonly string[]
  readonly items: readonly StageThen[]
  readonly next: number | undefined
  readonly head: ChainHead | undefined
  readonly problem: FormProblem | undefined
}

const dayMs = 86_400_000

/** What was in a stage of all models at a moment: since when, and who asked for and approved it. */
export const AsOfPage: FC<AsOfPageProps> = (props) => {
  const { frame, at, atMs, stage, items, next, head, problem } = props
  const { to } = frame
  const asOf = (ms: number) => asOfPath(to, { at: new Date(ms).toISOString(), stage })
  return (
    <Page
      frame={frame}
      title={`${visibleText(stage)} as of ${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`}
      section="audit"
      crumbs={[{ text: 'Audit log', href: to.audit }, { text: 'As of a moment' }]}
      about={<p class="soft">From the audit log alone: nothing that happened later changes it.</p>}
      api={{
        method: 'GET',
        path: to.query('/api/v1/as-of', { at: new Date(atMs).toISOString(), stage }),
      }}
    >
      <form class="fields-row audit-filter" method="get" action={`${to.audit}/as-of`}>
        <Problem of={problem} />
        <TimeField
          label="Moment (UTC)"
          name="at"
          value={at ?? isoTextOf(atMs)}
          isWrong={problem?.field === 'at'}
        />
        <label>
          Stage
          <select name="stage">
            {[...new Set([...props.stages, stage])].map((one) => (
              <option value={one} selected={one === stage}>
                {visibleText(one)}
              </option>
            ))}
          </select>
        </label>
        <button type="submit">Show</button>
      </form>
      <p class="row actions">
        <a href={asOf(atMs - dayMs)}>A day earlier</a>
        <a href={asOf(atMs - dayMs / 24)}>An hour earlier</a>
        {at === undefined ? null : (
          <>
            <a href={asOf(atMs + dayMs / 24)}>An hour later</a>
            <a href={asOf(atMs + dayMs)}>A day later</a>
            <a href={asOfPath(to, { stage })}>Now</a>
          </>
        )}
      </p>
      {items.length > 0 ? (
        <AsOfTable {...props} />
      ) : problem ? null : (
        <p class="empty">
          No version was in {visibleText(stage)} then, as far as the audit log tells.
        </p>
      )}
      <NextLink after={next} hrefOf={(after) => asOfPath(to, { at, stage, after })}>
        Next models
      </NextLink>
      {head === undefined || head.seq === 0 ? null : (
        <p class="soft">
          The log is sealed up to entry {countText(head.seq)}, head <code>{head.hash}</code>{' '}
          <a href={to.query(`${to.audit}/verify`, { head: head.hash })}>Verify against this head</a>
        </p>
      )}
    </Page>
  )
}

/** The address of the page; what is the default is left out. */
export function asOfPath(
  to: Paths,
  { stage, ...terms }: { at?: string | undefined; stage: string; after?: string },
): string {
  return to.query(`${to.audit}/as-of`, {
    ...terms,
    stage: stage === 'Production' ? undefined : stage,
  })
}

const AsOfTable: FC<AsOfPageProps> = ({ frame: { to }, stage, items }) => (
  <Table
    caption={`What was in ${visibleText(stage)}`}
    isCards
    columns={['Model', 'Version', 'Since (UTC)', 'Asked by', 'Approved by', 'Data', 'Today']}
  >
    {items.flatMap((item) =>
      item.holders.map((holder, i) => (
        <tr>
          <th scope="row">
            <ModelName item={item} to={to} />
          </th>
          <Cell label="Version">
            <VersionCell item={item} holder={holder} to={to} />
            {item.hasMore && i === item.holders.length - 1 ? (
              <span class="soft"> and others with lower numbers, which the API lists</span>
            ) : null}
          </Cell>
          <SinceCells holder={holder} to={to} />
          <Cell label="Data" isLine>
            <Data holder={holder} />
          </Cell>
          <Cell label="Today">{i === 0 ? <Today item={item} to={to} /> : null}</Cell>
        </tr>
      )),
    )}
  </Table>
)

type ItemProps = { readonly item: StageThen; readonly to: Paths }

const ModelName: FC<ItemProps> = ({ item: { model }, to }) => {
  const { nameThen, nameNow } = model
  if (nameNow === undefined) {
    return (
      <>
        <Given text={nameThen} /> <span class="soft">deleted since</span>
      </>
    )
  }
  return (
    <>
      <a href={to.model(nameNow)}>
        <Given text={nameThen} />
      </a>
      {nameNow === nameThen ? null : (
        <span class="soft">
          {' '}
          now <Given text={nameNow} />
        </span>
      )}
    </>
  )
}

const VersionCell: FC<ItemProps & { readonly holder: Holder }> = ({ item, holder, to }) => {
  const { nameNow } = item.model
  const { version, digest } = holder
  return (
    <>
      {nameNow === undefined ? version : <a href={to.version(nameNow, version)}>{version}</a>}
      {digest === undefined ? null : (
        <>
          {' '}
          <code title={digest}>{digest.replace('sha256:', '').slice(0, 8)}</code>
        </>
      )}
    </>
  )
}

const SinceCells: FC<{ readonly holder: Holder; readonly to: Paths }> = ({ holder, to }) => {
  const { since } = holder
  if (!since) {
    return (
      <td colspan={3} class="soft line-cell" data-label="Since (UTC)">
        imported so, or there before the audit log began
      </td>
    )
  }
  return (
    <>
      <Cell label="Since (UTC)" isLine>
        <SecondTime atMs={since.atMs} />
      </Cell>
      <Cell label="Asked by">
        <Given text={since.requestedBy.name} />
        {since.promotion === undefined ? null : (
          <>
            {' '}
            <a href={to.promotion(since.promotion)}>#{since.promotion}</a>
          </>
        )}
      </Cell>
      <Cell label="Approved by" isLine>
        {since.approvedBy.length === 0 ? (
          <span class="soft">nobody; moved by {visibleText(since.movedBy.name)}</span>
        ) : (
          <Given text={since.approvedBy.join(', ')} />
        )}
      </Cell>
    </>
  )
}

const Data: FC<{ readonly holder: Holder }> = ({ holder: { datasets } }) =>
  datasets.length === 0 ? (
    <NoValue />
  ) : (
    <>
      {datasets.slice(0, 3).map(({ name, digest }) => (
        <div>
          <Given text={name} /> <code>{visibleText(digest)}</code>
        </div>
      ))}
      {datasets.length > 3 ? `and ${countText(datasets.length - 3)} more` : ''}
    </>
  )

/** Whether the same versions are there now. */
const Today: FC<ItemProps> = ({ item: { model, holders, today }, to }) => {
  const { nameNow } = model
  if (nameNow === undefined) return <NoValue />
  if (today.length === 0) return <span class="warn-text">empty</span>
  const then = new Set(holders.map(({ version }) => version))
  const isSame = then.size === today.length && today.every(({ version }) => then.has(version))
  if (isSame) return <span class="soft">the same</span>
  return (
    <span class="warn-text">
      {today.slice(0, 5).map(({ version, isRolledBack }, i) => (
        <>
          {i > 0 ? ', ' : ''}
          <a href={to.version(nameNow, version)}>{version}</a>
          {isRolledBack ? ' by a rollback' : ''}
        </>
      ))}
      {today.length > 5 ? '…' : ''}
    </span>
  )
}
