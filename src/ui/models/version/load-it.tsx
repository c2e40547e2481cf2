import type { FC } from 'hono/jsx'
import { isActive } from '../../../registry/stages/stages.ts'
import type { ModelVersion } from '../../../registry/versions/read-versions.ts'
import { Fold } from '../../parts/fields.tsx'
import { visibleText } from '../../parts/text.tsx'
import type { Frame } from '../../shell/frame.ts'

type LoadItProps = {
  readonly frame: Frame
  readonly version: Pick<ModelVersion, 'name' | 'version' | 'stage' | 'aliases'>
}

/** How programs get the version: this one, or whatever an alias or its stage leads to. */
export const LoadIt: FC<LoadItProps> = ({ frame: { serverUrl }, version }) => {
  const { name, stage, aliases } = version
  const uri = `models:/${visibleText(name)}/${version.version}`
  const followed = [
    ...aliases.slice(0, 1).map((alias) => `models:/${visibleText(name)}@${visibleText(alias)}`),
    ...(isActive(stage) ? [`models:/${visibleText(name)}/${visibleText(stage)}`] : []),
  ]
  const others = followed.map((one) => `\n# or what is there then: ${pythonText(one)}`)
  return (
    <section class="panel near" aria-labelledby="load">
      <h2 id="load">Load it</h2>
      <Fold title="The code">
        <Code>
          {`mlflow.set_tracking_uri(${pythonText(serverUrl)})
mlflow.pyfunc.load_model(${pythonText(uri)})${others.join('')}`}
        </Code>
      </Fold>
      <details>
        <summary>On the command line</summary>
        <Code>
          {`export MLFLOW_TRACKING_URI=${serverUrl}
# its files
mlflow artifacts download -u ${shellWord(uri)} -d model
# a server that follows ${followed.length > 0 ? 'what is there' : 'it'}
npx gatehouse serve ${shellWord(followed.at(-1) ?? uri)} --port 8080 --server ${serverUrl}`}
        </Code>
      </details>
    </section>
  )
}

const Code: FC<{ readonly children: string }> = ({ children }) => (
  <pre tabindex={0}>
    <code>{children}</code>
  </pre>
)

function pythonText(text: string): string {
  return JSON.stringify(text)
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
