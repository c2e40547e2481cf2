import { z } from 'zod'
import { endpoint } from './endpoint.ts'

export const getOpenApi = endpoint({
  name: 'getOpenApi',
  method: 'GET',
  path: '/api/v1/openapi.json',
  tag: 'this document',
  summary: 'This document: OpenAPI 3.1',
  answer: z.object({}).loose(),
})
