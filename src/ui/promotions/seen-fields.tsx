import type { FC } from 'hono/jsx'
import { invalid } from '../../core/error.ts'
import type { Seen } from '../../governance/seen.ts'
import type { FormFields } from '../forms.ts'

/** What a form carries of what was shown beside it. */
export const SeenFields: FC<{ readonly seen: Seen }> = ({ seen }) => (
  <>
    <input type="hidden" name="seen_digest" value={seen.digest ?? ''} />
    <input type="hidden" name="seen_card_revision" value={String(seen.cardRevision)} />
    <input
      type="hidden"
      name="seen_policies"
      value={JSON.stringify(seen.policies.map(({ name, revision }) => [name, revision]))}
    />
    {seen.factsDigest ? <input type="hidden" name="seen_facts" value={seen.factsDigest} /> : null}
    {seen.comparedWith === undefined ? null : (
      <input type="hidden" name="seen_compared" value={String(seen.comparedWith ?? noVersion)} />
    )}
  </>
)

/** @throws INVALID_PARAMETER_VALUE the form is not one of ours */
export function seenIn(form: FormFields): Seen {
  const revision = form.text('seen_card_revision') ?? ''
  if (!/^\d{1,9}$/.test(revision)) throw invalid('The form does not say what was seen')
  const facts = form.text('seen_facts')
  const compared = form.text('seen_compared')
  return {
    digest: form.text('seen_digest') ?? null,
    cardRevision: Number(revision),
    policies: policiesFrom(form.text('seen_policies') ?? ''),
    ...(facts !== undefined && { factsDigest: facts }),
    ...(compared !== undefined && { comparedWith: versionFrom(compared) }),
  }
}

/** How a form says that there was no version to compare with. */
const noVersion = 'none'

function versionFrom(text: string): number | null {
  if (text === noVersion) return null
  if (!/^\d{1,15}$/.test(text)) throw invalid('The form does not say what was seen')
  return Number(text)
}

function policiesFrom(text: string): Seen['policies'] {
  try {
    const pairs: unknown = JSON.parse(text)
    if (Array.isArray(pairs)) {
      return pairs.map((pair) => {
        const [name, revision] = Array.isArray(pair) ? pair : []
        return { name: String(name), revision: Number(revision) }
      })
    }
  } catch (err) {
    throw invalid('The form does not say which policies were seen', { cause: err })
  }
  throw invalid('The form does not say which policies were seen')
}
