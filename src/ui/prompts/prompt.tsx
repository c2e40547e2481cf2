import { requirePromoting } from '../../access/permissions/require.ts'
import { invalid, notFound } from '../../core/error.ts'
import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery, requiredQuery } from '../../http/guards/target.ts'
import { pagePrefix } from '../../http/guards/workspace.ts'
import type { Context } from '../../platform/context.ts'
import { parseVersion } from '../../registry/check-names.ts'
import { getModel } from '../../registry/models/registered-models.ts'
import { readVersionsBefore } from '../../registry/versions/read-versions.ts'
import { findVersionsBeside, getVersion } from '../../registry/versions/versions.ts'
import { listIn, modelNameOf, versionOf } from '../addressed.ts'
import { makeAliasPosts } from '../changes/alias-changes.ts'
import { changeOn, type Reshown } from '../changes/change.ts'
import { findRefusal } from '../forms.ts'
import { pathsUnder } from '../paths.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { ComparePromptsPage } from './compare-prompts-page.tsx'
import { comparePrompts } from './compare-texts.ts'
import { PromptPage } from './prompt-page.tsx'
import { isPrompt } from './prompt-texts.ts'
import { PromptVersionPage } from './prompt-version-page.tsx'

const versionsMax = 50

/** `GET /prompts/{name}?after=`; a model of this name has its own page. */
export async function showPrompt(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const name = modelNameOf(c)
  const prompt = await getModel(ctx, name)
  if (!isPrompt(prompt)) return c.redirect(pathsUnder(pagePrefix(c)).model(name), 302)
  const after = optionalQuery(c, 'after')
  const before = after === undefined ? Number.MAX_SAFE_INTEGER : parseVersion(after)
  const [frame, found, whyNotAlias] = await Promise.all([
    frameOf(c),
    readVersionsBefore(ctx.db, prompt.id, { before, count: versionsMax + 1 }),
    findRefusal(requirePromoting(ctx, name, {})),
  ])
  const versions = found.slice(0, versionsMax)
  const next = found.length > versionsMax ? versions.at(-1)?.version : undefined
  const isLater = after !== undefined
  const page = <PromptPage {...{ frame, prompt, versions, next, isLater, whyNotAlias, ...shown }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

/** `POST /prompts/{name}/aliases`, and `…/remove` */
export const promptAliasPosts = makeAliasPosts(
  changeOn({
    show: showPrompt,
    atOf: (c) => ({ name: modelNameOf(c) }),
    addressOf: (to, { name }) => to.prompt(name),
    aboutOf: ({ name }) => ({ model: name }),
  }),
)

/** `GET /prompts/{name}/{version}`; a version of a model has its own page. */
export async function showPromptVersion(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const [name, number] = [modelNameOf(c), versionOf(c)]
  const [frame, prompt, version] = await Promise.all([
    frameOf(c),
    getModel(ctx, name),
    getVersion(ctx, name, number),
  ])
  if (!isPrompt(prompt)) return c.redirect(frame.to.version(name, number), 302)
  const beside = await findVersionsBeside(ctx, version)
  const page = <PromptVersionPage {...{ frame, prompt, version, beside }} />
  return sendPage(c, { frame, page })
}

/** `GET /prompts/{name}/compare?v=1,2`, or `v=1&v=2` as the boxes of the list send it: the older one first. */
export async function showPromptComparison(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const name = modelNameOf(c)
  const versions = pairIn(c)
  const [frame, before, after] = await Promise.all([
    frameOf(c),
    getPromptVersion(ctx, name, versions[0]),
    getPromptVersion(ctx, name, versions[1]),
  ])
  const differences = comparePrompts(before, after)
  const page = <ComparePromptsPage {...{ frame, name, differences }} versions={[before, after]} />
  return sendPage(c, { frame, page })
}

/** `GET /prompts/{name}/@{alias}`: to the version that it points at now. */
export async function followPromptAlias(c: AppContext): Promise<Response> {
  const name = modelNameOf(c)
  const alias = (c.req.param('alias') ?? '').slice(1)
  const { aliases } = await getModel(c.var.ctx, name)
  const version = aliases.find((one) => one.alias === alias)?.version
  if (version === undefined) throw notFound(`Version of '${name}' at`, `alias '${alias}'`)
  return c.redirect(pathsUnder(pagePrefix(c)).promptVersion(name, version), 302)
}

async function getPromptVersion(ctx: Context, name: string, number: number) {
  const version = await getVersion(ctx, name, number)
  if (!isPrompt(version)) throw invalid(`Version ${number} of '${name}' is no version of a prompt`)
  return version
}

/** @throws INVALID_PARAMETER_VALUE these are not two versions */
function pairIn(c: AppContext): readonly [number, number] {
  const chosen = listIn(c, 'v')
  const given = chosen.length > 1 ? chosen : requiredQuery(c, 'v').split(',')
  const [before, after, ...more] = [...new Set(given.map(parseVersion))].sort((a, b) => a - b)
  if (before === undefined || after === undefined || more.length > 0) {
    throw invalid('Two versions of a prompt are compared, such as v=1,2: select exactly two')
  }
  return [before, after]
}
