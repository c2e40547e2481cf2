import { admin } from '../support/auth-server.ts'
import { pagesOf } from './page.ts'
import { askedWorld } from './world.ts'

/** Three runs of the experiment `nightly`, and what `more` logs. */
export async function runsWorld(...overrides: Parameters<typeof askedWorld>) {
  const made = await askedWorld(...overrides)
  const { ann, mlflow, app } = made
  const post = async (path: string, body: object) => (await mlflow(ann, 'POST', path, body)).json
  const logRun = async (run: {
    readonly name: string
    readonly metrics?: readonly object[]
    readonly params?: readonly object[]
    readonly tags?: readonly object[]
  }) => {
    const { metrics = [], params = [], tags = [], name: run_name } = run
    const start_time = made.clock.now()
    const created = await post('runs/create', { experiment_id: '1', run_name, start_time })
    const { run_id } = created.run.info
    await post('runs/log-batch', { run_id, metrics, params, tags })
    return String(run_id)
  }
  return { ...made, admin, post, logRun, as: (who: string) => pagesOf(app, who) }
}
