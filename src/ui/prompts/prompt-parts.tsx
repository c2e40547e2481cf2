import type { FC } from 'hono/jsx'
import type { ModelVersion } from '../../registry/versions/read-versions.ts'
import { Made } from '../parts/byline.tsx'
import { Given } from '../parts/text.tsx'
import { numberIn, type Paths } from '../paths.ts'
import type { Crumb } from '../shell/page.tsx'

/** The way to the list of prompts. */
export function promptListCrumbs(to: Paths): Crumb[] {
  return [
    { text: 'Models', href: to.models },
    { text: 'Prompts', href: to.prompts },
  ]
}

/** The way to a prompt. */
export function promptCrumbs(to: Paths, name: string): Crumb[] {
  return [...promptListCrumbs(to), { text: name, href: to.prompt(name) }]
}

/** A version of a prompt, as traces and runs are linked with it: `name/version`. */
export const PromptLink: FC<{ readonly of: string; readonly to: Paths }> = ({ of, to }) => {
  const at = of.lastIndexOf('/')
  const [name, version] = [of.slice(0, at), numberIn(of.slice(at + 1))]
  if (at < 1 || version === undefined) return <Given text={of} />
  return (
    <a href={to.promptVersion(name, version)}>
      <Given text={of} />
    </a>
  )
}

/** When a version was registered, by whom, and what they said of it. */
export const VersionByline: FC<{ readonly of: ModelVersion }> = ({
  of: { createdAtMs, userId, description },
}) => (
  <span class="soft">
    <Made atMs={createdAtMs} by={userId} />
    {description ? (
      <>
        : “<Given text={description} />”
      </>
    ) : null}
  </span>
)
