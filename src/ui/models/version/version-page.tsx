import type { FC } from 'hono/jsx'
import { RegistryError } from '../../../core/error.ts'
import { fieldTitles } from '../../../governance/cards/card-shape.ts'
import { targetText } from '../../../governance/policies/policy.ts'
import { isPromptTag } from '../../../registry/prompts.ts'
import { isActive } from '../../../registry/stages/stages.ts'
import type { PlaceApproval } from '../../../registry/versions/approval.ts'
import { Byline, CardText } from '../../cards/card-page.tsx'
import { Time } from '../../parts/byline.tsx'
import { Chip, StageChip, StatusChip, Tags } from '../../parts/chips.tsx'
import { Table } from '../../parts/table.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { bytesText, Given, visibleText, Written } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import { Recorded } from '../../recorded.tsx'
import type { Frame } from '../../shell/frame.ts'
import { linksBeside, modelCrumbs, Page } from '../../shell/page.tsx'
import { History } from '../history.tsx'
import { LineageList } from '../lineage-list.tsx'
import { ScanFindings } from '../scan-findings.tsx'
import { LoadIt } from './load-it.tsx'
import type { VersionStanding } from './read-version.ts'
import { StandingPanel } from './standing-panel.tsx'
import { versionCalls } from './version-calls.ts'

type VersionPageProps = { readonly frame: Frame; readonly standing: VersionStanding }

/** A version: what it is for, where it stands, and where it comes from. */
export const VersionPage: FC<VersionPageProps> = ({ frame, standing }) => {
  const { lineage, card, bundle, entries, mayPromote, mayEdit } = standing
  const { version } = lineage
  const { name } = version
  const { to } = frame
  return (
    <Page
      frame={frame}
      title={`${name} version ${version.version}`}
      heading={
        <>
          <Given text={name} /> version {version.version}
        </>
      }
      section="models"
      inMlflow={`/models/${encodeURIComponent(name)}/versions/${version.version}`}
      crumbs={[...modelCrumbs(to, name), { text: `Version ${version.version}` }]}
      beside={linksBeside(standing.beside, (number) => ({
        text: `Version ${number}`,
        href: to.version(name, number),
      }))}
      about={<About frame={frame} standing={standing} />}
      actions={
        mayPromote || mayEdit ? (
          <>
            {mayEdit ? (
              <a class="button quiet" href={to.editCard(name, version.version)}>
                Edit card…
              </a>
            ) : null}
            <a class="button quiet" href={to.changeVersion(name, version.version)} data-key="e">
              Change…
            </a>
            {mayPromote && isActive(version.stage) ? (
              <a
                class="button quiet"
                href={to.query(to.rollback(name), { stage: version.stage })}
                data-dialog
              >
                Roll back {visibleText(version.stage)}…
              </a>
            ) : null}
            {mayPromote ? (
              <a class="button" href={to.promote(name, version.version)} data-key="p">
                Promote…
              </a>
            ) : null}
          </>
        ) : null
      }
      api={versionCalls(to, standing)}
    >
      <Tabs
        label="Parts of this page"
        items={[
          { href: '#card', text: 'Card' },
          { href: '#lineage', text: 'Lineage' },
          { href: '#files', text: 'Files', count: standing.files.length },
          { href: to.gates(name, version.version), text: 'Gates' },
          { href: to.proof(name, version.version), text: 'Proof' },
          { href: '#timeline', text: 'Timeline' },
        ]}
      />
      <div class="decision">
        <StandingPanel {...{ standing, to }} />
        <div class="stack grounds">
          <section class="near" aria-labelledby="card">
            <div class="row">
              <h2 id="card">Model card</h2>
              <a href={to.card(name, version.version)}>As a page to print</a>
              <a href={to.cardRevisions(name, version.version)}>Revisions</a>
              <a href={to.mlBom(name, version.version)}>ML-BOM</a>
              {bundle ? (
                <a href={to.bundle(name, version.version, bundle.id)} download>
                  Signed bundle of <Time atMs={bundle.createdAtMs} />
                </a>
              ) : null}
            </div>
            {card instanceof RegistryError ? (
              <p class="notice bad">{visibleText(card.message)}</p>
            ) : (
              <>
                <Byline {...card} />
                <Asked {...{ standing, to }} />
                <CardText {...card} heading="h3" />
              </>
            )}
          </section>
          <LineageList {...{ lineage, to }} replicas={standing.replicas} />
          <Files frame={frame} standing={standing} />
          <ScanFindings scan={standing.scan} />
          <History
            entries={entries}
            to={to}
            about={{ model: name, version: String(version.version) }}
          />
        </div>
        <div class="stack">
          <LoadIt frame={frame} version={version} />
          {card instanceof RegistryError ? null : <Recorded derived={card.derived} />}
        </div>
      </div>
    </Page>
  )
}

/** What policies ask of the card and nobody wrote. */
const Asked: FC<{ readonly standing: VersionStanding; readonly to: Paths }> = ({
  standing: { asked, mayEdit, lineage },
  to,
}) => {
  const { name, version } = lineage.version
  return asked.size === 0 ? null : (
    <div class="notice warn">
      {[...asked].map(([field, policies]) => (
        <p>
          <strong>{fieldTitles[field]}</strong>: not written yet, and{' '}
          <Given text={policies.join(', ')} /> asks for it.{' '}
          {mayEdit ? <a href={`${to.editCard(name, version)}#${field}`}>Write it</a> : null}
        </p>
      ))}
    </div>
  )
}

const About: FC<VersionPageProps> = ({ frame: { to }, standing }) => {
  const { version, promotions } = standing.lineage
  const { stage, aliases, tags, digest, hold, approvals } = version
  return (
    <>
      {version.tags.some(isPromptTag) ? (
        <p class="notice">
          This is a version of a prompt:{' '}
          <a href={to.promptVersion(version.name, version.version)}>what it says</a>.
        </p>
      ) : null}
      <p class="row">
        <StageChip stage={stage} />
        {aliases.map((alias) => (
          <Chip sign="up" tone="special" word={`@${alias}`} />
        ))}
        {digest === undefined ? (
          <Chip sign="diamond" tone="" word="not sealed: its files lie elsewhere" />
        ) : (
          <Chip sign="seal" tone="good" word={`sealed ${digest.slice(7, 15)}`} title={digest} />
        )}
        {standing.scan.findings.some(({ what }) => what === 'dangerous') ? (
          <Chip sign="warning" tone="bad" word="loading it runs dangerous code" href="#runs" />
        ) : null}
        {version.sourceChanged ? (
          <Chip sign="warning" tone="warn" word="the source changed since; these files did not" />
        ) : null}
        {promotions
          .filter(({ status }) => status === 'open')
          .map(({ id, target }) => (
            <Chip
              sign="glass"
              tone="info"
              word={`#${id} to ${targetText(target)}`}
              href={to.promotion(id)}
            />
          ))}
      </p>
      {version.description ? (
        <div class="soft">
          <Written text={version.description} />
        </div>
      ) : null}
      <Tags of={tags} />
      {approvals.length === 0 ? null : (
        <ul class="plain">
          {approvals.map((approval) => (
            <Approved approval={approval} />
          ))}
        </ul>
      )}
      {hold ? (
        <p class="notice warn">
          Under a legal hold of <Given text={hold.placedBy.name} /> since{' '}
          <Time atMs={hold.placedAtMs} isExact />: {visibleText(hold.reason)}
        </p>
      ) : null}
    </>
  )
}

const approvalWords: Readonly<Record<string, string>> = {
  Approved: 'passed',
  Rejected: 'rejected',
}

const Approved: FC<{ readonly approval: PlaceApproval }> = ({ approval }) => (
  <li class="row">
    <StatusChip status={approvalWords[approval.status] ?? 'pending'} />
    <span>
      for <Given text={approval.target} />, by <Given text={approval.by.name} />,{' '}
      <Time atMs={approval.atMs} /> (#{approval.promotion})
      {approval.isBreakGlass ? ', past its gates' : ''}
    </span>
  </li>
)

const Files: FC<VersionPageProps> = ({
  frame: { to },
  standing: {
    files,
    hasMoreFiles,
    lineage: {
      version: { name, version },
    },
  },
}) => (
  <section class="near" aria-labelledby="files">
    <h2 id="files">Files</h2>
    {files.length === 0 ? (
      <p class="soft">Its files do not lie here.</p>
    ) : (
      <Table
        caption="Sealed files"
        columns={['Path', { title: 'Size', isNumber: true }, 'SHA-256']}
      >
        {files.map(({ path, sizeBytes, sha256 }) => (
          <tr>
            <th scope="row">
              <a href={to.query(`${to.version(name, version)}/files`, { path })}>
                <Given text={path} />
              </a>
            </th>
            <td class="number">{bytesText(sizeBytes)}</td>
            <td>
              <code title={sha256}>{sha256.slice(0, 8)}</code>
            </td>
          </tr>
        ))}
      </Table>
    )}
    {files.length === 0 ? null : (
      <p class="row">
        {hasMoreFiles ? <a href={`${to.version(name, version)}/files`}>All files</a> : null}
        <a href={`${to.version(name, version)}/verify`} data-key="v">
          Verify
        </a>
      </p>
    )}
  </section>
)
