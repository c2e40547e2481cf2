import type { FC } from 'hono/jsx'
import { visibleText } from '../../parts/text.tsx'
import type { Frame } from '../../shell/frame.ts'

/** How the first trace gets here, with this server's own address. */
export const FirstTrace: FC<{ readonly frame: Frame; readonly experimentName: string }> = ({
  frame: { serverUrl, caller },
  experimentName,
}) => (
  <section class="empty" aria-labelledby="first-trace">
    <h2 id="first-trace">No traces yet</h2>
    <p>
      A trace is what a program did for one request. Run this where the MLflow client is installed,
      and load this page again:
    </p>
    <pre tabindex={0}>
      <code>{`import mlflow

mlflow.set_tracking_uri("${serverUrl}")
mlflow.set_experiment(${JSON.stringify(visibleText(experimentName))})

@mlflow.trace
def answer(question):
    return f"about {question}"

answer("pears")
mlflow.flush_trace_async_logging()`}</code>
    </pre>
    {caller.isJudged ? (
      <p>
        Access control is on: set <code>MLFLOW_TRACKING_TOKEN</code> before you start Python.
      </p>
    ) : null}
    <p class="soft">
      Exporters of OpenTelemetry send to <code>{`${serverUrl}/v1/traces`}</code>.
    </p>
  </section>
)
