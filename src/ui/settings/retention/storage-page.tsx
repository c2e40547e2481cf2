import type { FC } from 'hono/jsx'
import { monthlyCostOf, type StorageShare } from '../../../retention/storage-report.ts'
import { Table } from '../../parts/table.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { bytesText, countText, Given } from '../../parts/text.tsx'
import { type SettingsFrame, SettingsPage } from '../settings-page.tsx'

type StoragePageProps = {
  readonly frame: SettingsFrame
  readonly by: 'model' | 'team'
  readonly shares: readonly StorageShare[]
  /** What a gigabyte costs a month; undefined: nobody said. */
  readonly price: number | undefined
}

const shownMax = 200

/** What the versions of models, or of teams, take and cost. */
export const StoragePage: FC<StoragePageProps> = ({ frame, by, shares, price }) => {
  const { to } = frame
  const shown = shares.slice(0, shownMax)
  return (
    <SettingsPage
      frame={frame}
      at="storage"
      title="Storage"
      about={
        <p class="soft">
          What the files of versions take; equal bytes count once. Others have the shared bytes too,
          and each counts them.
        </p>
      }
      api={{ method: 'GET', path: `/api/v1/storage?by=${by}` }}
    >
      <Tabs
        label="Storage by"
        items={[
          { href: to.storage, text: 'Models', isCurrent: by === 'model' },
          { href: to.query(to.storage, { by: 'team' }), text: 'Teams', isCurrent: by === 'team' },
        ]}
      />
      {shown.length === 0 ? (
        <p class="empty">No versions.</p>
      ) : (
        <Table
          caption={by === 'model' ? 'Storage of models' : 'Storage of teams'}
          columns={[
            by === 'model' ? 'Model' : 'Team',
            ...['Versions', 'Files', 'Own', 'Shared', ...(price === undefined ? [] : ['Cost'])].map(
              (title) => ({ title, isNumber: true as const }),
            ),
          ]}
        >
          {shown.map((share) => (
            <tr>
              <th scope="row">
                {by === 'model' ? (
                  <a href={to.model(share.name)}>
                    <Given text={share.name} />
                  </a>
                ) : share.name === '' ? (
                  'without a team'
                ) : (
                  <Given text={share.name} />
                )}
              </th>
              <td class="number">{countText(share.versions)}</td>
              <td class="number">{countText(share.files)}</td>
              <td class="number">{bytesText(share.ownBytes)}</td>
              <td class="number">{bytesText(share.sharedBytes)}</td>
              {price === undefined ? null : (
                <td class="number">{costText(monthlyCostOf(share.ownBytes, price))}</td>
              )}
            </tr>
          ))}
        </Table>
      )}
      {shares.length > shown.length ? (
        <p class="soft">These take the most, of {countText(shares.length)}; the API lists all.</p>
      ) : null}
      <p class="soft">
        {price === undefined
          ? 'With the setting storage-price the costs stand here too.'
          : `Cost: of the own bytes, a month, at ${price} a gigabyte.`}
      </p>
      <p>
        <a href={to.retention}>Rules that delete versions</a>
      </p>
    </SettingsPage>
  )
}

function costText(cost: number): string {
  return cost > 0 && cost < 0.005 ? 'below 0.01' : cost.toFixed(2)
}
