import { verifyReceipt } from '../../../src/audit/receipts/receipt.js'
import type { Journal, SentPrompt } from './journal.js'
import type { PatientClient } from './patient-client.js'

/** Proves what a reply says, with the log's key and nothing else. */
export async function verifyReceiptOf(
  person: PatientClient,
  prompt: SentPrompt | undefined,
  journal: Journal,
): Promise<void> {
  if (!prompt) return
  const keys = (await person.get('/notary-key')).body.trim().split('\n')
  const { status, body } = await person.get(`/message/${prompt.replyId}/receipt`)
  if (status !== 200) return journal.count(`receipts answered ${status}`)
  try {
    const { plaintext } = verifyReceipt(body, keys)
    if ((plaintext as { text: string }).text !== prompt.told?.text) throw new Error(JSON.stringify(plaintext))
    journal.count('receipts verified')
  } catch (error) {
    journal.violation('receipts verify', `${prompt.replyId}: ${String(error)}`)
  }
}
