interface ProblemDocument {
  code?: string
  detail?: string
  title?: string
  errors?: { field: string; message: string }[]
}

/** An answer that says what was wrong and what to do; in the words of the service. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly correlation?: string,
  ) {
    super(message)
  }

  static of(body: unknown, { status, headers }: Response): Problem {
    const { code, detail, title, errors } = (body ?? {}) as ProblemDocument
    const fields = errors?.map(({ field, message }) => `${field} ${message}`).join('; ')
    const said = fields || detail || title || `The service answered with status ${status}.`
    return new Problem(status, code ?? String(status), sentence(said), headers.get('x-request-id') ?? undefined)
  }
}

/** Nothing has answered: the service is away, or this device has no network. */
export class Offline extends Error {
  constructor() {
    super('The service does not answer. Nothing is lost: this page tries again by itself.')
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
