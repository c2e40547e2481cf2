import { z } from 'zod'
import { artifactPathOf } from '../../mlflow-calls.ts'
import type { JsonServer } from '../sources/json-server.ts'
import { runOf } from '../sources/mlflow-items.ts'
import * as shapes from '../sources/mlflow-shapes.ts'
import type { SourceFile, SourceRun } from '../sources/source.ts'

const api = '/api/2.0/mlflow'

type Fields = Readonly<Record<string, unknown>>

/** The MLflow server that an export writes to, through its REST API. */
export class MlflowTarget {
  readonly #server: JsonServer

  constructor(server: JsonServer) {
    this.#server = server
  }

  /** A change that is the same made twice. */
  async change(call: string, body: Fields): Promise<void> {
    const [method = '', path = ''] = call.split(' ')
    await this.#server.read({
      path: `${api}/${path}`,
      // The caller writes one of these before the path.
      method: method as 'POST' | 'PATCH' | 'DELETE',
      body,
      answer: z.unknown(),
    })
  }

  async createExperiment(body: Fields): Promise<string> {
    const answer = z.object({ experiment_id: z.string() })
    return (await this.#create('experiments/create', body, answer)).experiment_id
  }

  async createRun(body: Fields): Promise<SourceRun> {
    const answer = z.object({ run: shapes.Run })
    return runOf((await this.#create('runs/create', body, answer)).run)
  }

  async getRun(runId: string): Promise<SourceRun> {
    const answer = z.object({ run: shapes.Run })
    const query = { run_id: runId }
    return runOf((await this.#server.read({ path: `${api}/runs/get`, query, answer })).run)
  }

  /** Also without the times and the status that an answer has. */
  async createLoggedModel(
    body: Fields,
  ): Promise<{ readonly id: string; readonly address: string }> {
    const info = z.object({ model_id: z.string(), artifact_uri: z.string().default('') })
    const answer = z.object({ model: z.object({ info }) })
    const made = (await this.#create('logged-models', body, answer)).model.info
    return { id: made.model_id, address: made.artifact_uri }
  }

  async createModel(body: Fields): Promise<void> {
    await this.#create('registered-models/create', body, z.unknown())
  }

  /** @returns its number */
  async createVersion(body: Fields): Promise<number> {
    const answer = z.object({ model_version: shapes.ModelVersion })
    return (await this.#create('model-versions/create', body, answer)).model_version.version
  }

  #create<T extends z.ZodType>(path: string, body: Fields, answer: T): Promise<z.output<T>> {
    return this.#server.read({ path: `${api}/${path}`, body, answer, isOnce: true })
  }

  /** Store a file. @param path in the artifact store */
  async upload(path: string, file: SourceFile): Promise<void> {
    await this.#server.upload(artifactPathOf(path), {
      sizeBytes: file.sizeBytes,
      open: () => file.open(),
    })
  }
}
