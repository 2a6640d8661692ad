import { z } from 'zod'
import { EventStoreError } from './errors.js'
import type { AppendDocument, Envelope, NewEvent, RecordedEvent, StoredEvent } from './event.js'

/** The shape of an event type: a public part that anybody with the log can read, and a personal part in an envelope. */
export interface EventDefinition {
  readonly data: z.ZodRawShape
  readonly personal?: z.ZodRawShape
  /** One step per old shape, oldest first. An event of shape n passes through the steps n, n+1, …. */
  readonly upcast?: readonly UpcastStep[]
}

export interface UpcastStep {
  readonly data?: (old: never) => unknown
  readonly personal?: (old: never) => unknown
}

export type EventDefinitions = Readonly<Record<string, EventDefinition>>

type Fields<Shape extends z.ZodRawShape> = z.infer<z.ZodObject<Shape, z.core.$strict>>
type DataOf<D extends EventDefinition> = Fields<D['data']>
type PersonalOf<D extends EventDefinition> = D['personal'] extends z.ZodRawShape ? Fields<D['personal']> : undefined

/** The events of some definitions, as new events … */
export type NewEventOf<Defs extends EventDefinitions> = {
  [T in keyof Defs & string]: PersonalOf<Defs[T]> extends undefined
    ? NewEvent<T, DataOf<Defs[T]>, never>
    : NewEvent<T, DataOf<Defs[T]>, PersonalOf<Defs[T]>> & { personal: PersonalOf<Defs[T]> }
}[keyof Defs & string]

/** … and as recorded ones. */
export type RecordedEventOf<Defs extends EventDefinitions, T extends keyof Defs = keyof Defs> = {
  [K in T & string]: RecordedEvent<K, DataOf<Defs[K]>, PersonalOf<Defs[K]>>
}[T & string]

/** The envelope of one event type, as a read model keeps it. */
export type EnvelopeOf<Defs extends EventDefinitions, T extends keyof Defs> = Envelope<PersonalOf<Defs[T]>>

/** Declares event types under their literal, stored names. The names are a storage format: never rename one. */
export const defineEvents = <const Defs extends EventDefinitions>(definitions: Defs): Defs => definitions

export interface DescribedType {
  type: string
  shape: number
  /** JSON Schema of each part. */
  data: unknown
  personal?: unknown
}

interface EventType {
  shape: number
  data: z.ZodType
  personal?: z.ZodType
  upcast: readonly UpcastStep[]
}

/** Every event type that this build knows. It neither writes nor folds any other. */
export class Catalog {
  private readonly types = new Map<string, EventType>()

  constructor(...groups: EventDefinitions[]) {
    for (const group of groups) {
      for (const [type, definition] of Object.entries(group)) {
        if (this.types.has(type)) throw new Error(`event type ${type} is declared twice`)
        this.types.set(type, {
          shape: (definition.upcast?.length ?? 0) + 1,
          data: z.strictObject(definition.data),
          personal: definition.personal && z.strictObject(definition.personal),
          upcast: definition.upcast ?? [],
        })
      }
    }
  }

  /** Each type with its newest shape, for the check at start and for auditors. */
  list(): DescribedType[] {
    return [...this.types].map(([type, { shape, data, personal }]) => ({
      type,
      shape,
      data: describe(data),
      ...(personal && { personal: describe(personal) }),
    }))
  }

  /**
   * Checks an event against its declared shapes and says which shape it has. It refuses an undeclared property, so
   * that nothing personal gets into the public part by accident.
   */
  check(event: NewEvent): { shape: number; data: unknown; personal?: unknown } {
    const known = this.typeNamed(event.type)
    const data = parse(known.data, event.data, `${event.type}.data`)
    if (!known.personal) {
      if (event.personal !== undefined) throw notDeclared(`${event.type}.personal`, 'the type has no personal part')
      return { shape: known.shape, data }
    }
    return { shape: known.shape, data, personal: parse(known.personal, event.personal, `${event.type}.personal`) }
  }

  /** The event at `index` of an append, with its public part in the newest shape. */
  read(append: AppendDocument, index: number): RecordedEvent {
    const stored = append.events[index]!
    return {
      type: stored.type,
      data: this.newestData(stored),
      ...(stored.personal && { personal: stored.personal, commitment: stored.commitment }),
      position: append._id + index,
      stream: append.stream,
      version: append.version + index,
      at: append.at,
      meta: append.meta,
    }
  }

  /**
   * The same for readers of the whole log. An event that only a newer build knows need not concern them, so it is not
   * refused here: reading its `data` throws.
   */
  readLeniently(append: AppendDocument, index: number): RecordedEvent {
    try {
      return this.read(append, index)
    } catch (error) {
      const { type } = append.events[index]!
      const { stream, at, meta } = append
      const event = {
        type,
        data: undefined,
        position: append._id + index,
        stream,
        version: append.version + index,
        at,
        meta,
      }
      return Object.defineProperty(event, 'data', {
        get: () => {
          throw error
        },
      })
    }
  }

  /** Personal data in the newest shape. */
  newestPersonal(type: string, shape: number, personal: unknown): unknown {
    return this.upcastSteps(type, shape).reduce(
      (old, step) => (step.personal ? step.personal(old as never) : old),
      personal,
    )
  }

  private newestData({ type, shape, data }: StoredEvent): unknown {
    return this.upcastSteps(type, shape).reduce((old, step) => (step.data ? step.data(old as never) : old), data)
  }

  private upcastSteps(type: string, shape: number): readonly UpcastStep[] {
    const known = this.typeNamed(type)
    if (shape === known.shape) return []
    if (shape > known.shape) {
      throw new EventStoreError(
        'newer_event',
        `a newer build has written ${type} in shape ${shape}, and this process knows shapes up to ${known.shape}: ` +
          'ask another process, or upgrade this one',
      )
    }
    return known.upcast.slice(shape - 1)
  }

  private typeNamed(type: string): EventType {
    const known = this.types.get(type)
    if (!known)
      throw new EventStoreError(
        'unknown_event',
        `a newer build has written ${type}, which this process does not know: ask another process, or upgrade this one`,
      )
    return known
  }
}

function parse(shape: z.ZodType, value: unknown, where: string): unknown {
  const result = shape.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  throw notDeclared([where, ...issue.path].join('.'), issue.message)
}

const notDeclared = (where: string, why: string) =>
  new EventStoreError('not_encodable', `${where} does not fit its declared shape: ${why}`, { where })

const describe = (shape: z.ZodType) => z.toJSONSchema(shape, { unrepresentable: 'any' })
