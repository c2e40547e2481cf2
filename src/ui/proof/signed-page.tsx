import type { Child, FC } from 'hono/jsx'
import type { Attestation } from '../../attestations/attestations.ts'
import type { Statement } from '../../attestations/envelope.ts'
import type { ReleaseBundle } from '../../bundles/releases/read-bundles.ts'
import { Person, Time } from '../parts/byline.tsx'
import { Given } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { modelCrumbs, Page } from '../shell/page.tsx'
import { KeyChip } from './key-chip.tsx'
import { ResultChip } from './statement-parts.tsx'
import { StatementType, StatementView } from './statement-view.tsx'

type OfVersion = {
  readonly frame: Frame
  readonly name: string
  readonly number: number
}

type SignedPageProps = OfVersion & {
  readonly what: string
  readonly about: Child
  readonly actions: Child
  /** From the version, as the API has it. */
  readonly apiPath: string
  readonly children: Child
}

const SignedPage: FC<SignedPageProps> = (props) => {
  const { frame, name, number, what, apiPath, children, ...rest } = props
  const { to } = frame
  return (
    <Page
      frame={frame}
      title={`${what} of ${name} version ${number}`}
      heading={
        <>
          {what} of <Given text={name} /> version {number}
        </>
      }
      section="models"
      crumbs={[
        ...modelCrumbs(to, name, number),
        { text: 'Proof', href: to.proof(name, number) },
        { text: what },
      ]}
      api={{
        method: 'GET',
        path: `/api/v1/models/${encodeURIComponent(name)}/versions/${number}/${apiPath}`,
      }}
      {...rest}
    >
      {children}
    </Page>
  )
}

type AttestationPageProps = OfVersion & {
  readonly attestation: Attestation
  readonly statement: Statement
}

/** One statement that somebody else signed: by which key, who sent it, and what it says. */
export const AttestationPage: FC<AttestationPageProps> = ({ attestation, statement, ...of }) => {
  const { id, hint, key, result, sentBy, sentAtMs, predicateType } = attestation
  const apiPath = `attestations/${id}`
  return (
    <SignedPage
      {...of}
      what={`Attestation ${id}`}
      apiPath={apiPath}
      about={
        <p class="row">
          {result === undefined ? null : <ResultChip result={result} />}
          <KeyChip hint={hint} name={key} />
          <span>
            sent by <Person principal={sentBy} />, <Time atMs={sentAtMs} />
          </span>
        </p>
      }
      actions={
        <a class="button quiet" href={of.frame.to.attestation(of.name, of.number, id)} download>
          As it was sent
        </a>
      }
    >
      <section class="near" aria-labelledby="says">
        <h2 id="says">
          <StatementType type={predicateType} />
        </h2>
        <StatementView statement={statement} />
      </section>
    </SignedPage>
  )
}

type BundlePageProps = OfVersion & {
  readonly bundle: ReleaseBundle
  /** The paths of what is in it beside the files of the version. */
  readonly paths: readonly string[]
  readonly statements: readonly { readonly path: string; readonly statement: Statement }[]
}

/** One bundle of this server: what was signed about the version. */
export const BundlePage: FC<BundlePageProps> = ({ bundle, paths, statements, ...of }) => (
  <SignedPage
    {...of}
    what={`Bundle ${bundle.id}`}
    apiPath={`bundle.zip?bundle=${bundle.id}`}
    about={
      <p class="row">
        <span>
          made by <Person principal={bundle.createdBy} />, <Time atMs={bundle.createdAtMs} />
        </span>
        <span>
          by the key <code title={bundle.key}>{bundle.key.slice(0, 8)}</code>
        </span>
      </p>
    }
    actions={
      <a class="button" href={of.frame.to.bundle(of.name, of.number, bundle.id)} download>
        Download
      </a>
    }
  >
    {statements.map(({ path, statement }, i) => (
      <section class="near" aria-labelledby={`statement-${i}`}>
        <h2 id={`statement-${i}`}>
          <StatementType type={statement.predicateType} />
        </h2>
        <p class="soft">
          In <code>{path}</code>
        </p>
        <StatementView statement={statement} />
      </section>
    ))}
    <section class="near" aria-labelledby="more">
      <h2 id="more">What else is in it</h2>
      <p>
        The files of the version below <code>model/</code>, <code>manifest.json</code>, and:
      </p>
      <ul>
        {paths.map((path) => (
          <li>
            <code>{path}</code>
          </li>
        ))}
      </ul>
    </section>
  </SignedPage>
)
