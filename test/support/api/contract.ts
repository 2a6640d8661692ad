/** What the service says of itself in /docs-json, as far as tests ask. */
export interface Schema {
  $ref?: string
  allOf?: Schema[]
  type?: string
  format?: string
  enum?: unknown[]
  example?: unknown
  pattern?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  minItems?: number
  maxItems?: number
  items?: Schema
  properties?: Record<string, Schema>
  description?: string
  anyOf?: Schema[]
  title?: string
  required?: string[]
  additionalProperties?: boolean
  nullable?: boolean
}

export interface Parameter {
  name: string
  description?: string
  in: 'path' | 'query' | 'header'
  required?: boolean
  schema: Schema
}

type Content = Record<string, { schema: Schema; examples?: Record<string, { $ref: string }> }>

export interface Operation {
  method: string
  /** With {placeholders}. */
  path: string
  operationId: string
  summary?: string
  /** Needs no account. */
  isOpen: boolean
  roles?: string[]
  /** Which an API key needs. */
  scope?: string
  parameters: Parameter[]
  requestBody?: { content: Content }
  responses: Record<string, { description?: string; content?: Content; headers?: Record<string, { $ref: string }> }>
}

interface Document {
  paths: Record<
    string,
    Record<
      string,
      Omit<Operation, 'method' | 'path' | 'isOpen' | 'roles' | 'scope'> & {
        'x-open'?: boolean
        'x-roles'?: string[]
        'x-scope'?: string
        'x-also-at'?: string[]
      }
    >
  >
  'x-socket-events': Record<'fromClient' | 'fromService', Record<string, { payload: Schema }>>
  components: { schemas: Record<string, Schema>; examples: Record<string, { value: { code: string; status: number } }> }
}

export class Contract {
  readonly operations: Operation[]

  private constructor(readonly document: Document) {
    this.operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).flatMap(([method, operation]) => {
        const {
          'x-open': isOpen = false,
          'x-roles': roles,
          'x-scope': scope,
          'x-also-at': alsoAt = [],
          parameters,
        } = operation
        return [path, ...alsoAt].map((one, i) => ({
          ...operation,
          operationId: i > 0 ? `${operation.operationId}_also_${i}` : operation.operationId,
          parameters,
          isOpen,
          roles,
          scope,
          path: one,
          method: method.toUpperCase(),
        }))
      }),
    )
  }

  static async of(url: string): Promise<Contract> {
    return new Contract((await (await fetch(`${url}/docs-json`)).json()) as Document)
  }

  /** What is said elsewhere, said here. */
  schema(given: Schema): Schema {
    const { $ref, allOf, ...own } = given
    if ($ref !== undefined) return this.schema(this.named($ref))
    return allOf ? { ...this.schema(allOf[0]!), ...own } : given
  }

  /** Of a JSON body. */
  bodyOf({ requestBody }: Operation): Schema | undefined {
    const schema = requestBody?.content['application/json']?.schema
    return schema && this.schema(schema)
  }

  /** The body that the documentation shows: everything in it that has an example. */
  exampleOf(given: Schema): unknown {
    const schema = this.schema(given)
    if (schema.example !== undefined) return schema.example
    if (schema.items?.$ref) return [this.exampleOf(schema.items)]
    if (!schema.properties) return undefined
    const shown = Object.entries(schema.properties).map(([name, property]) => [name, this.exampleOf(property)] as const)
    const missing = shown.find(([name, example]) => example === undefined && schema.required?.includes(name))
    if (missing) throw new Error(`${missing[0]} has no example: ${JSON.stringify(schema)}`)
    return Object.fromEntries(shown.filter(([, example]) => example !== undefined))
  }

  private named($ref: string): Schema {
    const [, ...keys] = $ref.split('/')
    const found = keys.reduce<unknown>(
      (value, key) => (value as Record<string, unknown> | undefined)?.[key],
      this.document,
    )
    if (!found) throw new Error(`there is no ${$ref}`)
    return found
  }
}
