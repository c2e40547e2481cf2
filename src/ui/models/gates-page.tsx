import type { FC } from 'hono/jsx'
import { targetText } from '../../governance/policies/policy.ts'
import type { Assessment } from '../../governance/promotions/assess.ts'
import type { ModelVersion } from '../../registry/versions/read-versions.ts'
import { Time } from '../parts/byline.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { Given, visibleText } from '../parts/text.tsx'
import { Blockers } from '../promotions/blockers.tsx'
import { Gates } from '../promotions/gates.tsx'
import type { Frame } from '../shell/frame.ts'
import { modelCrumbs, Page } from '../shell/page.tsx'
import type { GuardedPlace } from './guarded-places.ts'

type GatesPageProps = {
  readonly frame: Frame
  readonly version: ModelVersion
  /** All that policies guard of the model. */
  readonly places: readonly GuardedPlace[]
  readonly place: GuardedPlace | undefined
  readonly judged: Assessment | undefined
  readonly mayPromote: boolean
}

/** How a version would be judged now, before anybody asks for anything. */
export const GatesPage: FC<GatesPageProps> = (props) => {
  const { frame, version, places, place, judged, mayPromote } = props
  const { to } = frame
  const { name, version: number } = version
  const path = to.gates(name, number)
  return (
    <Page
      frame={frame}
      title={`Gates of ${name} version ${number}`}
      heading={
        <>
          Gates of <Given text={name} /> version {number}
        </>
      }
      section="models"
      crumbs={[...modelCrumbs(to, name, number), { text: 'Gates' }]}
      actions={
        place?.target.stage === undefined || !mayPromote ? null : (
          <a class="button" href={to.query(to.promote(name, number), { to: place.target.stage })}>
            Promote…
          </a>
        )
      }
      api={
        place && {
          method: 'POST',
          path: '/api/v1/policies/evaluate',
          body: { model: name, version: String(number), to: place.target },
        }
      }
    >
      {places.length > 1 ? (
        <Tabs
          label="Guarded stages and aliases"
          items={places.map(({ key }) => ({
            href: to.query(path, { to: key }),
            text: visibleText(key),
            isCurrent: key === place?.key,
          }))}
        />
      ) : null}
      {place === undefined || judged === undefined ? (
        <p class="empty">No policy guards a stage or an alias of this model.</p>
      ) : (
        <Judged {...{ version, place, judged }} to={to} />
      )}
    </Page>
  )
}

type JudgedProps = Pick<GatesPageProps, 'version'> & {
  readonly place: GuardedPlace
  readonly judged: Assessment
  readonly to: Frame['to']
}

const Judged: FC<JudgedProps> = ({ version, place, judged, to }) => {
  const { judgement, policies, judgedAtMs } = judged
  const { gates, approvals, blockedBy } = judgement
  const view = {
    model: version.name,
    version: version.version,
    gates,
    approvals,
    policies: policies.map(({ name, revision }) => ({ name, revision })),
    blockedBy,
    canMerge: blockedBy.length === 0,
  }
  return (
    <div class="split">
      <Gates view={view} to={to} />
      <section class="panel near" aria-labelledby="missing">
        <h2 id="missing">To enter {visibleText(targetText(place.target))}</h2>
        <Blockers view={view} policies={policies} to={to} />
        <p class="soft">
          Judged <Time atMs={judgedAtMs} />, without changing anything.
        </p>
      </section>
    </div>
  )
}
