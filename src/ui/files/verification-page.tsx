import type { FC } from 'hono/jsx'
import type { VersionVerdict } from '../../registry/files/verify-version.ts'
import { Chip } from '../parts/chips.tsx'
import { Table } from '../parts/table.tsx'
import { Given, plural } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { modelCrumbs, Page } from '../shell/page.tsx'

type VerificationPageProps = {
  readonly frame: Frame
  readonly name: string
  readonly version: number
  /** Null: its files lie elsewhere. */
  readonly digest: string | null
  /** Undefined: nothing was read yet. */
  readonly verdict: VersionVerdict | undefined
}

/** Whether the stored files of a version are still what was sealed: they are read when somebody asks for it. */
export const VerificationPage: FC<VerificationPageProps> = (props) => {
  const { frame, name, version, digest, verdict } = props
  return (
    <Page
      frame={frame}
      title={`Verify ${name} version ${version}`}
      heading={
        <>
          Verify <Given text={name} /> version {version}
        </>
      }
      section="models"
      crumbs={[...modelCrumbs(frame.to, name, version), { text: 'Verify' }]}
      api={{
        method: 'POST',
        path: `/api/v1/models/${encodeURIComponent(name)}/versions/${version}/verify`,
      }}
    >
      {digest === null ? (
        <p class="notice warn">It is not sealed, since its files lie elsewhere.</p>
      ) : (
        <>
          <p>
            Its files are read again, and held against the digest <code>{digest}</code>. Damage is
            noted in the audit log.
          </p>
          {verdict ? <Found {...{ ...props, verdict }} /> : null}
          <ReadForm {...props} />
        </>
      )}
    </Page>
  )
}

const Found: FC<VerificationPageProps & { readonly verdict: VersionVerdict }> = ({
  frame: { to },
  name,
  version,
  verdict,
}) => {
  const { filesRead, filesDiffering, differing, isIntact } = verdict
  const read = `${plural(filesRead, 'file')} read`
  return (
    <section class="near" aria-labelledby="found">
      <h2 id="found">{isIntact === undefined ? `${read} so far` : read}</h2>
      <p>
        {isIntact ? (
          <Chip sign="seal" tone="good" word="all are what was sealed" />
        ) : isIntact === undefined && filesDiffering === 0 ? (
          <Chip sign="diamond" tone="" word="none differs so far" />
        ) : (
          <Chip
            sign="warning"
            tone="bad"
            word={`${filesDiffering === 0 ? 'their list is' : filesDiffering} not what was sealed`}
          />
        )}
      </p>
      {differing.length === 0 ? null : (
        <Table caption="Files that differ" columns={['Path', 'What is wrong']}>
          {differing.map(({ path, problem }) => (
            <tr>
              <th scope="row">
                <a href={to.query(`${to.version(name, version)}/files`, { path })}>
                  <Given text={path} />
                </a>
              </th>
              <td>{problem}</td>
            </tr>
          ))}
        </Table>
      )}
      {filesDiffering > differing.length ? (
        <p class="soft">Others were found before; the history of the version has them.</p>
      ) : null}
    </section>
  )
}

const ReadForm: FC<VerificationPageProps> = ({ frame: { to }, name, version, verdict }) => (
  <form class="near" method="post" action={`${to.version(name, version)}/verify`}>
    {verdict?.nextPageToken === undefined ? null : (
      <input type="hidden" name="from" value={verdict.nextPageToken} />
    )}
    <button type="submit">{buttonText(verdict)}</button>
  </form>
)

function buttonText(verdict: VersionVerdict | undefined): string {
  if (!verdict) return 'Read the files'
  return verdict.nextPageToken === undefined ? 'Read them again' : 'Read on'
}
