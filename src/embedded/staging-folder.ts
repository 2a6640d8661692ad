import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive } from './is-alive.js'

/**
 * A folder for what is not whole yet, beside its place, so that a rename brings it there. Its name has the pid, so that
 * other processes recognise the folder of a process that was killed, and delete it.
 */
export async function withStagingFolder(folder: string, work: (staging: string) => Promise<void>): Promise<void> {
  const parent = join(folder, '.cache')
  await mkdir(parent, { recursive: true })
  for (const name of await readdir(parent)) {
    const installer = Number(name.split('-')[1])
    if (!installer || !isAlive(installer)) await rm(join(parent, name), { recursive: true, force: true })
  }
  const staging = await mkdtemp(join(parent, `install-${process.pid}-`))
  try {
    await work(staging)
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}
