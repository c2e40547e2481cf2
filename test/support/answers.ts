import { expect } from 'vitest'
import { served } from '../../src/api/routes.ts'

const endpoints = served.map(({ endpoint }) => ({
  endpoint,
  path: new RegExp(`^${endpoint.path.replace(/\{\w+\}/g, '[^/]+')}$`),
}))

/** Holds a good answer of our own surface against its schema: a field that is not in it fails too. */
export function checkAnswer(method: string, path: string, status: number, json: unknown): void {
  const [pathname = ''] = path.replace(/^https?:\/\/[^/]+/, '').split('?')
  const found = endpoints.find((one) => one.endpoint.method === method && one.path.test(pathname))
  if (!found || status >= 300) return
  const { endpoint } = found
  expect(status, endpoint.name).toBe(endpoint.status ?? 200)
  if (endpoint.media !== undefined && json === undefined) return
  // Zod hands out no key of this name, which a tag may have.
  const known = JSON.parse(JSON.stringify(json), (key, value) =>
    key === '__proto__' ? undefined : value,
  )
  expect(endpoint.answer.parse(known), endpoint.name).toEqual(known)
}
