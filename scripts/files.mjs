import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** All files in a folder and its folders, without packages. */
export async function filesIn(folder) {
  const entries = await readdir(folder, { withFileTypes: true })
  const nested = entries.map((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesIn(path)
    return entry.isFile() ? [path] : []
  })
  return (await Promise.all(nested)).flat()
}
