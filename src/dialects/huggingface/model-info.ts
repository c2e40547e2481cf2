import { type ManifestFile, readAllManifestFiles } from '../../artifacts/manifest.ts'
import type { AppContext } from '../../http/app-env.ts'
import { serverUrl } from '../../http/guards/reached.ts'
import { sendJson } from '../../http/send-json.ts'
import { getModel } from '../../registry/models/registered-models.ts'
import { firstStage } from '../../registry/stages/stages.ts'
import { listSealedVersions, type SealedVersion } from '../../registry/versions/sealed-versions.ts'
import { commitOf, type Repository, type Revision } from './repository.ts'

/** Longer values of tags say nothing in a list of tags. */
const tagCharsMax = 200

/** Answer what a model is at a revision, with its files. */
export async function sendModelInfo(
  c: AppContext,
  { id, owner, model }: Repository,
  { version, manifest, commit }: Revision,
): Promise<Response> {
  const { ctx } = c.var
  const { tags, createdAtMs } = await getModel(ctx, model.name)
  const hasBlobs = /^(?:true|1)$/i.test(c.req.query('blobs') ?? '')
  const files = await readAllManifestFiles(ctx, manifest)
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
    tags: tags
      .filter(({ key, value }) => key.length + value.length < tagCharsMax)
      .map(({ key, value }) => `${key}:${value}`),
    library_name: null,
    pipeline_tag: null,
    cardData: {},
    siblings: files.map((file) => siblingToWire(file, hasBlobs)),
  }
  return sendJson(c, info, 200)
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
