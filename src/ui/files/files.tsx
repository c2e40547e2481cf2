import { excerpt, invalid, RegistryError } from '../../core/error.ts'
import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import {
  below,
  getLocated,
  type Located,
  listLocated,
} from '../../registry/files/artifact-place.ts'
import { getVersionFiles, sealedManifest } from '../../registry/files/version-manifest.ts'
import { getExperiment } from '../../tracking/experiments/experiment.ts'
import { getLoggedModel } from '../../tracking/logged-models/read-logged-models.ts'
import { getRunInfo } from '../../tracking/runs/read-runs.ts'
import { loggedModelIdOf, modelNameOf, pathIn, runIdOf, versionOf } from '../addressed.ts'
import { attempt } from '../attempt.ts'
import { Given } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import { type Frame, frameOf } from '../shell/frame.ts'
import { experimentCrumbs, modelCrumbs, sendPage } from '../shell/page.tsx'
import { type FileOwner, FilesPage, type ShownPlace } from './files-page.tsx'
import { readMarkup } from './read-markup.ts'
import { readPreview } from './read-preview.ts'
import { sandboxHeaders } from './sandboxed-frame.tsx'

/** The files of a run, a logged model or a version, at the place that the address names. */
type OpenedFiles = {
  readonly frame: Frame
  readonly owner: FileOwner
  readonly path: string
  readonly located: Located
}

type Opener = (c: AppContext) => Promise<OpenedFiles>

const openRunFiles: Opener = async (c) => {
  const { ctx } = c.var
  const path = pathIn(c)
  const [frame, run] = await Promise.all([frameOf(c), getRunInfo(ctx, runIdOf(c))])
  const { to } = frame
  const { runId, name, experimentId } = run
  const owner: FileOwner = {
    ...(await nameOwner(c, frame, { name, experimentId, href: to.run(runId) })),
    ...pagesBelow(to, to.run(runId)),
    fileOf: (of) => to.query(`${to.prefix}/get-artifact`, { run_id: runId, path: of }),
    registerOf: (of) => to.registerRun(runId, of),
    api: {
      method: 'GET',
      path: to.query('/api/2.0/mlflow/artifacts/list', { run_id: runId, path }),
    },
  }
  return { frame, owner, path, located: below(ctx, run.artifactUri, path) }
}

const openLoggedModelFiles: Opener = async (c) => {
  const { ctx } = c.var
  const path = pathIn(c)
  const [frame, model] = await Promise.all([frameOf(c), getLoggedModel(ctx, loggedModelIdOf(c))])
  const { to } = frame
  const { modelId, name, experimentId } = model
  const files = `/ajax-api/2.0/mlflow/logged-models/${modelId}/artifacts`
  const owner: FileOwner = {
    ...(await nameOwner(c, frame, { name, experimentId, href: to.loggedModel(modelId) })),
    ...pagesBelow(to, to.loggedModel(modelId)),
    fileOf: (of) => to.query(`${to.prefix}${files}/files`, { artifact_file_path: of }),
    api: {
      method: 'GET',
      path: to.query(`${files}/directories`, { artifact_directory_path: path }),
    },
  }
  return { frame, owner, path, located: below(ctx, model.artifactUri, path) }
}

/** The files as they were sealed. */
const openVersionFiles: Opener = async (c) => {
  const { ctx } = c.var
  const path = pathIn(c)
  const [name, version] = [modelNameOf(c), versionOf(c)]
  const [frame, files] = await Promise.all([frameOf(c), getVersionFiles(ctx, name, version)])
  const { to } = frame
  const owner: FileOwner = {
    title: `${name} version ${version}`,
    heading: (
      <>
        <Given text={name} /> version {version}
      </>
    ),
    section: 'models',
    crumbs: modelCrumbs(to, name, version),
    ...pagesBelow(to, to.version(name, version)),
    fileOf: (of) =>
      to.query(`${to.prefix}/model-versions/get-artifact`, {
        name,
        version: String(version),
        path: of,
      }),
    api: {
      method: 'GET',
      path: `/api/v1/models/${encodeURIComponent(name)}/versions/${version}/files`,
    },
  }
  const manifest = sealedManifest(files, name, version)
  return { frame, owner, path, located: { place: { manifest }, path, shown: path } }
}

function pagesBelow(to: Paths, page: string): Pick<FileOwner, 'pageOf' | 'frameOf'> {
  return {
    pageOf: (path, from) =>
      to.query(`${page}/files`, { path, from: from ? String(from) : undefined }),
    frameOf: (path, output) =>
      to.query(`${page}/files/frame`, {
        path,
        cell: output && String(output.cell),
        output: output && String(output.output),
      }),
  }
}

/** `GET .../files?path=&after=&from=`: a folder, or a look at a file. */
function showFiles(open: Opener) {
  return async (c: AppContext): Promise<Response> => {
    const { frame, owner, path, located } = await open(c)
    const place = await readPlace(c, owner, { path, located })
    const page = <FilesPage {...{ frame, owner, path, place }} />
    const workers = 'preview' in place && place.preview.kind === 'parquet'
    return sendPage(c, { frame, page }, { frames: true, workers })
  }
}

export const showRunFiles = showFiles(openRunFiles)
export const showLoggedModelFiles = showFiles(openLoggedModelFiles)
export const showVersionFiles = showFiles(openVersionFiles)

/** `GET .../files/frame?path=&cell=&output=`: markup that somebody uploaded, for a frame and for nothing else. */
function sendFrame(open: Opener) {
  return async (c: AppContext): Promise<Response> => {
    const { owner, path, located } = await open(c)
    // Opened by itself it would stand below the address of this server.
    if ((c.req.header('sec-fetch-dest') ?? 'iframe') !== 'iframe') {
      return c.redirect(owner.pageOf(path), 302)
    }
    const file = await getLocated(c.var.ctx, located)
    const html = await readMarkup(c.var.ctx, file, {
      cell: optionalQuery(c, 'cell'),
      output: optionalQuery(c, 'output'),
    })
    return new Response(html, { headers: sandboxHeaders })
  }
}

export const sendRunFrame = sendFrame(openRunFiles)
export const sendLoggedModelFrame = sendFrame(openLoggedModelFiles)
export const sendVersionFrame = sendFrame(openVersionFiles)

/** What is the same of a run and of a logged model: a name in an experiment. */
async function nameOwner(
  c: AppContext,
  { to }: Frame,
  {
    name,
    experimentId,
    href,
  }: { readonly name: string; readonly experimentId: number; readonly href: string },
): Promise<Pick<FileOwner, 'title' | 'heading' | 'section' | 'crumbs'>> {
  const experiment = await getExperiment(c.var.ctx, experimentId)
  return {
    title: name,
    heading: <Given text={name} />,
    section: 'experiments',
    crumbs: [...experimentCrumbs(to, experiment), { text: name, href }],
  }
}

/** Where the part of a text begins; below 0: so far from its end. */
function partIn(c: AppContext): number {
  const text = optionalQuery(c, 'from') ?? '0'
  if (/^-?\d{1,15}$/.test(text)) return Number(text)
  throw invalid(`'from' is a number of bytes; got '${excerpt(text)}'`)
}

const itemsMax = 500

/** A folder or, where there is none of the name, a file. @throws RESOURCE_DOES_NOT_EXIST neither */
async function readPlace(
  c: AppContext,
  { pageOf }: FileOwner,
  { path, located }: { readonly path: string; readonly located: Located },
): Promise<ShownPlace> {
  const { ctx } = c.var
  const query = { count: itemsMax, token: optionalQuery(c, 'after') }
  const { items, nextPageToken } = await listLocated(ctx, located, query)
  if (items.length > 0 || path === '') {
    const page = pageOf(path)
    const next =
      nextPageToken &&
      `${page}${page.includes('?') ? '&' : '?'}after=${encodeURIComponent(nextPageToken)}`
    return { items, next }
  }
  const file = await getLocated(ctx, located)
  const preview = await attempt('DATA_LOSS', readPreview(ctx, file, partIn(c)))
  return {
    file,
    preview: preview instanceof RegistryError ? { kind: 'none', why: preview.message } : preview,
  }
}
