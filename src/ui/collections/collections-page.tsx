import type { FC } from 'hono/jsx'
import type { Collection } from '../../registry/collections/collections.ts'
import { ModelKinds } from '../home/model-kinds.tsx'
import { Time } from '../parts/byline.tsx'
import { NextLink, NoValue, Table } from '../parts/table.tsx'
import { countText, Given } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import type { Frame } from '../shell/frame.ts'
import { Page } from '../shell/page.tsx'

type CollectionsPageProps = {
  readonly frame: Frame
  readonly items: readonly Collection[]
  readonly next: string | undefined
}

/** The collections of a workspace; the page of one is that of the model which it is. */
export const CollectionsPage: FC<CollectionsPageProps> = ({ frame, items, next }) => {
  const { to } = frame
  return (
    <Page
      frame={frame}
      title="Collections"
      section="models"
      crumbs={[{ text: 'Models', href: to.models }, { text: 'Collections' }]}
      about={<p class="soft">Versions of several models, or workspaces, under one name.</p>}
      api={{ method: 'GET', path: '/api/v1/collections' }}
    >
      <ModelKinds to={to} current="collections" />
      {items.length === 0 ? (
        <p class="empty">
          No collections. <code>gatehouse collections create NAME</code> makes one.
        </p>
      ) : (
        <Table
          caption="Collections"
          columns={['Name', { title: 'Links', isNumber: true }, 'Aliases', 'Protects', 'Changed']}
        >
          {items.map((item) => (
            <CollectionRow item={item} to={to} />
          ))}
        </Table>
      )}
      <NextLink after={next} hrefOf={(after) => to.query(to.collections, { after })}>
        Next collections
      </NextLink>
    </Page>
  )
}

const CollectionRow: FC<{ readonly item: Collection; readonly to: Paths }> = ({ item, to }) => (
  <tr>
    <td>
      <a href={to.model(item.name)}>
        <Given text={item.name} />
      </a>
    </td>
    <td class="number">{item.links === undefined ? <NoValue /> : countText(item.links)}</td>
    <td>
      {item.aliases.length === 0 ? (
        <NoValue />
      ) : (
        item.aliases.map(({ alias, version }) => (
          <>
            <a href={to.version(item.name, version)}>
              <Given text={`@${alias}`} />
            </a>{' '}
          </>
        ))
      )}
    </td>
    <td>{item.protect ? 'its versions' : <NoValue />}</td>
    <td>
      <Time atMs={item.updatedAtMs} />
    </td>
  </tr>
)
