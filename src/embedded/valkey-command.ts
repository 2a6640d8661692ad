import { connect } from 'node:net'
import { LOOPBACK } from './port.js'

/** Sends one command to a Redis on this machine and returns its answer. Rejects when the answer is an error. */
export function sendCommand(port: number, ...tokens: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, LOOPBACK)
    let received = ''
    socket.setEncoding('latin1') // one character for each byte, because lengths count bytes
    socket.on('data', (text) => {
      received += text
      const answer = parseAnswer(received)
      if (answer === undefined) return
      socket.destroy()
      if (answer.startsWith('-')) reject(new Error(answer.slice(1)))
      else resolve(answer)
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the connection was closed')))
    socket.write(
      `*${tokens.length}\r\n${tokens.map((token) => `$${Buffer.byteLength(token)}\r\n${token}\r\n`).join('')}`,
    )
  })
}

/** An answer of one line, or a text whose first line is its length. Undefined until all of it has arrived. */
function parseAnswer(received: string): string | undefined {
  const line = received.indexOf('\r\n')
  if (line < 0) return undefined
  if (!received.startsWith('$')) return received.slice(0, line)
  const length = Number(received.slice(1, line))
  const text = received.slice(line + 2, line + 2 + length)
  return text.length === length ? text : undefined
}
