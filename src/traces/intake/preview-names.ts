/** What is shown of inputs and outputs is redacted as these are: the names of either. */
export const previewNames: ReadonlyMap<string, string> = new Map([
  ['request_preview', 'mlflow.spanInputs'],
  ['response_preview', 'mlflow.spanOutputs'],
  ['mlflow.traceInputs', 'mlflow.spanInputs'],
  ['mlflow.traceOutputs', 'mlflow.spanOutputs'],
])
