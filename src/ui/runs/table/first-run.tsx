import type { FC } from 'hono/jsx'
import { visibleText } from '../../parts/text.tsx'
import type { Frame } from '../../shell/frame.ts'

/** How the first run gets here, with this server's own address. */
export const FirstRun: FC<{ readonly frame: Frame; readonly experimentName: string }> = ({
  frame: { serverUrl, caller },
  experimentName,
}) => (
  <section class="empty" aria-labelledby="first-run">
    <h2 id="first-run">No runs yet</h2>
    <p>Run this where the MLflow client is installed, and load this page again:</p>
    <pre tabindex={0}>
      <code>{`import mlflow

mlflow.set_tracking_uri("${serverUrl}")
mlflow.set_experiment(${JSON.stringify(visibleText(experimentName))})
with mlflow.start_run():
    mlflow.log_param("lr", 0.01)
    for step in range(10):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)`}</code>
    </pre>
    {caller.isJudged ? (
      <p>
        Access control is on: set <code>MLFLOW_TRACKING_TOKEN</code> before you start Python.
      </p>
    ) : null}
  </section>
)
