import type { FC } from 'hono/jsx'
import type { RegistryError } from '../../core/error.ts'
import type { RegisteredModel } from '../../registry/models/read-models.ts'
import { exactModelFilter } from '../../registry/models/search-models.ts'
import { tagClauseOf } from '../../search/words.ts'
import { ModelKinds } from '../home/model-kinds.tsx'
import { Time } from '../parts/byline.tsx'
import { AliasList, Tags } from '../parts/chips.tsx'
import { SearchBox, TimesNote, WordsNote } from '../parts/search-box.tsx'
import { NextLink, NoValue, Table } from '../parts/table.tsx'
import { Excerpt, Given } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import type { Frame } from '../shell/frame.ts'
import { Page } from '../shell/page.tsx'
import { ownPromptTags, promptTextsOf } from './prompt-texts.ts'

type PromptsPageProps = {
  readonly frame: Frame
  /** As they were typed. */
  readonly words: string
  /** What became of them. */
  readonly asked: string
  /** With what leaves prompts alone. */
  readonly filter: string
  readonly after: string | undefined
  readonly prompts: readonly RegisteredModel[]
  readonly next: string | undefined
  /** Why the filter was not taken. */
  readonly problem: RegistryError | undefined
  readonly nowMs: number
}

/** All prompts that the caller may read, or those that a filter leaves. */
export const PromptsPage: FC<PromptsPageProps> = (props) => {
  const { frame, words, asked, filter, after, prompts, next, problem } = props
  const { to } = frame
  const exact = exactModelFilter(filter, props.nowMs)
  return (
    <Page
      frame={frame}
      title="Prompts"
      section="models"
      live={{}}
      crumbs={[{ text: 'Models', href: to.models }, { text: 'Prompts' }]}
      api={{
        method: 'GET',
        path: to.query('/api/2.0/mlflow/registered-models/search', { filter: exact.text }),
      }}
    >
      <ModelKinds to={to} current="prompts" />
      <SearchBox
        action={to.prompts}
        label="Name, or a filter"
        placeholder="support, or tags.team = 'risk'"
        {...{ words, problem }}
        addressOf={(q) => to.query(to.prompts, { q })}
      />
      <WordsNote words={words} filter={asked} />
      <TimesNote times={exact.times} />
      <div data-part="prompts">
        {prompts.length > 0 ? (
          <PromptTable {...{ prompts, to }} />
        ) : words === '' && after === undefined ? (
          <FirstPrompt frame={frame} />
        ) : problem === undefined ? (
          <p class="empty">
            No prompt matches. <a href={to.prompts}>Show all prompts</a>
          </p>
        ) : null}
      </div>
      <NextLink after={next} hrefOf={(page) => to.query(to.prompts, { q: words, after: page })}>
        Next prompts
      </NextLink>
    </Page>
  )
}

const FirstPrompt: FC<{ readonly frame: Frame }> = ({ frame: { serverUrl } }) => (
  <section class="empty near" aria-label="The first prompt">
    <p>No prompts yet. This registers one:</p>
    <pre tabindex={0}>
      <code>
        {`import mlflow
mlflow.set_tracking_uri("${serverUrl}")
mlflow.genai.register_prompt(
    name="support-answer",
    template="Answer {{question}} in two sentences.",
    commit_message="first",
)`}
      </code>
    </pre>
  </section>
)

const PromptTable: FC<{ readonly prompts: readonly RegisteredModel[]; readonly to: Paths }> = ({
  prompts,
  to,
}) => (
  <Table caption="Prompts" columns={['Prompt', 'Latest', 'It begins with', 'Aliases', 'Changed']}>
    {prompts.map((prompt) => (
      <Row prompt={prompt} to={to} />
    ))}
  </Table>
)

const Row: FC<{ readonly prompt: RegisteredModel; readonly to: Paths }> = ({
  prompt: { name, tags, aliases, latestVersions, updatedAtMs },
  to,
}) => {
  const latest = latestVersions.toSorted((a, b) => b.version - a.version)[0]
  return (
    <tr>
      <th scope="row">
        <div class="near">
          <a href={to.prompt(name)}>
            <Given text={name} />
          </a>
          <Tags
            of={ownPromptTags(tags)}
            hrefOf={(tag) => {
              const q = tagClauseOf(tag)
              return q && to.query(to.prompts, { q })
            }}
          />
        </div>
      </th>
      <td>
        {latest === undefined ? (
          <NoValue />
        ) : (
          <a href={to.promptVersion(name, latest.version)}>{latest.version}</a>
        )}
      </td>
      <td>{latest === undefined ? <NoValue /> : <Beginning of={latest.tags} />}</td>
      <td>{aliases.length === 0 ? <NoValue /> : <AliasList aliases={aliases} />}</td>
      <td>
        <Time atMs={updatedAtMs} />
      </td>
    </tr>
  )
}

const Beginning: FC<{ readonly of: RegisteredModel['tags'] }> = ({ of }) => {
  const [first] = promptTextsOf(of).messages
  return first === undefined || first.text === '' ? (
    <NoValue />
  ) : (
    <>
      {first.role === undefined ? null : (
        <span class="soft">
          <Given text={first.role} />:{' '}
        </span>
      )}
      <Excerpt text={first.text} charsMax={80} />
    </>
  )
}
