import { connect } from 'node:net'
import { LOOPBACK } from './port.js'

/** Sends one command to a Redis on this machine and gives its answer; an error answer rejects. */
export function sendCommand(port: number, ...words: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, LOOPBACK)
    let received = ''
    socket.setEncoding('latin1') // one character a byte, as its lengths count
    socket.on('data', (text) => {
      received += text
      const answer = complete(received)
      if (answer === undefined) return
      socket.destroy()
      if (answer.startsWith('-')) reject(new Error(answer.slice(1)))
      else resolve(answer)
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the connection was closed')))
    socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`)
  })
}

/** An answer of one line, or one text of the length that its first line tells; undefined until all of it is here. */
function complete(received: string): string | undefined {
  const line = received.indexOf('\r\n')
  if (line < 0) return undefined
  if (!received.startsWith('$')) return received.slice(0, line)
  const length = Number(received.slice(1, line))
  const text = received.slice(line + 2, line + 2 + length)
  return text.length === length ? text : undefined
}
