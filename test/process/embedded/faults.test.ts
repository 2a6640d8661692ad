import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { EngineError } from '../../../src/embedded/index.js'
import { resolveMongod } from '../../../src/embedded/mongod-program.js'
import { allGone, endEverything, newFolder, start, startParent, until } from '../../support/embedded/lives.js'

afterEach(endEverything)

/** What somebody reads whose start has failed. */
async function complaintOf(starting: Promise<unknown>): Promise<EngineError> {
  const outcome = await starting.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(outcome).toBeInstanceOf(EngineError)
  return outcome as EngineError
}

const refusal = async (bin: string) => (await complaintOf(resolveMongod({ bin }))).message

function script(...lines: string[]): string {
  const file = join(newFolder(), 'program')
  writeFileSync(file, ['#!/bin/sh', ...lines, ''].join('\n'))
  chmodSync(file, 0o755)
  return file
}

/** Lets the work find these programs first, whatever else the machine has. */
async function withPrograms<T>(programs: Record<string, string>, work: () => Promise<T>): Promise<T> {
  const folder = newFolder()
  for (const [name, words] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\necho "${words}"\n`)
    chmodSync(join(folder, name), 0o755)
  }
  const { PATH } = process.env
  process.env.PATH = `${folder}:${PATH}`
  try {
    return await work()
  } finally {
    process.env.PATH = PATH
  }
}

const oldEngines = {
  mongod: 'db version v4.4.29',
  'redis-server': 'Redis server v=5.0.14 sha=00000000:0 malloc=libc bits=64 build=0',
  'valkey-server': 'nothing that is one',
}

async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  return (server.address() as { port: number }).port
}

describe('A data folder', () => {
  test('in use by another instance is named, with the process that has it', async () => {
    const dataDir = newFolder()
    const { pid } = await startParent(dataDir)
    const { code, message } = await complaintOf(start({ dataDir }))
    expect(code).toBe('data_folder_in_use')
    expect(message).toContain(dataDir)
    expect(message).toContain(`process ${pid}`)
  })

  test('that can not be written is named, with the reason', async () => {
    const file = join(newFolder(), 'file')
    writeFileSync(file, '')
    const { code, message } = await complaintOf(start({ dataDir: join(file, 'data') }))
    expect(code).toBe('data_folder_unusable')
    expect(message).toContain(join(file, 'data'))
    expect(message).toContain('ENOTDIR')
  })

  test('with the pid file of a dead process is taken over', async () => {
    const dataDir = newFolder()
    writeFileSync(join(dataDir, 'supervisor.pid'), '999999 999998\n')
    const { supervisorPid } = await start({ dataDir, mongo: false })
    expect(readFileSync(join(dataDir, 'supervisor.pid'), 'utf8')).toBe(`${supervisorPid} ${process.pid}\n`)
  })

  test('with the pid file of a process that is something else by now is taken over', async () => {
    const dataDir = newFolder()
    writeFileSync(join(dataDir, 'supervisor.pid'), `${process.ppid} 1\n`)
    const { supervisorPid } = await start({ dataDir, mongo: false })
    expect(readFileSync(join(dataDir, 'supervisor.pid'), 'utf8')).toBe(`${supervisorPid} ${process.pid}\n`)
  })
})

describe('A port that is taken', () => {
  test.each([
    ['mongod', 'mongoPort', { redis: false }],
    ['Redis', 'redisPort', { mongo: false }],
  ])('is named for %s', async (name, option, only) => {
    const port = await takenPort()
    const { code, message } = await complaintOf(start({ dataDir: newFolder(), ...only, [option]: port }))
    expect(code).toBe('port_taken')
    expect(message).toContain(`port ${port} for ${name}`)
  })

  test('for one engine leaves nothing of the other running', async () => {
    const dataDir = newFolder()
    await complaintOf(start({ dataDir, redisPort: await takenPort() }))
    expect(existsSync(join(dataDir, 'supervisor.pid'))).toBe(false)
    expect(await start({ dataDir })).toHaveProperty('mongodPid')
  })
})

describe('A program that was asked for by name', () => {
  const missing = 'error while loading shared libraries: libcurl.so.4: cannot open shared object file'

  test('and does not run is an error in its own words, with the way out', async () => {
    const mongodBin = script(`echo "mongod: ${missing}" >&2`, 'exit 127')
    const { code, message } = await complaintOf(start({ dataDir: newFolder(), mongodBin }))
    expect(code).toBe('no_runnable_mongod')
    expect(message).toContain(missing)
    expect(message).toMatch(/apt-get install libcurl4.*MONGOD_BIN.*MONGODB_URI/)
  })

  test('and is not there, is too old, or is something else is an error that says so', async () => {
    expect(await refusal('/nowhere/mongod')).toContain('/nowhere/mongod (MONGOD_BIN) is not there')
    expect(await refusal(script('echo "db version v4.4.29"'))).toContain('is 4.4.29, older than 6.0')
    expect(await refusal(script('echo "hello"'))).toContain('is no mongod: it says hello')
  })

  test('as redis-server is treated the same', async () => {
    const redisBin = script('echo "Illegal instruction" >&2', 'exit 132')
    const { code, message } = await complaintOf(start({ dataDir: newFolder(), mongo: false, redisBin }))
    expect(code).toBe('no_runnable_redis')
    expect(message).toContain('Illegal instruction')
    expect(message).toContain('REDIS_URL')
  })

  test('and fails only with our data is an error in its own words', async () => {
    const mongodBin = script(
      '[ "$1" = --version ] && echo "db version v8.2.0" && exit 0',
      'echo \'{"s":"I","msg":"hello"}\'',
      'echo \'{"s":"F","msg":"Invalid featureCompatibilityVersion","attr":{"error":"UPGRADE PROBLEM"}}\'',
      'exit 62',
    )
    const { code, message } = await complaintOf(start({ dataDir: newFolder(), redis: false, mongodBin }))
    expect(code).toBe('engine_failed')
    expect(message).toMatch(/code 62 .*Invalid featureCompatibilityVersion.*UPGRADE PROBLEM/)
    expect(message).not.toContain('hello')
  })
})

describe('Engines on the path that are too old', () => {
  test('are left alone, and the ones that are taken are named with the reason', async () => {
    const said: string[] = []
    const engines = await withPrograms(oldEngines, () =>
      start({ dataDir: newFolder(), say: (line: string) => said.push(line) }),
    )
    expect(engines.mongodPid).toBeGreaterThan(0)
    expect(said).toEqual([
      expect.stringMatching(
        /^MongoDB: our own mongod 8\.[\d.]+, because mongod on the path is 4\.4\.29, older than 6\.0$/,
      ),
      'Redis: our own Valkey, because redis-server on the path is 5.0, older than 6.2',
    ])
  })
})

describe('A Valkey that can not read its data', () => {
  test('says which file it stumbles over, in its own words', async () => {
    const dataDir = newFolder()
    mkdirSync(join(dataDir, 'redis'))
    writeFileSync(join(dataDir, 'redis/dump.rdb'), 'this is no snapshot')
    const { code, message } = await withPrograms(oldEngines, () => complaintOf(start({ dataDir, mongo: false })))
    expect(code).toBe('engine_failed')
    expect(message).toMatch(/[Ww]rong signature.*delete dump.rdb/s)
    expect(message).toContain(join(dataDir, 'redis'))
  })
})

describe('A mongod that can not be brought back', () => {
  test('is given up with its own words, and nothing is left running', async () => {
    const { command } = await resolveMongod()
    const broken = join(newFolder(), 'broken')
    const real = command.map((word) => `'${word}'`).join(' ')
    const mongodBin = script(`[ -e ${broken} ] && echo "no space left on device" && exit 14`, `exec ${real} "$@"`)
    const engines = await start({ dataDir: newFolder(), redis: false, mongodBin })
    const pids = [engines.supervisorPid, engines.mongodPid!]
    writeFileSync(broken, '')
    process.kill(engines.mongodPid!, 'SIGKILL')
    expect((await engines.failure).message).toMatch(/mongod failed 3 times in a row.*no space left on device/)
    await allGone(pids)
  })
})

describe('Only what is asked for', () => {
  test('is started', async () => {
    const redisOnly = await start({ dataDir: newFolder(), mongo: false })
    const mongoOnly = await start({ dataDir: newFolder(), redis: false })
    await until('both are told', () => Boolean(redisOnly.redisUrl && mongoOnly.mongoUri))
    expect([redisOnly.mongoUri, redisOnly.mongodPid, mongoOnly.redisUrl]).toEqual([undefined, undefined, undefined])
  })
})
