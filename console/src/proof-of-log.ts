import { fetchAuthorized } from './api/client.js'
import { Problem } from './api/problem.js'
import { type Receipt, type Verification, verifyReceipt } from './proof/receipt.js'
import { trustedKeys } from './trusted-keys.js'

const signMs = 1_000

export interface VerifiedReceipt {
  receipt: Receipt
  verification: Verification
}

/** A receipt, verified in this browser. What is newer than the last checkpoint is signed within moments: it waits. */
export async function verifiedReceipt(read: () => Promise<Receipt>): Promise<VerifiedReceipt> {
  for (;;) {
    try {
      const receipt = await read()
      return { receipt, verification: await verifyReceipt(receipt, await logKeys()) }
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'not_yet_signed') throw error
      await new Promise((resolve) => setTimeout(resolve, signMs))
    }
  }
}

/**
 * The public keys of the log: those that somebody has kept from elsewhere and trusts, else those that this service names.
 */
export async function logKeys(): Promise<readonly string[]> {
  if (!('subtle' in crypto))
    throw new Error('A browser verifies only on a page that came over HTTPS, or from this machine.')
  const trusted = trustedKeys.peek()
  if (trusted.length > 0) return trusted
  return (await (await fetchAuthorized('/notary-key')).text()).trim().split('\n')
}
