import type { FC } from 'hono/jsx'
import type { ScanFinding } from '../../artifacts/scan/findings.ts'
import type { VersionScan } from '../../registry/files/version-scan.ts'
import { Chip } from '../parts/chips.tsx'
import { Table } from '../parts/table.tsx'
import { Given, plural } from '../parts/text.tsx'

const shownMax = 100

const words: Readonly<Record<ScanFinding['what'], string>> = {
  dangerous: 'dangerous import',
  unlisted: 'import',
  code: 'program',
  template: 'template',
  lambda: 'code in a model',
  operation: 'operation',
  unread: 'could not be read',
}

/** What may run when the files of a version are loaded. */
export const ScanFindings: FC<{ readonly scan: VersionScan }> = ({ scan }) => {
  const { status, findings, files, waiting } = scan
  if (status === 'not_sealed') return null
  return (
    <section class="near" aria-labelledby="runs">
      <h2 id="runs">What runs when it is loaded</h2>
      {status === 'pending' ? (
        <p class="soft">
          {waiting} of {plural(files, 'file')} not read yet.
        </p>
      ) : null}
      {findings.length === 0 && status === 'scanned' ? (
        <p class="soft">Nothing beyond plain values, arrays and estimators, as reading tells.</p>
      ) : null}
      {findings.length === 0 ? null : (
        <Table caption="What may run" columns={['File', 'What', 'Detail']}>
          {findings.slice(0, shownMax).map(({ path, what, detail }) => (
            <tr>
              <th scope="row">
                <Given text={path} />
              </th>
              <td>
                <Chip
                  sign={what === 'dangerous' ? 'warning' : 'diamond'}
                  tone={what === 'dangerous' ? 'bad' : ''}
                  word={words[what]}
                />
              </td>
              <td>
                <Given text={detail} />
              </td>
            </tr>
          ))}
        </Table>
      )}
      {findings.length > shownMax ? (
        <p class="soft">And {findings.length - shownMax} more.</p>
      ) : null}
    </section>
  )
}
