import type { INestApplicationContext } from '@nestjs/common'
import type { Terminal } from '../../cli/terminal.js'
import { Engine } from '../../event-store/engine.js'
import type { DifferingDocument } from '../../event-store/projecting/comparison.js'
import type { ComparedModel } from '../../event-store/projecting/live-comparison.js'
import { VerificationError } from '../verification/verification-error.js'

/** Compares all read models with a fresh fold of the log, and names the documents that differ. */
export async function verifyModels(app: INestApplicationContext, terminal: Terminal, asJson: boolean): Promise<void> {
  const { projections, log } = app.get(Engine)
  const names = projections.all.map(({ name }) => name)
  const head = await log.glanceAtEnd()
  const positions = new Map(names.map((name) => [name, 0]))
  const results = await terminal.withProgress('events of all read models', (update) =>
    projections.compare(names, {
      signal: terminal.signal,
      onProgress: (name, position) => {
        positions.set(name, position)
        const done = [...positions.values()].reduce((sum, one) => sum + one, 0)
        update(done, Math.max(done, head * names.length))
      },
    }),
  )
  if (asJson)
    terminal.say(
      JSON.stringify(
        results.map((result, i) => jsonOf(names[i]!, result)),
        null,
        2,
      ),
    )
  else
    results.forEach((result, i) =>
      result.status === 'fulfilled'
        ? report(terminal, result.value)
        : terminal.say(`${names[i]} was not compared: ${messageOf(result)}`),
    )
  const differ = names.filter((_, i) => isDifferent(results[i]!))
  const failed = names.filter((_, i) => results[i]!.status === 'rejected')
  if (differ.length > 0)
    throw new VerificationError(
      `${differ.join(', ')} ${differ.length === 1 ? 'is' : 'are'} not what the log says: find out who has changed that, then rebuild (npm run ops -- projections rebuild <name>)`,
    )
  if (failed.length > 0) throw new VerificationError(`${failed.join(', ')} could not be compared: repeat it`)
}

const isDifferent = (result: PromiseSettledResult<ComparedModel>) =>
  result.status === 'fulfilled' && result.value.differing > 0

const messageOf = ({ reason }: PromiseRejectedResult) => (reason as Error).message

const jsonOf = (projection: string, result: PromiseSettledResult<ComparedModel>) =>
  result.status === 'fulfilled' ? result.value : { projection, error: messageOf(result) }

function report(terminal: Terminal, { projection, position, differing, documents }: ComparedModel): void {
  if (differing === 0) return terminal.say(`${projection} is what the log says up to event ${position}`)
  terminal.say(`${projection}: ${differing} documents are not what the log says up to event ${position}`)
  for (const document of documents) terminal.say(`  ${lineOf(document)}`)
  if (documents.length < differing) terminal.say(`  and ${differing - documents.length} more`)
}

function lineOf({ id, what, fields }: DifferingDocument): string {
  const differs = fields.length > 0 ? fields.map(printable).join(', ') : 'the order of its fields'
  return `${what} ${printable(id)}${what === 'changed' ? `: ${differs}` : ''}`
}

/** Names that somebody has made up must not steer the terminal. */
const printable = (text: string) => (/^[\w.:@-]{1,100}$/.test(text) ? text : JSON.stringify(text.slice(0, 100)))
