import { requireModelVersion } from '../../access/permissions/require.ts'
import { invalid } from '../../core/error.ts'
import {
  type Card,
  CardShape,
  type FairnessValue,
  fieldNames,
  fieldTitles,
} from '../../governance/cards/card-shape.ts'
import { getCard, getRevision } from '../../governance/cards/read-card.ts'
import { writeCard } from '../../governance/cards/write-revision.ts'
import type { AppContext } from '../../http/app-env.ts'
import { pagePrefix } from '../../http/guards/workspace.ts'
import { modelNameOf, versionOf } from '../addressed.ts'
import {
  type FormFields,
  type FormProblem,
  findRefusal,
  formAction,
  noteProblem,
} from '../forms.ts'
import { pathsUnder } from '../paths.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { CardEditPage } from './card-edit-page.tsx'
import { revisionGiven } from './card-revisions.tsx'

type Shown = {
  readonly problem?: FormProblem
  /** What the caller wrote, which is not saved yet. */
  readonly draft?: Card
  readonly isPreview?: boolean
}

/** `GET /models/{name}/{version}/card`, or `?from=2` to begin with an earlier revision. */
export async function showCardEdit(c: AppContext, shown: Shown = {}): Promise<Response> {
  const { ctx } = c.var
  const [name, version] = [modelNameOf(c), versionOf(c)]
  const revision = shown.draft ? undefined : revisionGiven(c, 'from')
  const [from, frame, card, whyNot] = await Promise.all([
    revision === undefined ? undefined : getRevision(ctx, name, { version, revision }),
    frameOf(c),
    getCard(ctx, name, { version }),
    findRefusal(requireModelVersion(ctx, name, 'EDIT')),
  ])
  const restored = from && { draft: from.card, restores: from.revision }
  const page = (
    <CardEditPage {...{ frame, name, version, kept: card, whyNot, ...restored, ...shown }} />
  )
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

/** `POST /models/{name}/{version}/card`: the next revision, or a look at it before. */
export const postCard = formAction({
  operation: 'putModelCard',
  rule: (ctx, c) => requireModelVersion(ctx, modelNameOf(c), 'EDIT'),
  about: (c) => ({ model: modelNameOf(c), version: versionOf(c) }),
  // A card has up to 500 kB, and forms spell some characters with nine.
  bytesMax: 2_000_000,
  async run(ctx, c, form) {
    const [name, version] = [modelNameOf(c), versionOf(c)]
    const draft = draftIn(form)
    if (form.text('do') === 'preview') return showCardEdit(c, { draft, isPreview: true })
    try {
      await writeCard(ctx, name, { version, card: checkedCard(draft), expected: revisionIn(form) })
    } catch (err) {
      return showCardEdit(c, { draft, problem: await noteProblem(c, err) })
    }
    return c.redirect(pathsUnder(pagePrefix(c)).version(name, version), 303)
  },
})

function revisionIn(form: FormFields): number {
  const text = form.text('seen_revision') ?? ''
  if (!/^\d{1,9}$/.test(text)) throw invalid('The form does not say which revision was seen')
  return Number(text)
}

const rowsMax = 500

/** The card as it was typed, wrong values too; fields without text are absent. */
function draftIn(form: FormFields): Card {
  const fairness: FairnessValue[] = []
  for (let i = 0; i < rowsMax; i++) {
    const [slice, metric, value] = ['slice', 'metric', 'value'].map((of) => form.text(`${of}_${i}`))
    if (slice === undefined && metric === undefined && value === undefined) continue
    fairness.push({
      slice: slice ?? '',
      metric: metric ?? '',
      value: value === undefined ? Number.NaN : Number(value),
    })
  }
  const lines = (name: string) =>
    form
      .text(name)
      ?.split(/\n+/)
      .map((line) => line.trim())
  const card: Card = {
    intended_use: form.text('intended_use'),
    training_data: form.text('training_data'),
    evaluation_data: form.text('evaluation_data'),
    fairness,
    limitations: form.text('limitations'),
    ethical_considerations: form.text('ethical_considerations'),
    owners: lines('owners'),
    licence: form.text('licence'),
    contacts: lines('contacts'),
    notes: form.text('notes'),
  }
  return Object.fromEntries(Object.entries(card).filter(([, value]) => value?.length))
}

/** @throws INVALID_PARAMETER_VALUE it says which field, and what is wrong with it */
function checkedCard(draft: Card): Card {
  const parsed = CardShape.safeParse(draft)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const [field, row] = issue?.path ?? []
  const title = fieldNames.find((name) => name === field)
  const place = typeof row === 'number' ? `, entry ${row + 1}` : ''
  throw invalid(
    `${title === undefined ? 'The card' : fieldTitles[title]}${place}: ${issue?.message ?? 'it is not valid'}`,
  )
}
