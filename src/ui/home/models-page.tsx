import type { FC } from 'hono/jsx'
import type { RegistryError } from '../../core/error.ts'
import type { Catalogue, CatalogueQuery } from '../../find/catalogue.ts'
import { exactModelFilter } from '../../registry/models/search-models.ts'
import { filterOfWords } from '../../search/words.ts'
import { LooserFilters, SearchBox, TimesNote, WordsNote } from '../parts/search-box.tsx'
import { NextLink } from '../parts/table.tsx'
import { plural } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { Page } from '../shell/page.tsx'
import { type CatalogueCounts, catalogueAddress } from './catalogue.ts'
import { CatalogueChips } from './catalogue-chips.tsx'
import { CatalogueTable } from './catalogue-table.tsx'
import { FirstModel } from './first-model.tsx'
import { ModelKinds } from './model-kinds.tsx'

type ModelsProps = {
  readonly frame: Frame
  readonly query: CatalogueQuery
  readonly catalogue: Catalogue
  readonly counts: CatalogueCounts
  /** Why the filter was not taken. */
  readonly problem: RegistryError | undefined
  readonly nowMs: number
}

/** All models that the caller may read, or those that a filter leaves. */
export const ModelsPage: FC<ModelsProps> = (props) => {
  const { frame, query, catalogue, counts, problem } = props
  const { to } = frame
  const { words, sort, isAsked = false, after } = query
  const isEverything = words === '' && after === undefined && !isAsked
  const filter = filterOfWords(words, 'name')
  const exact = exactModelFilter(filter, props.nowMs)
  return (
    <Page
      frame={frame}
      title="Models"
      section="models"
      live={{}}
      api={{
        method: 'GET',
        path: to.query('/api/v1/models', {
          q: exact.times.length > 0 ? exact.text : words,
          requests: isAsked ? 'open' : undefined,
          sort: sort === 'name' ? undefined : sort,
          page_token: after,
        }),
      }}
    >
      <ModelKinds to={to} current="models" />
      <SearchForm {...{ frame, words, sort, isAsked, problem }} />
      <WordsNote words={words} filter={filter} />
      <TimesNote times={exact.times} />
      {counts.models === 0 ? null : <CatalogueChips {...{ counts, to, words, isAsked }} />}
      {isAsked ? <p>Only models with an open request.</p> : null}
      <div data-part="models">
        {catalogue.rows.length > 0 ? (
          <CatalogueTable
            rows={catalogue.rows}
            to={to}
            sort={sort}
            sortHref={(sort) => catalogueAddress(to, { words, isAsked, sort })}
          />
        ) : isEverything ? (
          <FirstModel frame={frame} />
        ) : problem === undefined ? (
          <div class="empty">
            <p>
              No model matches. <a href={to.models}>Show all {plural(counts.models, 'model')}</a>
            </p>
            <LooserFilters
              of={catalogue.looser}
              noun="model"
              hrefOf={(words) => catalogueAddress(to, { words, isAsked, sort })}
            />
          </div>
        ) : null}
      </div>
      <NextLink
        after={catalogue.next}
        hrefOf={(after) => catalogueAddress(to, { words, isAsked, sort, after })}
      >
        Next models
      </NextLink>
    </Page>
  )
}

type SearchProps = Pick<CatalogueQuery, 'words' | 'sort' | 'isAsked'> & {
  readonly frame: Frame
  readonly problem?: RegistryError | undefined
}

export const SearchForm: FC<SearchProps> = ({ frame, words, sort, isAsked = false, problem }) => (
  <SearchBox
    action={frame.to.models}
    label="Name, or a filter"
    placeholder="fraud, or stage = 'Production' AND tags.team = 'risk'"
    {...{ words, problem }}
    addressOf={(q) => catalogueAddress(frame.to, { words: q, sort, isAsked })}
  >
    {sort === 'name' ? null : <input type="hidden" name="sort" value={sort} />}
    {isAsked ? <input type="hidden" name="requests" value="open" /> : null}
  </SearchBox>
)
