import type { FC } from 'hono/jsx'
import type { RegisteredModel } from '../../registry/models/read-models.ts'
import type { ModelVersion } from '../../registry/versions/read-versions.ts'
import type { Beside } from '../../search/page.ts'
import { quotedText } from '../../search/words.ts'
import { Chip, Tags } from '../parts/chips.tsx'
import { Given, visibleText } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { linksBeside, Page } from '../shell/page.tsx'
import { promptCrumbs, VersionByline } from './prompt-parts.tsx'
import { experimentsOf, ownPromptTags, promptTextsOf } from './prompt-texts.ts'
import { TemplateView } from './template-view.tsx'

type PromptVersionProps = {
  readonly frame: Frame
  readonly prompt: RegisteredModel
  readonly version: ModelVersion
  readonly beside: Beside<number>
}

/** One version of a prompt: what it says, who wrote it, how it is loaded. */
export const PromptVersionPage: FC<PromptVersionProps> = (props) => {
  const { frame, version, beside } = props
  const { to } = frame
  const { name, version: number, tags, aliases } = version
  return (
    <Page
      frame={frame}
      title={`${name} version ${number}`}
      heading={
        <>
          <Given text={name} /> version {number}
        </>
      }
      section="models"
      inMlflow={`/prompts/${encodeURIComponent(name)}`}
      live={{ model: name }}
      crumbs={[...promptCrumbs(to, name), { text: `Version ${number}` }]}
      beside={linksBeside(beside, (other) => ({
        text: `Version ${other}`,
        href: to.promptVersion(name, other),
      }))}
      about={
        <>
          <p>
            <VersionByline of={version} />
          </p>
          <span class="row" data-part="aliases">
            {aliases.map((alias) => (
              <Chip sign="up" tone="special" word={`@${alias}`} />
            ))}
          </span>
          <Tags of={ownPromptTags(tags)} />
        </>
      }
      actions={
        <>
          {beside.before === undefined ? null : (
            <a
              class="button quiet"
              href={to.comparePrompt(name, [beside.before, number])}
              data-key="c"
            >
              Compare with {beside.before}
            </a>
          )}
          <a class="button quiet" href={to.changeVersion(name, number)} data-key="e">
            Change…
          </a>
        </>
      }
      api={{
        method: 'GET',
        path: to.query('/api/2.0/mlflow/model-versions/get', { name, version: String(number) }),
      }}
    >
      <TemplateView of={promptTextsOf(tags)} />
      <Load {...props} />
      <Elsewhere {...props} />
    </Page>
  )
}

const Load: FC<PromptVersionProps> = ({
  frame: { serverUrl },
  version: { name, version, aliases },
}) => {
  const [alias] = aliases
  const uri = alias === undefined ? `${name}/${version}` : `${name}@${alias}`
  return (
    <section class="near" aria-labelledby="load">
      <h2 id="load">Load it</h2>
      <pre tabindex={0}>
        <code>
          {visibleText(
            `import mlflow
mlflow.set_tracking_uri("${serverUrl}")
prompt = mlflow.genai.load_prompt("prompts:/${uri}")`,
            /^\n$/,
          )}
        </code>
      </pre>
    </section>
  )
}

const experimentsMax = 5

/** Where else something of it is to be seen. */
const Elsewhere: FC<PromptVersionProps> = ({
  frame: { to },
  prompt,
  version: { name, version },
}) => {
  const q = `prompt = ${quotedText(`${name}/${version}`)}`
  return (
    <ul class="plain">
      {experimentsOf(prompt.tags)
        .slice(0, experimentsMax)
        .map((id) => (
          <li>
            <a href={to.query(to.traces(id), { q })}>Traces of experiment {id} that used it</a>
          </li>
        ))}
      <li>
        <a href={to.version(name, version)}>Its stage, gates and audit entries</a>
      </li>
    </ul>
  )
}
