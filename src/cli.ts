import { commandLine } from './command-line.js'

/** A command that is told to stop may finish what is half done. */
const farewellMs = 3_000

const ending = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    ending.abort()
    setTimeout(() => process.exit(1), farewellMs) // every command may be broken off, and repeated
  })
}

process.exit(await commandLine(process.argv.slice(2), ending.signal))
