import type { Command } from 'commander'
import { getAttestation, listAttestations } from '../../../api/endpoints/attestations.ts'
import { getCard } from '../../../api/endpoints/cards.ts'
import { getFacts } from '../../../api/endpoints/facts.ts'
import { getVersion } from '../../../api/endpoints/model-versions.ts'
import { noteSending } from '../../../api/endpoints/transfers.ts'
import { listVersionFiles } from '../../../api/endpoints/version-files.ts'
import type { GatehouseClient } from '../../../client/client.ts'
import { readEveryPage } from '../../../client/every-page.ts'
import { StartError } from '../../../platform/start-error.ts'
import { resolveModel } from '../../serving/pull-version.ts'
import { serverOf, targetOf } from '../../with-server.ts'
import { askTarget, type WantedMove } from './ask-target.ts'
import { type PlacedVersion, placeVersion, type SentVersion } from './place-version.ts'
import { findRunBefore } from './run-points.ts'
import {
  readTrustedHints,
  type SentStatements,
  type SignedStatement,
  sendStatements,
} from './send-statements.ts'
import { openSentFile } from './sent-file.ts'

export type PromotionTerms = WantedMove & {
  readonly to: string
  /** The model's name there; as here when absent. */
  readonly as?: string | undefined
  /** The experiment there that gets the run. */
  readonly experiment?: string | undefined
  readonly toWorkspace?: string | undefined
}

/** A version that is at the other server. */
export type Arrived = PlacedVersion & {
  readonly target: GatehouseClient
  readonly statements: SentStatements
  /** Of the audit log here; the two name each other. */
  readonly entry: number
}

/**
 * Bring a version to another server: its files, as far as they are not there, its facts as a run, its card.
 * Done again it goes on where it stopped.
 *
 * @param uri `models:/fraud/7`, or with a stage or an alias
 */
export async function sendVersion(
  command: Command,
  client: GatehouseClient,
  { uri, terms }: { readonly uri: string; readonly terms: PromotionTerms },
): Promise<Arrived> {
  const target = targetOf(command, terms)
  // Whoever is not let in there has sent nothing, so nothing is noted here.
  const trusted = await readTrustedHints(target)
  const resolved = await resolveModel(client, uri)
  const { model: name, version, digest } = resolved
  const params = { name, version }
  if (digest === undefined) {
    throw new StartError(
      `version ${version} of '${name}' is not sealed: its files lie elsewhere, and cannot be sent`,
    )
  }
  const to = titleOf(terms)
  const server = serverOf(command) ?? 'a database'
  const { as: model = name, experiment = `promoted-${model}` } = terms
  const place = { target, model, experiment }
  await askTarget(place, { digest, from: { server, model: name, version } }, terms)
  const read = await readVersion(client, params, resolved.download_uri)
  const signed = await listSigned(client, params)
  const { entry } = await client.call(noteSending, { params, body: { to } })
  const from = { server, model: name, version, entry }
  const placed = await placeVersion(command, { ...read, digest, from }, place)
  const there = { name: placed.model, version: placed.version }
  const statements = await sendStatements(target, there, { statements: signed, trusted })
  const arrived = { model: placed.model, version: placed.version, entry: placed.entryThere }
  await client.call(noteSending, { params, body: { to, arrived } })
  return { ...placed, statements, target, entry }
}

type Version = { readonly name: string; readonly version: string }

async function readVersion(
  client: GatehouseClient,
  params: Version,
  from: string,
): Promise<Omit<SentVersion, 'digest' | 'from'>> {
  const facts = await client.call(getFacts, { params })
  const run = facts.run_id === undefined ? undefined : await findRunBefore(client, facts.run_id)
  const { description, tags } = await client.call(getVersion, { params })
  const files = await readEveryPage((page_token) =>
    client.call(listVersionFiles, { params, query: { page_token } }),
  )
  return {
    ...{ facts: { ...facts, run }, description, tags, files },
    open: (file, at) => openSentFile(client, { address: from, at }, file),
    findCard: async () => {
      const { revision, card } = await client.call(getCard, { params })
      return revision === 0 ? undefined : card
    },
  }
}

/** The attestations of a version, the oldest first. */
async function listSigned(client: GatehouseClient, params: Version): Promise<SignedStatement[]> {
  const items = await readEveryPage((page_token) =>
    client.call(listAttestations, { params, query: { page_token } }),
  )
  return items.reverse().map(({ id, predicate_type, hint, key }) => ({
    title: `${predicate_type} by ${key ?? hint.slice(0, 12)}`,
    hint,
    open: () => client.call(getAttestation, { params: { ...params, id } }),
  }))
}

/** What the audit log calls the other server: its URL and, where it is named, the workspace. */
function titleOf({ to, toWorkspace }: PromotionTerms): string {
  const url = to.replace(/\/+$/, '')
  return toWorkspace === undefined ? url : `${url} (workspace ${toWorkspace})`
}
