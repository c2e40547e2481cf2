import type { DocumentNode, ExecutionResult, GraphQLSchema } from 'graphql'
import { invalid, RegistryError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import type { AppContext } from '../../http/app-env.ts'
import { readJsonObject } from '../../http/body.ts'
import { admit } from '../../http/guards/guard.ts'
import { sendJson } from '../../http/send-json.ts'
import type { Operation } from '../operation.ts'
import { parseJson } from '../wire/json.ts'
import { checkQuerySize, checkQueryText } from './limits.ts'
import { type Asking, askingOf, readField, resolveRoot, type Wire } from './resolvers.ts'
import { schemaText } from './schema.ts'

/**
 * `/graphql`, which MLflow's own page asks for experiments and runs. Each field is an operation of the
 * REST API and judged by its rule.
 */
export function graphqlOperation(operations: readonly Operation[]): Operation {
  return {
    name: 'graphql',
    async handle(c) {
      await admit(c)
      const { query, variables, operationName } = await readRequest(c)
      const asking = askingOf(c, operations)
      const { data = null, errors } = await execute(asking, { query, variables, operationName })
      return sendJson(c, { data, errors: errors?.map(({ message }) => message) ?? null }, 200)
    },
  }
}

type Query = {
  readonly query: string
  readonly variables: Wire | undefined
  readonly operationName: string | undefined
}

/** A GET has it in its body, as MLflow reads it, or in its query string, as GraphQL clients send it. */
async function readRequest(c: AppContext): Promise<Query> {
  const inUrl = c.req.method === 'GET' ? c.req.query() : {}
  const given: Wire = inUrl.query === undefined ? { ...(await readBody(c)) } : fromUrl(inUrl)
  const { query, variables, operationName } = given
  if (typeof query !== 'string') throw invalid(messages.missing('query'))
  return {
    query,
    variables: requireObject(variables ?? undefined),
    operationName: typeof operationName === 'string' ? operationName : undefined,
  }
}

function readBody(c: AppContext): Promise<object> {
  return readJsonObject(c, parseJson)
}

function fromUrl(given: Readonly<Record<string, string>>): Wire {
  return given.variables === undefined ? given : { ...given, variables: parseJson(given.variables) }
}

function requireObject(variables: unknown): Wire | undefined {
  if (variables === undefined) return undefined
  if (typeof variables !== 'object' || variables === null || Array.isArray(variables)) {
    throw invalid("'variables' must be a JSON object, by name of the variable")
  }
  return { ...variables }
}

/** Loaded when the first query comes: clients send none. */
let engine: Promise<Engine> | undefined
type Engine = {
  readonly graphql: typeof import('graphql')
  readonly schema: GraphQLSchema
}

async function loadEngine(): Promise<Engine> {
  const graphql = await import('graphql')
  const schema = graphql.buildSchema(schemaText)
  const longs = graphql.assertScalarType(schema.getType('LongString'))
  // Longs are written by the one codec, which also knows those that JavaScript would round.
  longs.coerceOutputValue = (value) => JSON.stringify(value)
  return { graphql, schema }
}

async function execute(asking: Asking, { query, ...request }: Query): Promise<ExecutionResult> {
  engine ??= loadEngine()
  const { graphql, schema } = await engine
  let document: DocumentNode
  try {
    checkQueryText(graphql, query)
    document = graphql.parse(query)
    checkQuerySize(document)
  } catch (err) {
    if (err instanceof graphql.GraphQLError) return { errors: [err] }
    if (err instanceof RegistryError) return { errors: [new graphql.GraphQLError(err.message)] }
    throw err
  }
  const errors = graphql.validate(schema, document)
  if (errors.length > 0) return { errors }
  return graphql.execute({
    schema,
    document,
    contextValue: asking,
    variableValues: request.variables,
    operationName: request.operationName,
    fieldResolver: (...[message, args, , info]) =>
      message === undefined
        ? resolveRoot(asking, info.fieldName, args)
        : readField(message, info.fieldName, String(info.returnType)),
  })
}
