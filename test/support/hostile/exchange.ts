import { type Agent, request as send } from 'node:http'
import { connect } from 'node:net'

/** A request as it goes out. `bytes` are sent as they are, instead of all the rest. */
export interface Shot {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly body?: string | Buffer | undefined
  readonly bytes?: string
}

export interface Shown {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly text: string
  /** The caller has gone before the end. */
  readonly isCut: boolean
}

const mostRead = 256 * 1024
const longestWaitMs = 60_000

/** Sends it, and reads the answer: all of it, or so much that whatever it shows would have been seen. */
export function exchange(port: number, agent: Agent, shot: Shot): Promise<Shown> {
  return new Promise((resolve, reject) => {
    const { method, path, headers, body } = shot
    const asked = send({ port, host: '127.0.0.1', agent, method, path, headers }, (answer) => {
      let text = ''
      const done = (isCut: boolean) => resolve({ status: answer.statusCode!, headers: answer.headers, text, isCut })
      answer.setEncoding('utf8')
      answer.on('data', (part: string) => {
        text += part
        if (text.length <= mostRead) return
        done(true)
        asked.destroy()
      })
      answer.on('end', () => done(false))
      answer.on('error', reject)
    })
    asked.setTimeout(longestWaitMs, () => asked.destroy(new Error(`no answer within ${longestWaitMs} ms`)))
    asked.on('error', reject)
    asked.end(body)
  })
}

/** What comes back for these bytes, until the other side closes or has answered. */
export function exchangeBytes(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    const done = () => {
      socket.destroy()
      resolve(text)
    }
    socket.setTimeout(longestWaitMs, () => socket.destroy(new Error('no answer')))
    socket.on('data', (part) => {
      text += part.toString('latin1')
      if (isWhole(text)) done()
    })
    socket.on('close', done)
    socket.on('error', (error: NodeJS.ErrnoException) =>
      /ECONNRESET|EPIPE/.test(error.code ?? '') ? done() : reject(error),
    )
    socket.on('connect', () => socket.write(bytes, 'latin1'))
  })
}

function isWhole(text: string): boolean {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const length = /content-length: (\d+)/i.exec(head)?.[1]
  const body = rest.join('\r\n\r\n')
  return length === undefined ? text.endsWith('\r\n0\r\n\r\n') : body.length >= Number(length)
}
