import { open, rm } from 'node:fs/promises'
import { cpus, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { versions } from './drivers.js'
import type { Servers } from './servers.js'
import { median } from './statistics.js'

export type Machine = Readonly<Record<string, string>>

/** Figures mean little without the machine that they come from. What matters most of a disk is the time of a sync. */
export async function describeMachine({ admin, dir }: Servers): Promise<Machine> {
  const processors = cpus()
  const { version } = await admin.command({ buildInfo: 1 })
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown'}`,
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    disk: `4 KiB written and synced in ${(await syncedWrite(dir)).toFixed(2)} ms (median)`,
    system: `${type()}, Node ${process.versions.node}, mongod ${version} (replica set of one)`,
    packages: versions(),
  }
}

async function syncedWrite(dir: string): Promise<number> {
  const path = join(dir, 'synced')
  const file = await open(path, 'w')
  const took: number[] = []
  for (let i = 0; i < 100; i++) {
    const started = performance.now()
    await file.write(Buffer.alloc(4096, i), 0, 4096, i * 4096)
    await file.datasync()
    took.push(performance.now() - started)
  }
  await file.close()
  await rm(path)
  return median(took)
}
