import { request } from 'node:http'
import type { Answered, Client } from '../world.js'

interface Sent {
  type?: string
  headers?: Record<string, string>
}

/** Uploads a file as a browser does. */
export function upload(
  who: Client,
  projectId: string,
  content: string | Uint8Array<ArrayBuffer>,
  filename = 'notes.txt',
  { type = 'text/plain', headers }: Sent = {},
): Promise<Answered> {
  const form = new FormData()
  form.set('file', new Blob([content], { type }), filename)
  return sendForm(who, projectId, form, headers)
}

export async function sendForm(
  who: Client,
  projectId: string,
  body: FormData | string | null,
  headers: Record<string, string> = {},
): Promise<Answered> {
  const response = await fetch(`${who.url}/api/projects/${projectId}/files`, {
    method: 'POST',
    headers: { ...who.headers, ...headers },
    body,
  })
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) }
}

export async function download(
  who: Client,
  projectId: string,
  fileId: string,
): Promise<{ response: Response; bytes: Buffer }> {
  const response = await who.fetch('GET', `/api/projects/${projectId}/files/${fileId}`)
  return { response, bytes: Buffer.from(await response.arrayBuffer()) }
}

/** An upload that comes as slowly as its sender likes, of unknown length, and may be broken off. */
export function slowUpload(who: Client, projectId: string, filename = 'slow.txt') {
  const boundary = 'a-boundary'
  const headers = { ...who.headers, 'content-type': `multipart/form-data; boundary=${boundary}` }
  const sending = request(`${who.url}/api/projects/${projectId}/files`, { method: 'POST', headers })
  const answered = new Promise<number | undefined>((resolve) => {
    sending.on('response', (response) => resolve(response.resume().statusCode)).on('error', () => resolve(undefined))
  })
  sending.write(
    `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${filename}"\r\ncontent-type: text/plain\r\n\r\n`,
  )
  return {
    /** Undefined when the line broke first. */
    answered,
    send: (bytes: Uint8Array) => new Promise((resolve) => sending.write(bytes, resolve)),
    end: () => sending.end(`\r\n--${boundary}--\r\n`),
    breakOff: () => sending.destroy(),
  }
}
