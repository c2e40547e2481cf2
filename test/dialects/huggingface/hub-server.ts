import { registryServer } from '../../support/registry-server.ts'

/** A server, models with sealed files on it, and the Hub's calls. */
export async function hubServer(...overrides: Parameters<typeof registryServer>) {
  const server = await registryServer(...overrides)
  return {
    ...server,
    /** One more version of a model, with these files. @returns its number, and its commit */
    async seal(name: string, files: Readonly<Record<string, string>>) {
      await server.createModel(name)
      const { root, runId } = await server.createRun()
      for (const [path, body] of Object.entries(files)) await server.upload(`${root}/${path}`, body)
      const made = await server.createVersion(name, root, { run_id: runId })
      const { version } = made.json.model_version
      const path = `/api/v1/models/${encodeURIComponent(name)}/versions/${version}/files`
      const { json } = await server.call('GET', path)
      return { version: String(version), commit: String(json.digest).slice(7, 47) }
    },
    /** Below `/hf`. */
    hub: (path: string, init: RequestInit = {}) => server.app.request(`/hf${path}`, init),
    hubJson: async (path: string, init: RequestInit = {}) =>
      (await server.app.request(`/hf${path}`, init)).json(),
  }
}

/** Status and code of a refusal, as clients of the Hub read them. */
export function refusalOf({ status, headers }: Response): readonly [number, string | null] {
  return [status, headers.get('x-error-code')]
}
