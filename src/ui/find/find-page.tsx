import type { FC } from 'hono/jsx'
import { Given, visibleText } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { Page } from '../shell/page.tsx'

/** Things of one kind that somebody may have meant. */
export type FoundGroup = {
  readonly title: string
  readonly items: readonly {
    readonly text: string
    readonly more?: string
    readonly href: string
  }[]
}

type FindPageProps = {
  readonly frame: Frame
  readonly words: string
  readonly groups: readonly FoundGroup[]
}

/** What words may mean, by kind. The script of pages reads its links. */
export const FindPage: FC<FindPageProps> = ({ frame, words, groups }) => {
  const { to } = frame
  return (
    <Page
      frame={frame}
      title={words === '' ? 'Find' : `Find ${words}`}
      heading="Find"
      crumbs={[{ text: 'Find' }]}
      api={{ method: 'GET', path: to.query('/api/v1/find', { q: words }) }}
    >
      <form class="search" method="get" action={to.find}>
        <label>
          Name, id, #12, digest or URI
          <input
            name="q"
            value={words}
            autocapitalize="none"
            autocomplete="off"
            spellcheck={false}
          />
        </label>
        <button type="submit">Find</button>
      </form>
      {words !== '' && groups.length === 0 ? (
        <p class="empty">
          Nothing that you may read is called <Given text={words} />.
        </p>
      ) : null}
      {groups.map(({ title, items }) => (
        <section class="near" aria-labelledby={idOf(title)}>
          <h2 id={idOf(title)}>{title}</h2>
          <ul class="plain" data-found={title}>
            {items.map(({ text, more, href }) => (
              <li>
                <a href={href}>
                  <Given text={text} />
                </a>
                {more === undefined ? null : <span class="soft"> {visibleText(more)}</span>}
              </li>
            ))}
          </ul>
        </section>
      ))}
    </Page>
  )
}

function idOf(title: string): string {
  return title.toLowerCase().replaceAll(' ', '-')
}
