import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger'
import type { AccountRole, Scope } from '../commands/caller.js'
import { problemSchema } from './problems.js'
import { scopeOf } from './scopes.js'

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const

const description = `Everything that happens is an event in one log; everything you can read is a projection of it.

**Retries.** Send an \`Idempotency-Key\` with a POST: the same key and body is the same command, and answers its first outcome.
**Read your writes.** A command answers when its effect can be read. Its \`Log-Position\`, sent as \`Min-Log-Position\`, makes any later read see at least that much.
**Errors** are problem documents (RFC 9457) with a stable \`code\`.`

/** The API as an OpenAPI document, and pages to read it. */
export function documentApi(app: NestFastifyApplication): void {
  const config = new DocumentBuilder()
    .setTitle('Verbatim')
    .setDescription(description)
    .setVersion('1')
    .addBearerAuth()
    .addApiKey({ type: 'apiKey', name: 'x-api-key', in: 'header' }, 'apiKey')
    .addSecurityRequirements('bearer')
    .addSecurityRequirements('apiKey')
    .build()
  const operationIdFactory = (controller: string, method: string) =>
    `${controller.replace(/Controller$/, '')}_${method}`
  const document = SwaggerModule.createDocument(app, config, { operationIdFactory })
  document.components = { ...document.components, schemas: { ...document.components?.schemas, Problem: problemSchema } }
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of methods) {
      const operation = item[method]
      if (operation) addCommonAnswers(operation, path, method)
    }
  }
  makeOperationIdsUnique(document)
  SwaggerModule.setup('docs', app, document, { jsonDocumentUrl: 'docs-json', yamlDocumentUrl: 'docs-yaml' })
  SwaggerModule.setup('api-docs', app, document, { raw: false })
}

/** What decorators of handlers say about them. */
interface Extensions {
  'x-open'?: boolean
  'x-roles'?: readonly AccountRole[]
  'x-scope'?: Scope
  'x-prompt'?: boolean
}

/** Documents what all handlers have in common, so that none has to say it: errors, headers. */
function addCommonAnswers(operation: Operation, path: string, method: string): void {
  const {
    'x-open': isOpen = false,
    'x-roles': roles,
    'x-scope': declared,
    'x-prompt': isPrompt = false,
  } = operation as Operation & Extensions
  if (isOpen) operation.security = []
  else {
    const scope = scopeOf(method, { declared, roles })
    const about = `An API key needs the scope \`${scope}\`.`
    Object.assign(operation, {
      'x-scope': scope,
      description: [operation.description, about].filter(Boolean).join(' '),
    })
  }
  const parameters = operation.parameters ?? []
  const statuses = [
    400, // for its headers, if it takes nothing else
    ...(isOpen ? [] : [401, 403]),
    ...(path.includes('{') ? [404, 414] : []),
    408,
    ...(method === 'post' ? [409, 422] : []),
    ...(method === 'get' ? [] : [413, 415]), // a body is read, whether or not the operation needs one
    429,
    431,
    ...(isPrompt ? [502] : []),
    503,
  ]
  for (const status of statuses) operation.responses[status] ??= { description: reasons[status]! }
  for (const [status, response] of Object.entries(operation.responses)) {
    if (Number(status) >= 400)
      Object.assign(response!, { content: { 'application/problem+json': { schema: problemRef } } })
  }
  if (method === 'post') operation.parameters = [...parameters, idempotencyKey]
  if (method === 'get') operation.parameters = [...parameters, minLogPosition]
}

const problemRef = { $ref: '#/components/schemas/Problem' }

const reasons: Record<number, string> = {
  400: 'Something in the request is wrong; `errors` names each field',
  401: 'Send a token or an API key',
  403: 'This is not for your role, or not for the scopes of your API key',
  404: 'It does not exist, or it is not yours',
  408: 'The request did not arrive in time',
  409: 'This is not possible now; `code` says why',
  413: 'The body is larger than a megabyte',
  414: 'A part of the address is too long',
  415: 'The body is not JSON',
  422: 'This Idempotency-Key was used for another request',
  429: 'Too many requests; Retry-After says when the next one may come',
  431: 'The address and the headers are larger than 16 KB together',
  502: 'The model could not answer',
  503: 'Try again in a moment; nothing is lost',
}

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header' as const,
  required: false,
  description: 'A text that is new for each command: a request with the same text is the same command',
  schema: { type: 'string', maxLength: 255 },
}

const minLogPosition = {
  name: 'Min-Log-Position',
  in: 'header' as const,
  required: false,
  description: 'The Log-Position of an earlier answer: the read sees at least that much',
  schema: { type: 'integer', minimum: 0 },
}

/** Several paths may lead to one handler; each of them gets an operation id of its own. */
function makeOperationIdsUnique({ paths }: OpenAPIObject): void {
  const seen = new Map<string, number>()
  for (const item of Object.values(paths)) {
    for (const method of methods) {
      const operation = item[method]
      if (!operation?.operationId) continue
      const id = operation.operationId.replace(/\[\d+\]$/, '')
      const times = (seen.get(id) ?? 0) + 1
      seen.set(id, times)
      operation.operationId = times > 1 ? `${id}_${times}` : id
    }
  }
}
