import { freshPlatform } from '#platform'
import { createApp } from '../../src/app.ts'
import type { Platform } from '../../src/platform/context.ts'
import { checkAnswer } from './answers.ts'

/** A server on an empty database, asked without a network. */
export async function testServer(overrides: Partial<Platform> = {}) {
  const platform: Platform = { ...(await freshPlatform()), ...overrides }
  const app = createApp(() => platform)
  const call = async (method: string, path: string, body?: unknown) => {
    const res = await app.request(path, {
      method,
      ...(body === undefined
        ? {}
        : {
            body: typeof body === 'string' ? body : JSON.stringify(body),
            headers: { 'content-type': 'application/json' },
          }),
    })
    const text = await res.text()
    const json = text.startsWith('{') ? JSON.parse(text) : undefined
    checkAnswer(method, path, res.status, json)
    return {
      status: res.status,
      text,
      json,
      headers: res.headers,
    }
  }
  return {
    platform,
    app,
    call,
    /** POST below `/api/2.0/mlflow/`. */
    post: (path: string, body: unknown) => call('POST', `/api/2.0/mlflow/${path}`, body),
    /** GET below `/api/2.0/mlflow/`, query string and all. */
    get: (path: string) => call('GET', `/api/2.0/mlflow/${path}`),
  }
}
