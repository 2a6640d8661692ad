/** What no HTTP client sends. */
const body = '{"email":"a@example.org","password":"a long secret"}'
const login = 'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'

export const rawRequests: readonly string[] = [
  'GARBAGE\r\n\r\n',
  '\0\0\0\0\r\n\r\n',
  'GET / HTTP/9.9\r\n\r\n',
  'GET http://example.org/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  'GET //example.org/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  'GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  'GET /health HTTP/1.1\r\nConnection: close\r\n\r\n',
  'GET /health HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close\r\n\r\n',
  'GET /health HTTP/1.1\r\nHost: x\r\nX: a\0b\r\nConnection: close\r\n\r\n',
  'GET /health HTTP/1.1\r\nHost: x\r\nX : a\r\nConnection: close\r\n\r\n',
  'GET /health HTTP/1.1\r\nHost: x\r\n folded\r\nConnection: close\r\n\r\n',
  `GET /health HTTP/1.1\r\nHost: x\r\n${'X: y\r\n'.repeat(3_000)}\r\n`,
  'GET /chat/a\u00ffb/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  'CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /health HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade, close\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  `${login}Content-Length: ${body.length}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\n\r\n`,
  `${login}Content-Length: 5\r\nContent-Length: 6\r\nConnection: close\r\n\r\n{"a":1}`,
  `${login}Content-Length: -1\r\nConnection: close\r\n\r\n${body}`,
  `${login}Content-Length: 1e9\r\nConnection: close\r\n\r\n${body}`,
  `${login}Transfer-Encoding: xchunked\r\nConnection: close\r\n\r\n${body}`,
  `${login}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nffffffffffffffffff\r\n`,
  `${login}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n2;${'x'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`,
  `${login}Expect: 100-continue\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  `${login}Expect: something\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
]

/** Everything that is wrong with what came back for bytes. */
export function* rawFaultsOf(text: string): Generator<string> {
  if (/node_modules|\.(js|ts):\d+| {4}at /.test(text)) yield 'shows its inside'
  for (const [, status] of text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)) {
    if (Number(status) >= 500) yield status!
  }
  const [, status, head = ''] = /^HTTP\/1\.1 (4\d\d)[^\r]*\r\n(.*?)\r\n\r\n/s.exec(text) ?? []
  if (status !== undefined && !/content-type: application\/problem\+json/i.test(head)) yield `${status} is no problem`
}
