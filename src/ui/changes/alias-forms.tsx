import type { FC } from 'hono/jsx'
import type { RegisteredModel } from '../../registry/models/read-models.ts'
import { LineField } from '../parts/fields.tsx'
import { Table } from '../parts/table.tsx'
import { Given, plural, visibleText } from '../parts/text.tsx'
import type { Reshown } from './change.ts'

type AliasFormsProps = Reshown & {
  readonly model: RegisteredModel
  /** Where an alias is set or moved; one that is deleted goes to `…/remove`. */
  readonly action: string
  /** The page of a version. */
  readonly versionAt: (version: number) => string
}

/** All aliases, ways to move and to delete each, and one to set another. */
export const AliasForms: FC<AliasFormsProps> = ({
  model: { aliases },
  action,
  versionAt,
  problem,
  typed,
}) => {
  return (
    <>
      {aliases.length === 0 ? (
        <p class="soft">No aliases yet.</p>
      ) : (
        <Table
          caption={plural(aliases.length, 'alias', 'aliases')}
          columns={['Alias', 'Points at', 'Move', 'Delete']}
        >
          {aliases.map(({ alias, version }) => (
            <tr>
              <th scope="row">
                <Given text={`@${alias}`} />
              </th>
              <td>
                <a href={versionAt(version)}>version {version}</a>
              </td>
              <td>
                <form method="post" action={action} class="fields-row">
                  <input type="hidden" name="alias" value={alias} />
                  <input type="hidden" name="seen_version" value={String(version)} />
                  <input
                    name="version"
                    inputmode="numeric"
                    pattern="[1-9][0-9]*"
                    required
                    size={4}
                    aria-label={`Version that @${visibleText(alias)} is to point at`}
                  />
                  <button type="submit" class="quiet">
                    Move alias
                  </button>
                </form>
              </td>
              <td>
                <form method="post" action={`${action}/remove`}>
                  <input type="hidden" name="alias" value={alias} />
                  <input type="hidden" name="seen_version" value={String(version)} />
                  <button
                    type="submit"
                    class="quiet danger"
                    aria-label={`Delete alias ${visibleText(alias)}; loads by it will fail`}
                  >
                    Delete
                  </button>
                </form>
              </td>
            </tr>
          ))}
        </Table>
      )}
      <form method="post" action={action} class="fields-row">
        <LineField
          label="Alias"
          name="alias"
          isRequired
          {...{ problem, typed: typed?.('alias') }}
        />
        <LineField
          label="Version"
          name="version"
          pattern="[1-9][0-9]*"
          isRequired
          typed={typed?.('version')}
        />
        <button type="submit">Set alias</button>
      </form>
    </>
  )
}
