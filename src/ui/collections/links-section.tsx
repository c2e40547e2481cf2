import type { FC } from 'hono/jsx'
import type { CollectionLink } from '../../registry/collections/links.ts'
import { Time } from '../parts/byline.tsx'
import { StageChip } from '../parts/chips.tsx'
import { NoValue, Table } from '../parts/table.tsx'
import { countText, Given, visibleText } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'

/** The newest links of a collection, as far as the caller may see where they lead. */
export type ShownLinks = {
  readonly items: readonly CollectionLink[]
  /** How many there are. */
  readonly count: number
  /** `CollectionLink.id` of those whose source the caller may read. */
  readonly readable: ReadonlySet<number>
  readonly protect: boolean
}

type LinksProps = { readonly links: ShownLinks; readonly name: string; readonly to: Paths }

/** What the versions of a collection lead to. */
export const LinksSection: FC<LinksProps> = ({ links, name, to }) => (
  <section class="near" aria-labelledby="links" data-part="links">
    <h2 id="links">Links {countText(links.count)}</h2>
    <p class="soft">
      A collection: each version is a link to a version of another model.
      {links.protect ? ' While it is linked, that one is not deleted.' : ''}
    </p>
    {links.items.length === 0 ? (
      <p class="soft">
        None yet. The page “Change” of a version links it, or{' '}
        <code>{`gatehouse collections link ${visibleText(name)} MODEL VERSION`}</code>.
      </p>
    ) : (
      <Table caption="Links, the newest first" columns={['Version', 'Leads to', 'Stage', 'Linked']}>
        {links.items.map((link) => (
          <tr>
            <td>
              <a href={to.version(name, link.version)}>{link.version}</a>
            </td>
            <td>
              <Source link={link} isShown={links.readable.has(link.id)} to={to} />
            </td>
            <td>
              <StageChip stage={link.stage} />
            </td>
            <td>
              <Time atMs={link.linkedAtMs} />
              {link.linkedBy ? (
                <>
                  {' by '}
                  <Given text={link.linkedBy} />
                </>
              ) : null}
            </td>
          </tr>
        ))}
      </Table>
    )}
    {links.count > links.items.length ? (
      <p class="soft">These are the newest {countText(links.items.length)}; the API lists all.</p>
    ) : null}
  </section>
)

type SourceProps = {
  readonly link: CollectionLink
  readonly isShown: boolean
  readonly to: Paths
}

const Source: FC<SourceProps> = ({ link: { workspace, source }, isShown, to }) => {
  if (!isShown) return <NoValue />
  const text = `${source.model} ${source.version}`
  if (source.registeredModelId === undefined) return <Given text={`${text}, deleted`} />
  if (source.workspace !== workspace) {
    return <Given text={`${text} of workspace ${source.workspace}`} />
  }
  return (
    <a href={to.version(source.model, source.version)}>
      <Given text={text} />
    </a>
  )
}
