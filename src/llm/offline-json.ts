import type { AnswerForm } from './provider.js'

type Schema = Readonly<Record<string, unknown>>

/** So many values at most, and no deeper: a schema may refer to itself. */
const most = { values: 100, depth: 12, items: 10, letters: 100_000 }

/** An answer of the offline model in the form that was asked for. Its texts are those of the plain answer. */
export function inForm(form: AnswerForm, answer: string): string {
  if (form.type === 'text') return answer
  return form.type === 'json_object' ? JSON.stringify({ answer }).slice(0, most.letters) : filled(form.schema, answer)
}

/** JSON that the schema allows. Its texts are this one. */
export const filled = (schema: Schema, text: string): string =>
  JSON.stringify(new Filling(schema, text).valueOf(schema)).slice(0, most.letters)

/** Values that a schema allows, as far as its commonest words say which these are. */
class Filling {
  private values = 0

  constructor(
    private readonly root: Schema,
    private readonly text: string,
  ) {}

  valueOf(schema: Schema, depth = 0): unknown {
    if (depth > most.depth || ++this.values > most.values) return null
    const inner = (one: unknown) => this.valueOf(asSchema(one), depth + 1)
    const { const: only, enum: choices, type, anyOf, oneOf, allOf, $ref } = schema
    if (only !== undefined) return only
    if (Array.isArray(choices)) return choices[0]
    if (typeof $ref === 'string') return inner(this.referred($ref))
    const alternatives = [anyOf, oneOf, allOf].find(Array.isArray) as unknown[] | undefined
    if (alternatives) return inner(alternatives[0])
    switch (Array.isArray(type) ? type[0] : type) {
      case 'string':
        return this.text.slice(0, typeof schema.maxLength === 'number' ? schema.maxLength : undefined).toWellFormed()
      case 'integer':
      case 'number':
        return typeof schema.minimum === 'number' ? schema.minimum : 1
      case 'boolean':
        return true
      case 'array':
        return Array.from({ length: Math.min(Number(schema.minItems ?? 1), most.items) }, () => inner(schema.items))
      case 'null':
        return null
      default:
        return Object.fromEntries(Object.entries(asSchema(schema.properties)).map(([name, one]) => [name, inner(one)]))
    }
  }

  /** `#/$defs/name` and the like; anything else allows all. */
  private referred(reference: string): unknown {
    const names = reference.split('/').slice(1)
    return names.reduce<unknown>((found, name) => asSchema(found)[name], this.root)
  }
}

const asSchema = (value: unknown): Schema => (typeof value === 'object' && value !== null ? (value as Schema) : {})
