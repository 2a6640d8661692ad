import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { downloadMongod } from '../../../src/embedded/mongod-download.js'
import { startMongod } from '../../../src/embedded/mongod.js'
import { resolveMongod } from '../../../src/embedded/mongod-program.js'
import { endEverything, newFolder } from '../../support/embedded/lives.js'

afterEach(endEverything)

const release = 'mongodb-linux-aarch64-ubuntu2204-8.2.11'
const path = `/linux/${release}.tgz`

/** An archive as MongoDB makes them, with a program of ours in it. */
function archiveOf(program: string, name = 'mongod'): Buffer {
  const folder = newFolder()
  const bin = join(folder, release, 'bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, name), program)
  chmodSync(join(bin, name), 0o755)
  execFileSync('tar', ['-czf', join(folder, 'archive.tgz'), '-C', folder, release])
  return readFileSync(join(folder, 'archive.tgz'))
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

const servers: ReturnType<typeof createServer>[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

/** A mirror on this machine, and how often each of its files was asked for. */
async function mirrorOf(files: Record<string, Buffer | string>): Promise<{ mirror: string; asked: string[] }> {
  const asked: string[] = []
  const server = createServer(({ url = '' }, response) => {
    asked.push(url)
    const file = files[url]
    if (file === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-length': Buffer.byteLength(file) }).end(file)
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return { mirror: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

/** An archive with its hash beside it. */
const published = (archive: Buffer, hash = sha256(archive)) => ({
  [path]: archive,
  [`${path}.sha256`]: `${hash}  ${release}.tgz\n`,
})

const onArm = (mirror: string, folder = newFolder(), said: string[] = []) =>
  downloadMongod({ platform: 'linux-arm64', mirror, folder, say: (line) => said.push(line) })

describe('A mongod that is downloaded', () => {
  it('is a real one that runs, and comes once', async () => {
    const { command } = await resolveMongod()
    const real = command.map((word) => `'${word}'`).join(' ')
    const { mirror, asked } = await mirrorOf(published(archiveOf(`#!/bin/sh\nexec ${real} "$@"\n`)))
    const [folder, said] = [newFolder(), [] as string[]]
    const bin = await onArm(mirror, folder, said)
    expect(said[0]).toMatch(/^downloading .*\.tgz \(1 MB\), once/)
    const mongod = await startMongod({ dbPath: newFolder(), bin })
    await mongod.stop()
    expect(await onArm(mirror, folder)).toBe(bin)
    expect(asked).toEqual([`${path}.sha256`, path])
    expect(readdirSync(join(folder, '.cache'))).toEqual([])
  })

  it('by two at once is whole, and nothing else is left', async () => {
    const { mirror } = await mirrorOf(published(archiveOf('#!/bin/sh\n')))
    const folder = newFolder()
    const [one, other] = await Promise.all([onArm(mirror, folder), onArm(mirror, folder)])
    expect(one).toBe(other)
    expect(readFileSync(one, 'utf8')).toBe('#!/bin/sh\n')
    expect(readdirSync(join(folder, '.cache'))).toEqual([])
  })

  it('clears away what a killed download has left', async () => {
    const { mirror } = await mirrorOf(published(archiveOf('#!/bin/sh\n')))
    const folder = newFolder()
    cpSync('package.json', join(folder, '.cache/install-999999-killed/half.tgz'))
    await onArm(mirror, folder)
    expect(readdirSync(join(folder, '.cache'))).toEqual([])
  })

  const good = archiveOf('#!/bin/sh\n')
  it.each([
    ['is damaged', published(good, sha256(Buffer.from('another'))), /has the SHA-256 [0-9a-f]{64}, and should have/],
    ['is cut off', { ...published(good), [path]: good.subarray(0, good.length / 2) }, /damaged or forged/],
    ['is missing', { [`${path}.sha256`]: sha256(good) }, /\.tgz answers 404/],
    ['has no hash', { [path]: good }, /\.sha256 answers 404/],
    ['has something else as hash', { [path]: good, [`${path}.sha256`]: '<html>' }, /\.sha256 has no SHA-256/],
    ['is no archive', published(Buffer.from('a page')), /tar/],
    ['has no mongod', published(archiveOf('', 'mongos')), /the archive has no bin\/mongod/],
  ])('is not taken when its archive %s', async (_, files, complaint) => {
    const { mirror } = await mirrorOf(files)
    const folder = newFolder()
    const refused = onArm(mirror, folder)
    await expect(refused).rejects.toThrow(complaint)
    await expect(refused).rejects.toMatchObject({
      code: 'install_failed',
      message: expect.stringMatching(/MONGOD_MIRROR.*MONGOD_BIN.*MONGODB_URI/),
    })
    expect(existsSync(join(folder, 'mongod'))).toBe(false)
    expect(readdirSync(join(folder, '.cache'))).toEqual([])
  })

  it('is not taken from a mirror that forges the archive and its hash, where we know the hash', async () => {
    const mac = '/osx/mongodb-macos-arm64-8.2.11.tgz'
    const { mirror, asked } = await mirrorOf({ [mac]: good, [`${mac}.sha256`]: sha256(good) })
    await expect(downloadMongod({ platform: 'darwin-arm64', mirror, folder: newFolder() })).rejects.toThrow('forged')
    expect(asked).toEqual([mac])
  })

  it('says that its mirror cannot be reached', async () => {
    await expect(onArm('http://127.0.0.1:9')).rejects.toThrow(/cannot be reached: .*MONGOD_MIRROR/)
  })
})
