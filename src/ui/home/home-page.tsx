import type { FC } from 'hono/jsx'
import type { Catalogue } from '../../find/catalogue.ts'
import type { PromotionView } from '../../governance/promotions/view.ts'
import { plural } from '../parts/text.tsx'
import { RequestTable } from '../promotions/request-table.tsx'
import type { Frame } from '../shell/frame.ts'
import { Page } from '../shell/page.tsx'
import { type CatalogueCounts, catalogueAddress } from './catalogue.ts'
import { CatalogueChips } from './catalogue-chips.tsx'
import { CatalogueTable } from './catalogue-table.tsx'
import { FirstModel } from './first-model.tsx'
import { SearchForm } from './models-page.tsx'

type HomeProps = {
  readonly frame: Frame
  readonly catalogue: Catalogue
  readonly counts: CatalogueCounts
  /** Open requests that lack an approval which the caller may give, newest first. */
  readonly waiting: readonly PromotionView[]
  /** The version that is now where each of those leads that are shown, by its number. */
  readonly there: ReadonlyMap<number, number>
  readonly nowMs: number
  readonly notice: string | undefined
}

/** How many of the requests that wait are shown. */
export const waitingMax = 5

/** What waits for the caller, what is live, and the way to the first model. */
export const HomePage: FC<HomeProps> = ({ frame, catalogue, counts, waiting, notice, ...rest }) => (
  <Page
    frame={frame}
    title="Home"
    heading={catalogue.rows.length === 0 ? 'Welcome' : 'Home'}
    waiting={waiting.length}
    api={[
      { method: 'GET', path: '/api/v1/promotions?awaiting=me', about: 'What waits for you' },
      { method: 'GET', path: '/api/v1/models', about: 'Models' },
    ]}
    takesOldLinks
    live={{}}
  >
    {notice === undefined ? null : <p class="notice">{notice}</p>}
    {waiting.length === 0 ? null : (
      <div class="near" data-part="waiting">
        <h2>Waiting for you</h2>
        <RequestTable
          requests={waiting.slice(0, waitingMax)}
          to={frame.to}
          caption="Waiting for you"
          {...rest}
        />
        {waiting.length > waitingMax ? (
          <p>
            <a href={frame.to.query(frame.to.promotions, { view: 'waiting' })}>
              All {waiting.length}
            </a>
          </p>
        ) : null}
      </div>
    )}
    {catalogue.rows.length === 0 ? (
      <div data-part="models">
        <FirstModel frame={frame} />
      </div>
    ) : (
      <div class="near" data-part="models">
        <h2>{plural(counts.models, 'model')}</h2>
        <SearchForm frame={frame} words="" sort="name" />
        <CatalogueChips {...{ counts }} to={frame.to} words="" isAsked={false} />
        <CatalogueTable
          rows={catalogue.rows}
          to={frame.to}
          sort="name"
          sortHref={(sort) => catalogueAddress(frame.to, { sort })}
        />
        {catalogue.next === undefined ? null : (
          <p>
            <a href={frame.to.models}>All models</a>
          </p>
        )}
      </div>
    )}
    <noscript>
      <p class="soft">
        Links that contain <code>/#/</code> come from MLflow's own page and need script to be
        followed here.
      </p>
    </noscript>
  </Page>
)
