import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startReplicaSet } from '../../support/engines/replica-set.js'

test('Three members elect another primary when theirs is killed, and take it back', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'verbatim-replica-set-'))
  const set = await startReplicaSet({ dir })
  try {
    const first = await set.primary()
    await first.kill('SIGKILL')
    const second = await set.primary()
    expect(second.port).not.toBe(first.port)
    await first.restart()
    expect(await set.primary()).toBe(second)
  } finally {
    await set.stop()
    rmSync(dir, { recursive: true, force: true })
  }
})
