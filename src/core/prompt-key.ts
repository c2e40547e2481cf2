/** The tag that makes a registered model a prompt, and a version a prompt version. */
export const promptKey = 'mlflow.prompt.is_prompt'
