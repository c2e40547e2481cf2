import type { FC } from 'hono/jsx'
import { visibleText } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { Page } from '../shell/page.tsx'
import { type Catalogue, type CatalogueQuery, filterOf, isPlain } from './catalogue.ts'
import { CatalogueTable } from './catalogue-table.tsx'
import { FirstModel } from './first-model.tsx'

type ModelsProps = {
  readonly frame: Frame
  readonly query: CatalogueQuery
  readonly catalogue: Catalogue
  /** Why the filter was not taken. */
  readonly problem: string | undefined
}

/** All models that the caller may read, or those that a filter leaves. */
export const ModelsPage: FC<ModelsProps> = ({ frame, query, catalogue, problem }) => {
  const { to } = frame
  const { words, sort, after } = query
  const isEverything = words === '' && after === undefined
  const filter = filterOf(words)
  return (
    <Page
      frame={frame}
      title="Models"
      section="models"
      api={{
        method: 'GET',
        path: to.query('/api/2.0/mlflow/registered-models/search', { filter }),
      }}
    >
      <SearchForm frame={frame} words={words} sort={sort} problem={problem} />
      {words !== '' && isPlain(words) ? (
        <p class="soft">
          Searching names, as <code>{visibleText(filter)}</code>
        </p>
      ) : null}
      {catalogue.rows.length > 0 ? (
        <CatalogueTable rows={catalogue.rows} to={to} />
      ) : isEverything ? (
        <FirstModel frame={frame} />
      ) : problem === undefined ? (
        <p class="empty">
          No model matches. <a href={to.models}>Show all models</a>
        </p>
      ) : null}
      {catalogue.next === undefined ? null : (
        <p>
          <a
            class="button quiet"
            href={to.query(to.models, {
              q: words,
              sort: sort === 'name' ? undefined : sort,
              after: catalogue.next,
            })}
          >
            Next models
          </a>
        </p>
      )}
    </Page>
  )
}

type SearchProps = Pick<CatalogueQuery, 'words' | 'sort'> & {
  readonly frame: Frame
  readonly problem?: string | undefined
}

export const SearchForm: FC<SearchProps> = ({ frame, words, sort, problem }) => (
  <form class="search" method="get" action={frame.to.models}>
    <label>
      Name, or a filter
      <input
        name="q"
        value={words}
        placeholder="fraud, or stage = 'Production' AND tags.team = 'risk'"
        autocapitalize="none"
        spellcheck={false}
        aria-invalid={problem === undefined ? undefined : 'true'}
        aria-describedby={problem === undefined ? undefined : 'filter-problem'}
      />
    </label>
    {sort === 'name' ? null : <input type="hidden" name="sort" value={sort} />}
    <button type="submit">Search</button>
    {problem === undefined ? null : (
      <p class="problem" id="filter-problem" role="alert">
        {visibleText(problem)}
      </p>
    )}
  </form>
)
