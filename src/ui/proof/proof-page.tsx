import type { FC } from 'hono/jsx'
import type { Attestation } from '../../attestations/attestations.ts'
import type { ReleaseBundle } from '../../bundles/releases/read-bundles.ts'
import type { DueSignature } from '../../governance/signing/signatures-due.ts'
import type { VersionDetail } from '../../registry/versions/version-detail.ts'
import type { Reshown } from '../changes/change.ts'
import { Changes } from '../changes/change-forms.tsx'
import { Person, Time } from '../parts/byline.tsx'
import { Problem, TextField } from '../parts/fields.tsx'
import { NextLink, NoValue, Table } from '../parts/table.tsx'
import { Given, visibleText } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { modelCrumbs, Page } from '../shell/page.tsx'
import { KeyChip } from './key-chip.tsx'
import { ResultChip } from './statement-parts.tsx'
import { StatementType } from './statement-view.tsx'

/** A page of a list, the newest first. */
type Listed<T> = {
  readonly items: readonly T[]
  /** The id before which the next page begins. */
  readonly next: number | undefined
}

type ProofPageProps = Reshown & {
  readonly frame: Frame
  readonly version: VersionDetail
  readonly bundles: Listed<ReleaseBundle>
  /** What the caller may not read of each bundle. */
  readonly closed: ReadonlyMap<number, readonly string[]>
  readonly attestations: Listed<Attestation>
  /** Merged requests that are not signed yet. */
  readonly due: readonly DueSignature[]
  readonly whyNotEdit: string | undefined
}

/** Characters of a document that is pasted: what the server keeps. */
const documentCharsMax = 1_000_000

/** What was signed about a version, here and by others. */
export const ProofPage: FC<ProofPageProps> = (props) => {
  const { frame, version, problem } = props
  const { to } = frame
  const { name, version: number } = version
  return (
    <Page
      frame={frame}
      title={`Proof of ${name} version ${number}`}
      heading={
        <>
          Proof of <Given text={name} /> version {number}
        </>
      }
      section="models"
      crumbs={[...modelCrumbs(to, name, number), { text: 'Proof' }]}
      about={
        version.digest === undefined ? (
          <p class="notice warn">
            It is not sealed, since its files lie elsewhere: there is nothing that could be signed.
          </p>
        ) : (
          <p>
            Whatever is signed is about its digest, <code>{version.digest}</code>
          </p>
        )
      }
      api={(['bundles', 'attestations'] as const).map((what) => ({
        about: what === 'bundles' ? 'What this server signed' : 'What others signed',
        method: 'GET',
        path: `/api/v1/models/${encodeURIComponent(name)}/versions/${number}/${what}`,
      }))}
    >
      <Problem of={problem} />
      <Bundles {...props} />
      <Attestations {...props} />
      {version.digest === undefined ? null : <SendForm {...props} />}
    </Page>
  )
}

const Bundles: FC<ProofPageProps> = (props) => {
  const { version, bundles, closed, due, whyNotEdit } = props
  const { to } = props.frame
  const { name, version: number } = version
  return (
    <section class="near" aria-labelledby="bundles">
      <div class="row">
        <h2 id="bundles">Signed bundles</h2>
        <a href={to.keys}>Keys of this server</a>
      </div>
      {due.map(({ promotion, problem }) => (
        <p class={problem === null ? 'notice' : 'notice warn'}>
          What <a href={to.promotion(promotion)}>#{promotion}</a> let in is to be signed
          {problem === null
            ? ', which happens in the background.'
            : ` and could not be yet: ${visibleText(problem)}`}
        </p>
      ))}
      {bundles.items.length === 0 ? (
        <p class="empty">
          None yet. A bundle is one zip with the files and all that speaks for them, signed.
        </p>
      ) : (
        <Table
          caption="Bundles, the newest first"
          columns={['Bundle', 'Made', 'By', 'Key', 'Download']}
        >
          {bundles.items.map((bundle) => (
            <BundleRow
              {...{ bundle, closed: closed.get(bundle.id) ?? [] }}
              page={to.bundlePage(name, number, bundle.id)}
              file={to.bundle(name, number, bundle.id)}
            />
          ))}
        </Table>
      )}
      <NextLink
        after={bundles.next}
        hrefOf={(before) => to.query(to.proof(name, number), { bundles: before })}
      >
        Older bundles
      </NextLink>
      {version.digest === undefined ? null : whyNotEdit === undefined ? (
        <form method="post" action={`${to.version(name, number)}/bundles`}>
          <p class="soft">It tells what you may read, as it is now, and stays as it is.</p>
          <button type="submit">Make a signed bundle</button>
        </form>
      ) : (
        <p class="soft">To make one: {visibleText(whyNotEdit)}</p>
      )}
    </section>
  )
}

type BundleRowProps = {
  readonly bundle: ReleaseBundle
  readonly closed: readonly string[]
  readonly page: string
  readonly file: string
}

const BundleRow: FC<BundleRowProps> = ({ bundle, closed, page, file }) => {
  const { id, createdAtMs, createdBy, key } = bundle
  const isOpen = closed.length === 0
  return (
    <tr>
      <th scope="row">{isOpen ? <a href={page}>Bundle {id}</a> : `Bundle ${id}`}</th>
      <td>
        <Time atMs={createdAtMs} />
      </td>
      <td>
        <Person principal={createdBy} />
      </td>
      <td>
        <code title={key}>{key.slice(0, 8)}</code>
      </td>
      <td>
        {isOpen ? (
          <a href={file} download aria-label={`Download bundle ${id}`}>
            Download
          </a>
        ) : (
          <span class="soft">tells of {closed.join(' and ')}, which you may not read</span>
        )}
      </td>
    </tr>
  )
}

const Attestations: FC<ProofPageProps> = ({ frame: { to }, version, attestations }) => {
  const { name, version: number } = version
  return (
    <section class="near" aria-labelledby="attestations">
      <div class="row">
        <h2 id="attestations">What others signed</h2>
        <a href={to.keys}>Trusted keys</a>
      </div>
      {attestations.items.length === 0 ? (
        <p class="empty">Nothing. CI may sign its test results, and a gate may ask for that.</p>
      ) : (
        <Table
          caption="Attestations, the newest first"
          columns={['Attestation', 'What', 'Says', 'Signed by', 'Sent']}
        >
          {attestations.items.map(({ id, predicateType, result, hint, key, sentBy, sentAtMs }) => (
            <tr>
              <th scope="row">
                <a href={to.attestationPage(name, number, id)}>Attestation {id}</a>
              </th>
              <td>
                <StatementType type={predicateType} />
              </td>
              <td>{result === undefined ? <NoValue /> : <ResultChip result={result} />}</td>
              <td>
                <KeyChip hint={hint} name={key} />
              </td>
              <td>
                <Time atMs={sentAtMs} /> by <Person principal={sentBy} />
              </td>
            </tr>
          ))}
        </Table>
      )}
      <NextLink
        after={attestations.next}
        hrefOf={(before) => to.query(to.proof(name, number), { attestations: before })}
      >
        Older attestations
      </NextLink>
    </section>
  )
}

const SendForm: FC<ProofPageProps> = ({ frame: { to }, version, whyNotEdit, problem, typed }) => (
  <Changes id="send" title="Add an attestation" whyNot={whyNotEdit}>
    <form
      method="post"
      action={`${to.version(version.name, version.version)}/attestations`}
      class="card-form"
    >
      <TextField
        label="Document"
        name="document"
        charsMax={documentCharsMax}
        isRequired
        hint="JSON of a DSSE envelope or of a Sigstore bundle around one, signed by a trusted key"
        {...{ problem, typed: typed?.('document') }}
      />
      <div>
        <button type="submit">Add attestation</button>
      </div>
    </form>
  </Changes>
)
