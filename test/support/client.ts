import { beginTurn } from '#platform'
import { checkAnswer } from './answers.ts'

/** What takes requests: an application in this process, or `serverAt` for one elsewhere. */
export type Answering = { request(path: string, init: RequestInit): Response | Promise<Response> }

/** Whatever JSON says. A test asserts what it reads, so the type is left open. */
export type Json = ReturnType<typeof JSON.parse>

export type Reply = {
  readonly status: number
  readonly text: string
  /** Undefined where the answer is no JSON object. */
  readonly json: Json
  readonly headers: Headers
}

export type Call = (method: string, path: string, body?: unknown) => Promise<Reply>

export type Client = ReturnType<typeof client>

/**
 * Sends JSON and reads JSON. A good answer of our own surface is held against its schema.
 *
 * @param as headers of every request: how the caller signs in, or which name it claims
 */
export function client(app: Answering, as: Readonly<Record<string, string>> = {}) {
  /** @param body a text is sent as it stands, anything else as JSON */
  const send = async (method: string, path: string, body?: unknown): Promise<Response> => {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    await beginTurn()
    return app.request(path, {
      method,
      headers: { ...as, ...(text === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(text === undefined ? {} : { body: text }),
    })
  }
  const call: Call = async (method, path, body) => {
    const res = await send(method, path, body)
    const text = await res.text()
    // What the caller does with the answer is no part of the server's turn.
    await beginTurn()
    const json: Json = text.startsWith('{') ? JSON.parse(text) : undefined
    checkAnswer(method, path, res.status, json)
    return { status: res.status, text, json, headers: res.headers }
  }
  const mlflow = (method: string, version: string) => (path: string, body?: unknown) =>
    call(method, `/api/${version}/mlflow/${path}`, body)
  return {
    /** The answer as it is, not read and not held against a schema. */
    send,
    call,
    /** Below `/api/2.0/mlflow/`; a query stands in the path. */
    get: mlflow('GET', '2.0'),
    post: mlflow('POST', '2.0'),
    patch: mlflow('PATCH', '2.0'),
    del: mlflow('DELETE', '2.0'),
    /** Below `/api/3.0/mlflow/`. */
    post3: mlflow('POST', '3.0'),
  }
}

/** A server that listens at `url`. */
export function serverAt(url: string): Answering {
  return { request: (path, init) => fetch(url + path, init) }
}

/** The value of a header that signs in by name and password. */
export function basic(user: string, password: string): string {
  const bytes = new TextEncoder().encode(`${user}:${password}`)
  return `Basic ${btoa(String.fromCharCode(...bytes))}`
}
