import { createServer } from 'node:net'

/** Below those that a system gives to outgoing connections: nobody takes one while its owner is being restarted. */
const [lowest, highest] = [12_000, 32_000]

/** So many ports of this machine that are free now. All of them have five digits. */
export async function freePorts(count: number): Promise<number[]> {
  const found: number[] = []
  for (let port = lowest + ((process.pid * 97) % (highest - lowest)); found.length < count; port++) {
    if (port > highest) port = lowest
    if (await isFree(port)) found.push(port)
  }
  return found
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
