import type { Backend } from './backends.js'
import { closedLoop } from './closed-loop.js'

/** A process that has just been started is slow, whoever has written it. */
export async function warmUp(backend: Backend, ms: number): Promise<void> {
  const chats = await backend.makeChats(128)
  await closedLoop(32, ms, (n) => backend.send(chats[n % chats.length]!, `This is prompt ${n}, to get warm.`))
}
