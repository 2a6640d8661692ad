import { hash, verify } from '@node-rs/argon2'

/** Argon2id with OWASP's parameters: 19 MiB and two passes. It takes a thread outside the event loop about 30 ms. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

export const hashPassword = (password: string): Promise<string> => hash(password, cost)

/** The hash of a password that nobody has. Without a stored hash this one is checked, so that the answer takes as long. */
const substitute = hashPassword(crypto.randomUUID())

export async function isPassword(password: string, stored: string | undefined): Promise<boolean> {
  const matches = await verify(stored ?? (await substitute), password)
  return matches && stored !== undefined
}
