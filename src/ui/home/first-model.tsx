import type { FC } from 'hono/jsx'
import type { Frame } from '../shell/frame.ts'

/** What the first person sees: how the first model gets here, with this server's own address. */
export const FirstModel: FC<{ readonly frame: Frame }> = ({ frame: { serverUrl, caller, to } }) => (
  <section class="empty" aria-labelledby="first-model">
    <h2 id="first-model">No models yet</h2>
    <p>
      Run this where the MLflow client is installed. The model then appears here; without script,
      load this page again.
    </p>
    <pre tabindex={0}>
      <code>{exampleOf(serverUrl)}</code>
    </pre>
    {caller.isJudged ? (
      <p>
        Access control is on: set <code>MLFLOW_TRACKING_USERNAME</code> and{' '}
        <code>MLFLOW_TRACKING_PASSWORD</code>, or <code>MLFLOW_TRACKING_TOKEN</code>, before you
        start Python. <a href={`${to.profile}#tokens`}>Make a token</a>
      </p>
    ) : null}
    <p>
      The run then stands under <a href={to.experiments}>Experiments</a>.
    </p>
    <h3>Then: who has to agree before it serves</h3>
    <p>A policy guards a stage of all models whose names it matches. This is a first one:</p>
    <pre tabindex={0}>
      <code>{policyOf(serverUrl, caller.isJudged)}</code>
    </pre>
    <p>
      The <a href={to.docs}>API reference</a> has every term of a policy.
    </p>
  </section>
)

function exampleOf(serverUrl: string): string {
  return `import mlflow, mlflow.sklearn
from sklearn.linear_model import LogisticRegression

mlflow.set_tracking_uri("${serverUrl}")
with mlflow.start_run():
    mlflow.log_metric("accuracy", 0.91)
    model = LogisticRegression().fit([[0], [1]], [0, 1])
    mlflow.sklearn.log_model(model, name="model", registered_model_name="fraud-detector")`
}

function policyOf(serverUrl: string, isJudged: boolean): string {
  return `curl -X PUT ${serverUrl}/api/v1/policies/production \\
${isJudged ? `  -H "Authorization: Bearer $MLFLOW_TRACKING_TOKEN" \\\n` : ''}  -H 'Content-Type: application/json' -d '{
    "applies_to": { "models": "*", "stage": "Production" },
    "gates": [{ "name": "accurate", "type": "metric", "metric": "accuracy", "min": 0.9 }]
  }'`
}
