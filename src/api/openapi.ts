import {
  OpenAPIRegistry,
  OpenApiGeneratorV31,
  type RouteConfig,
} from '@asteasolutions/zod-to-openapi'
import { z } from 'zod'
import { httpStatus } from '../core/error.ts'
import { anyone } from '../http/guards/guard.ts'
import type { Endpoint } from './endpoints/endpoint.ts'
import { getOpenApi } from './endpoints/openapi.ts'
import { type ServedEndpoint, serve } from './serve.ts'

/** The document of our own surface, made from the schemas that validate. */
export function openApiRoute(described: readonly Endpoint[]): ServedEndpoint {
  let document: object | undefined
  return serve(getOpenApi, anyone, async () => {
    document ??= openApiDocument(described)
    return { ...document }
  })
}

const ErrorShape = z.object({
  error_code: z.enum(Object.keys(httpStatus)),
  /** What was wrong, with the value, and what to do. */
  message: z.string(),
})

function openApiDocument(endpoints: readonly Endpoint[]): object {
  const registry = new OpenAPIRegistry()
  for (const endpoint of endpoints) registry.registerPath(routeOf(endpoint))
  registry.registerComponent('securitySchemes', 'basic', { type: 'http', scheme: 'basic' })
  registry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'An access token, or a JWT of an issuer that this server trusts',
  })
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Gatehouse',
      version: '1',
      description: "Gatehouse's own surface, beside MLflow's REST API.",
    },
    security: [{ basic: [] }, { bearer: [] }],
  })
}

function routeOf(endpoint: Endpoint): RouteConfig {
  const { method, path, name, tag, summary, description, params, query, body, status } = endpoint
  const media = endpoint.media ?? 'application/json'
  return {
    method: method.toLowerCase() as Lowercase<typeof method>,
    path,
    operationId: name,
    tags: [tag],
    summary,
    ...(description && { description }),
    request: {
      ...(params && { params: params as z.ZodObject }),
      ...(query && { query: query as z.ZodObject }),
      ...(body && { body: { content: { 'application/json': { schema: body } }, required: true } }),
    },
    responses: {
      [status ?? 200]: { description: 'Done', content: { [media]: { schema: endpoint.answer } } },
      default: {
        description: 'Refused or failed',
        content: { 'application/json': { schema: ErrorShape } },
      },
    },
  }
}
