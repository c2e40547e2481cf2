import { type ManifestFile, readAllManifestFiles } from '../../artifacts/manifest.ts'
import { RegistryError } from '../../core/error.ts'
import { readCurrentRevision } from '../../governance/cards/read-card.ts'
import type { AppContext } from '../../http/app-env.ts'
import { serverUrl } from '../../http/guards/reached.ts'
import { sendJson } from '../../http/send-json.ts'
import type { Context } from '../../platform/context.ts'
import { readReadableFacts } from '../../registry/facts/readable-facts.ts'
import { getModel } from '../../registry/models/registered-models.ts'
import { firstStage } from '../../registry/stages/stages.ts'
import type { ModelVersion } from '../../registry/versions/read-versions.ts'
import { listSealedVersions, type SealedVersion } from '../../registry/versions/sealed-versions.ts'
import { commitOf, type Repository, type Revision } from './repository.ts'

/** Longer values of tags say nothing in a list of tags. */
const tagCharsMax = 200
/** A file of a model can name any number. */
const flavorsMax = 50

/** Answer what a model is at a revision, with its files. */
export async function sendModelInfo(
  c: AppContext,
  { id, owner, model }: Repository,
  { version, manifest, commit }: Revision,
): Promise<Response> {
  const { ctx } = c.var
  const hasBlobs = /^(?:true|1)$/i.test(c.req.query('blobs') ?? '')
  const [{ tags, createdAtMs }, files, flavors, licence] = await Promise.all([
    getModel(ctx, model.name),
    readAllManifestFiles(ctx, manifest),
    readFlavors(ctx, version),
    readLicence(ctx, version),
  ])
  const [library] = flavors
  const given = tags
    .filter(({ key, value }) => key.length + value.length < tagCharsMax)
    .map(({ key, value }) => `${key}:${value}`)
  const info = {
    _id: String(model.id),
    id,
    modelId: id,
    author: owner,
    sha: commit,
    lastModified: timeText(version.createdAtMs),
    createdAt: timeText(createdAtMs),
    private: true,
    gated: false,
    disabled: false,
    downloads: 0,
    likes: 0,
    // The Hub writes the ids of licences in small letters.
    tags: [
      ...new Set([
        ...flavors,
        ...(licence === undefined ? [] : [`license:${licence.toLowerCase()}`]),
        ...given,
      ]),
    ],
    library_name: library ?? null,
    pipeline_tag: null,
    cardData: {
      ...(licence !== undefined && { license: licence }),
      ...(library !== undefined && { library_name: library }),
    },
    siblings: files.map((file) => siblingToWire(file, hasBlobs)),
  }
  return sendJson(c, info, 200)
}

/** The flavours that the version's own files name, the telling one first. */
async function readFlavors(ctx: Context, version: ModelVersion): Promise<readonly string[]> {
  const facts = (await readReadableFacts(ctx, [version])).get(version.id)?.facts
  const names = facts?.flavors ?? []
  return names.filter((name) => name.length < tagCharsMax).slice(0, flavorsMax)
}

/** What the version's card says of it, whoever wrote it; a template says nothing of a version. */
async function readLicence(ctx: Context, version: ModelVersion): Promise<string | undefined> {
  try {
    const { current } = await readCurrentRevision(ctx, version)
    const licence = current?.card.licence?.trim() ?? ''
    return licence !== '' && licence.length < tagCharsMax ? licence : undefined
  } catch (err) {
    // Of a damaged card the download of that file tells; the other files are as good as before.
    if (err instanceof RegistryError && err.code === 'DATA_LOSS') return undefined
    throw err
  }
}

function siblingToWire({ path, sizeBytes, sha256 }: ManifestFile, hasBlobs: boolean): object {
  if (!hasBlobs) return { rfilename: path }
  const lfs = { sha256, size: sizeBytes, pointerSize: 134 }
  return { rfilename: path, size: sizeBytes, blobId: sha256.slice(0, 40), lfs }
}

/** Answer the revisions that have a name: aliases and stages as branches, versions as tags. */
export async function sendRefs(c: AppContext, { model }: Repository): Promise<Response> {
  const { ctx } = c.var
  const [{ aliases }, versions] = await Promise.all([
    getModel(ctx, model.name),
    listSealedVersions(ctx, model.id),
  ])
  const byNumber = new Map(versions.map((version) => [version.version, version]))
  const heads = new Map<string, SealedVersion | undefined>()
  // The newest comes first, and is the one that a stage means.
  for (const version of versions) {
    const { stage } = version
    if (stage !== firstStage && !heads.has(stage)) heads.set(stage, version)
    if (stage === 'Production' && !heads.has('main')) heads.set('main', version)
  }
  for (const { alias, version } of aliases) {
    if (alias !== 'main') heads.set(alias, byNumber.get(version))
  }
  return c.json({
    branches: [...heads].flatMap(([name, version]) =>
      version ? [refToWire('heads', name, version)] : [],
    ),
    converts: [],
    tags: versions.map((version) => refToWire('tags', `v${version.version}`, version)),
    pullRequests: [],
  })
}

function refToWire(kind: 'heads' | 'tags', name: string, { digest }: SealedVersion) {
  return { name, ref: `refs/${kind}/${name}`, targetCommit: commitOf(digest) }
}

const commitsPerPage = 1000

/** Answer the version of a revision and those before it as commits, the newest first. */
export async function sendCommits(
  c: AppContext,
  { id, model }: Repository,
  { version, commit }: Revision,
): Promise<Response> {
  const cursor = c.req.query('cursor') ?? ''
  const before = /^\d{1,15}$/.test(cursor) ? Number(cursor) : version.version + 1
  const page = { before, count: commitsPerPage + 1 }
  const versions = await listSealedVersions(c.var.ctx, model.id, page)
  const shown = versions.slice(0, commitsPerPage)
  if (versions.length > shown.length) {
    const query = new URLSearchParams({ cursor: String(shown.at(-1)?.version) })
    const path = `/hf/api/models/${id}/commits/${commit}`
    c.header('Link', `<${serverUrl(c)}${path}?${query}>; rel="next"`)
  }
  return c.json(shown.map(commitToWire))
}

function commitToWire({ version, digest, userId, createdAtMs }: SealedVersion) {
  return {
    id: commitOf(digest),
    title: `version ${version}`,
    message: '',
    authors: userId === null ? [] : [{ user: userId }],
    date: timeText(createdAtMs),
  }
}

function timeText(atMs: number): string {
  return new Date(atMs).toISOString()
}
