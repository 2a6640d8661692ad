import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger'
import { oncePer } from '../../event-store/coalesce.js'
import { openAiErrorSchema } from '../openai-api.js'
import { problemSchema } from '../problems.js'
import { addCommonAnswers } from './common-answers.js'
import { problemExamples } from './problem-examples.js'
import { answerHeaders } from './answer-headers.js'
import { DocumentAdditions } from './document-additions.js'
import { groupByFamily } from './families.js'
import { leaveOutAmbiguousPaths, makeOperationIdsUnique, operationsOf } from './paths.js'
import { tags } from './tags.js'

const description = `Everything that happens is an event in one log; everything you can read is a projection of it.

**One family is the one to use:** \`/api/ai\` for chats, prompts and answers, with \`/api/users\` and \`/api/projects\`. Its answers are \`{ success, data }\`, a message has \`content\` and \`tokens\`, and a piece of a stream is \`text\`. The groups called compatibility are kept for clients of other paths, and do nothing more.

**Retries.** Send an \`Idempotency-Key\` with a POST: the same key and body is the same command, and answers its first outcome.
**Read your writes.** A command answers when its effect can be read. Its \`Log-Position\`, sent as \`Min-Log-Position\`, makes any later read see at least that much.
**Errors** are problem documents (RFC 9457) with a stable \`code\`.
**Sockets.** \`x-socket-events\` of this document names each event of Socket.io with the schema of its payload.`

/** Pages to read the API as an OpenAPI document. It is made when it is first asked for: few processes ever are. */
export function documentApi(app: NestFastifyApplication): void {
  const customSiteTitle = 'Verbatim: the API'
  const swaggerOptions = { filter: true, persistAuthorization: true }
  const page = { customSiteTitle, swaggerOptions }
  const document = () => documentOf(app)
  SwaggerModule.setup('docs', app, document, { ...page, jsonDocumentUrl: 'docs-json', yamlDocumentUrl: 'docs-yaml' })
  SwaggerModule.setup('api-docs', app, document, { ...page, raw: false })
}

const documentOf = oncePer((app: NestFastifyApplication): OpenAPIObject => {
  const { models, extensions } = app.get(DocumentAdditions)
  const builder = new DocumentBuilder()
    .setTitle('Verbatim')
    .setDescription(description)
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/', 'This service')
    .addBearerAuth()
    .addApiKey({ type: 'apiKey', name: 'x-api-key', in: 'header' }, 'apiKey')
    .addSecurityRequirements('bearer')
    .addSecurityRequirements('apiKey')
  for (const [tag, about] of Object.entries(tags)) builder.addTag(tag, about)
  const operationIdFactory = (controller: string, method: string) =>
    `${controller.replace(/Controller$/, '')}_${method}`
  const document = SwaggerModule.createDocument(app, builder.build(), { operationIdFactory, extraModels: models })
  completeDocument(document)
  return Object.assign(document, extensions)
})

function completeDocument(document: OpenAPIObject): void {
  leaveOutAmbiguousPaths(document)
  for (const { path, method, operation } of operationsOf(document)) addCommonAnswers(operation, path, method)
  groupByFamily(document)
  makeOperationIdsUnique(document)
  const { components = {} } = document
  document.components = {
    ...components,
    schemas: { ...components.schemas, Problem: problemSchema, OpenAiError: openAiErrorSchema },
    examples: problemExamples,
    headers: answerHeaders,
  }
}
