import { cleanPath } from '../../artifacts/path.ts'
import { RegistryError } from '../../core/error.ts'
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
import { loggedModelIdOf, modelNameOf, runIdOf, versionOf } from '../addressed.ts'
import { attempt } from '../attempt.ts'
import { Given } from '../parts/text.tsx'
import { type Frame, frameOf } from '../shell/frame.ts'
import { experimentCrumbs, modelCrumbs, sendPage } from '../shell/page.tsx'
import { type FileOwner, FilesPage, type ShownPlace } from './files-page.tsx'
import { readPreview } from './read-preview.ts'

/** `GET /runs/{run_id}/files?path=&after=` */
export async function showRunFiles(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const path = pathIn(c)
  const [frame, run] = await Promise.all([frameOf(c), getRunInfo(ctx, runIdOf(c))])
  const { to } = frame
  const { runId, name, experimentId } = run
  const owner: FileOwner = {
    ...(await nameOwner(c, frame, { name, experimentId, href: to.run(runId) })),
    pageOf: (of) => to.query(`${to.run(runId)}/files`, { path: of }),
    fileOf: (of) => to.query(`${to.prefix}/get-artifact`, { run_id: runId, path: of }),
    api: {
      method: 'GET',
      path: to.query('/api/2.0/mlflow/artifacts/list', { run_id: runId, path }),
    },
  }
  const place = await readPlace(c, owner, { path, located: below(ctx, run.artifactUri, path) })
  return sendPage(c, { frame, page: <FilesPage {...{ frame, owner, path, place }} /> })
}

/** `GET /logged-models/{model_id}/files?path=&after=` */
export async function showLoggedModelFiles(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const path = pathIn(c)
  const [frame, model] = await Promise.all([frameOf(c), getLoggedModel(ctx, loggedModelIdOf(c))])
  const { to } = frame
  const { modelId, name, experimentId } = model
  const files = `/ajax-api/2.0/mlflow/logged-models/${modelId}/artifacts`
  const owner: FileOwner = {
    ...(await nameOwner(c, frame, { name, experimentId, href: to.loggedModel(modelId) })),
    pageOf: (of) => to.query(`${to.loggedModel(modelId)}/files`, { path: of }),
    fileOf: (of) => to.query(`${to.prefix}${files}/files`, { artifact_file_path: of }),
    api: {
      method: 'GET',
      path: to.query(`${files}/directories`, { artifact_directory_path: path }),
    },
  }
  const place = await readPlace(c, owner, { path, located: below(ctx, model.artifactUri, path) })
  return sendPage(c, { frame, page: <FilesPage {...{ frame, owner, path, place }} /> })
}

/** `GET /models/{name}/{version}/files?path=&after=`: the files as they were sealed. */
export async function showVersionFiles(c: AppContext): Promise<Response> {
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
    pageOf: (of) => to.query(`${to.version(name, version)}/files`, { path: of }),
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
  const located = { place: { manifest }, path, shown: path }
  const place = await readPlace(c, owner, { path, located })
  return sendPage(c, { frame, page: <FilesPage {...{ frame, owner, path, place }} /> })
}

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

function pathIn(c: AppContext): string {
  const path = optionalQuery(c, 'path')
  return path === undefined ? '' : cleanPath(path)
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
  const preview = await attempt('DATA_LOSS', readPreview(ctx, file))
  return {
    file,
    preview: preview instanceof RegistryError ? { kind: 'none', why: preview.message } : preview,
  }
}
