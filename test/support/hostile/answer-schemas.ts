import { Ajv, type ValidateFunction } from 'ajv'
import type { Contract, Operation, Schema } from '../api/contract.js'

/** What an answer may be, as /docs-json says it. */
export class AnswerSchemas {
  private readonly ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true })
  private readonly validators = new Map<Schema, ValidateFunction>()

  constructor(contract: Contract) {
    const isDate = (text: string) => /^\d{4}-\d\d-\d\dT.*Z$/.test(text) && !Number.isNaN(Date.parse(text))
    this.ajv.addFormat('date-time', isDate)
    this.ajv.addFormat('email', /@/)
    for (const format of ['binary', 'uri', 'uuid']) this.ajv.addFormat(format, true)
    this.ajv.addSchema({ $id: 'api', components: closed(contract.document.components) })
  }

  /** What is wrong with an answer; undefined if nothing is. */
  faultOf({ responses }: Operation, status: number, type: string, text: string): string | undefined {
    const content = responses[status]?.content ?? {}
    const [media = ''] = type.split(';')
    if (Object.keys(content).length === 0) return text === '' ? undefined : 'has a body, and none is documented'
    const given = (content[media.trim()] ?? content['*/*'])?.schema
    if (!given) return `has the type ${type}, and documented is ${Object.keys(content).join(', ')}`
    if (media === 'text/event-stream') {
      const events = text.split('\n\n').flatMap((block) => /^data: (.*)$/m.exec(block)?.[1] ?? [])
      const objects = events.filter((data) => data !== '[DONE]')
      return given.type === 'string' ? undefined : objects.map((data) => this.check(given, data)).find(Boolean)
    }
    return /\bjson$/.test(media) && given.format !== 'binary' ? this.check(given, text) : undefined
  }

  private check(given: Schema, text: string): string | undefined {
    let validate = this.validators.get(given)
    if (!validate) {
      const named = JSON.stringify(closed(given)).replaceAll('"#/components', '"api#/components')
      validate = this.ajv.compile(JSON.parse(named) as object)
      this.validators.set(given, validate)
    }
    if (validate(JSON.parse(text))) return undefined
    const [first] = validate.errors!
    const { additionalProperty: name = '' } = first!.params as { additionalProperty?: string }
    return `does not fit its schema: ${first!.instancePath} ${first!.message} ${name}`
  }
}

/** A property that is not documented is a fault, except where any are allowed. */
function closed<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => closed(item as unknown)) as Value
  const entries = Object.entries(value).map(([name, item]) => [name, closed(item as unknown)])
  const copy = Object.fromEntries(entries) as Schema
  if (copy.properties && copy.type === 'object') copy.additionalProperties ??= false
  return copy as Value
}
