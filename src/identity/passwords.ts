import { hash, verify } from '@node-rs/argon2'

/** Argon2id with OWASP's parameters: 19 MiB and two passes, about 30 ms of a thread outside the event loop. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

export const hashPassword = (password: string): Promise<string> => hash(password, cost)

/** Of a password nobody has; whoever is unknown is checked against it, so that it takes as long as for others. */
const nobodys = hashPassword(crypto.randomUUID())

export async function isPassword(password: string, stored: string | undefined): Promise<boolean> {
  const matches = await verify(stored ?? (await nobodys), password)
  return matches && stored !== undefined
}
