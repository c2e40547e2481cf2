import { type Found, findMeant } from '../../find/find.ts'
import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import type { Paths } from '../paths.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { FindPage, type FoundGroup } from './find-page.tsx'

/** `GET /find?q=&list=1`: what was meant or, where that is one thing for certain, to it. */
export async function showFind(c: AppContext): Promise<Response> {
  const words = (optionalQuery(c, 'q') ?? '').trim()
  const [frame, found] = await Promise.all([frameOf(c), findMeant(c.var.ctx, words)])
  const groups = groupsOf(found, frame.to)
  const certain = isCertain(words) ? groups.flatMap(({ items }) => items) : []
  const [only, ...others] = certain
  if (only && others.length === 0 && optionalQuery(c, 'list') !== '1') {
    return c.redirect(only.href, 302)
  }
  return sendPage(c, { frame, page: <FindPage {...{ frame, words, groups }} /> })
}

/** Whether words name one thing: a whole id, a number of a request, a whole digest or a URI. */
function isCertain(words: string): boolean {
  return /^(?:#\d+|(?:m-|tr-)?[0-9a-f]{32}|(?:sha256:)?[0-9a-f]{64}|(?:models|prompts|runs):\/.+)$/s.test(
    words,
  )
}

function groupsOf(found: Found, to: Paths): FoundGroup[] {
  const all: readonly FoundGroup[] = [
    {
      title: 'Models',
      items: found.models.map(({ name }) => ({ text: name, href: to.model(name) })),
    },
    {
      title: 'Prompts',
      items: found.prompts.map(({ name, version }) =>
        version === undefined
          ? { text: name, href: to.prompt(name) }
          : { text: `${name} version ${version}`, href: to.promptVersion(name, version) },
      ),
    },
    {
      title: 'Versions',
      items: found.versions.map(({ model, version }) => ({
        text: `${model} version ${version}`,
        href: to.version(model, version),
      })),
    },
    {
      title: 'Promotion requests',
      items: found.requests.map(({ id, model, version, to: place, status }) => ({
        text: `#${id} ${model} ${version} → ${place}`,
        more: status,
        href: to.promotion(id),
      })),
    },
    {
      title: 'Deployments',
      items: found.deployments.map(({ name, model }) => ({
        text: name,
        more: model,
        href: to.deployment(name),
      })),
    },
    {
      title: 'Experiments',
      items: found.experiments.map(({ id, name }) => ({ text: name, href: to.experiment(id) })),
    },
    {
      title: 'Runs',
      items: found.runs.map(({ runId, name }) => ({
        text: name,
        more: runId.slice(0, 8),
        href: to.run(runId),
      })),
    },
    {
      title: 'Datasets',
      items: found.datasets.map(({ name, digest }) => ({
        text: name,
        more: digest,
        href: to.dataset(digest),
      })),
    },
    {
      title: 'Logged models',
      items: found.loggedModels.map(({ modelId, name }) => ({
        text: name,
        more: modelId.slice(0, 10),
        href: to.loggedModel(modelId),
      })),
    },
    {
      title: 'Traces',
      items: found.traces.map(({ traceId, name }) => ({
        text: name ?? traceId,
        more: traceId.slice(0, 11),
        href: to.trace(traceId),
      })),
    },
  ]
  return all.filter(({ items }) => items.length > 0)
}
