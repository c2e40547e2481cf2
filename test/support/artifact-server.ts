import { testServer } from './server.ts'

export const proxy = '/api/2.0/mlflow-artifacts/artifacts'

/** A server, and the artifact proxy's verbs on it. */
export async function artifactServer() {
  const server = await testServer()
  const request = (method: string, path: string, init: RequestInit = {}) =>
    server.app.request(path, { method, ...init })
  return {
    ...server,
    request,
    put: (path: string, body: BodyInit) => request('PUT', `${proxy}/${path}`, { body }),
    fetch: (path: string, headers: Record<string, string> = {}) =>
      request('GET', `${proxy}/${path}`, { headers }),
    remove: (path: string) => request('DELETE', `${proxy}/${path}`),
    async names(path: string): Promise<string[]> {
      const res = await request('GET', `${proxy}?path=${encodeURIComponent(path)}`)
      const { files = [] } = (await res.json()) as { files?: { path: string }[] }
      return files.map((file) => file.path)
    },
  }
}

/** Status and error code of a refusal. */
export async function code(res: Response): Promise<[number, string]> {
  const { error_code } = (await res.json()) as { error_code: string }
  return [res.status, error_code]
}
