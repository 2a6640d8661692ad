export type Role = 'user' | 'auditor' | 'admin'

/** The account that makes a request. */
export interface Caller {
  readonly id: string
  readonly role: Role
  /** The login this token came from; none for an API key. */
  readonly session?: { id: string; expires: Date }
}

/** What a request brings to show who makes it. */
export interface Credentials {
  bearer?: string
  apiKey?: string
}

/** Registered by identity: the edges know no accounts. */
export abstract class Authenticator {
  /** Undefined for credentials that are not, or no longer, good. */
  abstract authenticate(credentials: Credentials): Promise<Caller | undefined>
}
