import { pagesOf } from './page.ts'
import { askedWorld } from './world.ts'

type Tags = Readonly<Record<string, string>>

const listOf = (tags: Tags) => Object.entries(tags).map(([key, value]) => ({ key, value }))
const isPrompt = { 'mlflow.prompt.is_prompt': 'true' }

/** A prompt `support` of ann, with one version. */
export async function promptsWorld() {
  const made = await askedWorld()
  const { app, ann, mlflow } = made
  const post = async (path: string, body: object) => {
    const res = await mlflow(ann, 'POST', path, body)
    if (res.status !== 200) throw new Error(`${path}: ${res.text}`)
    return res.json
  }
  await post('registered-models/create', {
    ...{ name: 'support', description: 'Answers customers.' },
    tags: listOf({ ...isPrompt, team: 'care', _mlflow_experiment_ids: ',1,' }),
  })
  /** As `mlflow.genai.register_prompt` of 3.17.2 does. */
  const register = async (text: string, more: Tags = {}, description?: string) =>
    post('model-versions/create', {
      ...{ name: 'support', source: 'dummy-source', description },
      tags: listOf({
        ...{ ...isPrompt, 'mlflow.prompt.text': text, _mlflow_prompt_type: 'text' },
        ...more,
      }),
    })
  await register('Hello {{ name }}, see {{order.id}}.', {}, 'first')
  return { ...made, register, post, as: (who: string) => pagesOf(app, who) }
}
