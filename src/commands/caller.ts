export const accountRoles = ['user', 'auditor', 'admin'] as const
export type AccountRole = (typeof accountRoles)[number]

/** The account that makes a request. */
export interface Caller {
  readonly id: string
  readonly role: AccountRole
  /** The login this token came from; none for an API key. */
  readonly session?: { id: string; expires: Date }
}

/** What a request brings to show who makes it. */
export interface Credentials {
  bearer?: string
  apiKey?: string
}

/** Finds the account that credentials belong to. The context `identity` registers it: neither HTTP nor sockets know accounts. */
export abstract class Authenticator {
  /** Undefined for credentials that are not valid, or no longer. */
  abstract authenticate(credentials: Credentials): Promise<Caller | undefined>
}
