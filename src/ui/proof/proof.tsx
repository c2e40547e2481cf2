import { requireModelVersion } from '../../access/permissions/require.ts'
import {
  addAttestation,
  listAttestations,
  openAttestation,
} from '../../attestations/attestations.ts'
import { createBundle } from '../../bundles/releases/make-bundle.ts'
import { findClosedParts, listBundles, openBundle } from '../../bundles/releases/read-bundles.ts'
import { readStatements } from '../../bundles/releases/read-statements.ts'
import { invalid, notFound } from '../../core/error.ts'
import { listDueSignatures } from '../../governance/signing/signatures-due.ts'
import type { AppContext } from '../../http/app-env.ts'
import { parseWholeJson } from '../../http/body.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import type { Context } from '../../platform/context.ts'
import { getVersionDetail } from '../../registry/versions/version-detail.ts'
import { modelNameOf, versionOf } from '../addressed.ts'
import { changeOn, checkGiven, type Reshown, readNothing } from '../changes/change.ts'
import { findRefusal } from '../forms.ts'
import { numberIn } from '../paths.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { ProofPage } from './proof-page.tsx'
import { AttestationPage, BundlePage } from './signed-page.tsx'

const perPage = 50
/** Of lists and objects in a document, as the API has it. */
const levelsMax = 100
/** A document of a million bytes as a form sends it. */
const bytesMax = 4_000_000

type Named = { readonly name: string; readonly version: number }

/** `GET /models/{name}/{version}/proof?bundles=&attestations=`: both are ids before which a page begins. */
export async function showProof(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const of = { name: modelNameOf(c), version: versionOf(c) }
  // What refuses the address comes before what is begun, which nobody would wait for then.
  const before = { bundles: beforeIn(c, 'bundles'), attestations: beforeIn(c, 'attestations') }
  const [frame, version, bundles, attestations, whyNotEdit] = await Promise.all([
    frameOf(c),
    getVersionDetail(ctx, of.name, of.version),
    listBundles(ctx, of, { before: before.bundles, count: perPage + 1 }),
    listAttestations(ctx, of, { before: before.attestations, count: perPage + 1 }),
    findRefusal(requireModelVersion(ctx, of.name, 'EDIT')),
  ])
  const page = {
    ...{ frame, version, whyNotEdit, ...shown },
    ...{ bundles: listed(bundles), attestations: listed(attestations) },
    closed: await findClosedParts(ctx, bundles.slice(0, perPage)),
    due: await listDueSignatures(ctx, version.id),
  }
  return sendPage(
    c,
    { frame, page: <ProofPage {...page} /> },
    { status: shown.problem?.status ?? 200 },
  )
}

function beforeIn(c: AppContext, list: string): number {
  const text = optionalQuery(c, list)
  if (text === undefined) return Number.MAX_SAFE_INTEGER
  const id = numberIn(text)
  if (id === undefined) throw invalid(`'${list}' is no id`)
  return id
}

function listed<T extends { readonly id: number }>(found: readonly T[]) {
  const items = found.slice(0, perPage)
  return { items, next: found.length > perPage ? items.at(-1)?.id : undefined }
}

/** `GET /models/{name}/{version}/attestations/{id}` */
export async function showAttestation(c: AppContext): Promise<Response> {
  const of = { name: modelNameOf(c), version: versionOf(c) }
  const id = idOf(c, 'Attestation')
  const [frame, found] = await Promise.all([frameOf(c), openAttestation(c.var.ctx, of, id)])
  const page = <AttestationPage {...{ frame, name: of.name, number: of.version, ...found }} />
  return sendPage(c, { frame, page })
}

/** `GET /models/{name}/{version}/bundles/{id}` */
export async function showBundle(c: AppContext): Promise<Response> {
  const of = { name: modelNameOf(c), version: versionOf(c) }
  const id = idOf(c, 'Bundle')
  const [frame, { bundle, texts }] = await Promise.all([frameOf(c), openBundle(c.var.ctx, of, id)])
  const statements = readStatements(texts)
  const signed = new Set(statements.map(({ path }) => path))
  const paths = Object.keys(texts).filter((path) => !signed.has(path))
  const page = (
    <BundlePage {...{ frame, name: of.name, number: of.version, bundle, paths, statements }} />
  )
  return sendPage(c, { frame, page })
}

/** @throws RESOURCE_DOES_NOT_EXIST it is no id */
function idOf(c: AppContext, what: string): number {
  const text = c.req.param('id') ?? ''
  const id = numberIn(text)
  if (id === undefined) throw notFound(what, text)
  return id
}

const change = changeOn({
  show: showProof,
  atOf: (c) => ({ name: modelNameOf(c), version: versionOf(c) }),
  addressOf: (to, { name, version }) => to.proof(name, version),
  aboutOf: ({ name, version }) => ({ model: name, version }),
})

const mayEdit = (ctx: Context, { name }: Named) => requireModelVersion(ctx, name, 'EDIT')

/** `POST /models/{name}/{version}/bundles` */
export const postBundle = change({
  operation: 'createBundle',
  read: readNothing,
  rule: mayEdit,
  make: (ctx, { name, version }) => createBundle(ctx, name, version),
  next: (to, { name, version }, { id }) => to.bundlePage(name, version, id),
})

/** `POST /models/{name}/{version}/attestations` */
export const postAttestation = change({
  operation: 'addAttestation',
  read: (form) => ({ document: form.text('document') }),
  rule: mayEdit,
  bytesMax,
  field: 'document',
  make: (ctx, { name, version, document }) =>
    addAttestation(ctx, name, {
      version,
      document: objectIn(checkGiven(document, 'The document')),
    }),
  next: (to, { name, version }, { id }) => to.attestationPage(name, version, id),
})

/** @throws INVALID_PARAMETER_VALUE it is no object of JSON */
function objectIn(text: string): object {
  const value = parseWholeJson(text, levelsMax)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('The document is no object of JSON')
  }
  return value
}
