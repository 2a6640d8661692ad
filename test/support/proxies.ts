import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from './event-store/engines.js'

export const proxies = ['nginx', 'caddy'] as const
export type ProxyName = (typeof proxies)[number]

export const isInstalled = (name: ProxyName): boolean =>
  spawnSync(name, [name === 'nginx' ? '-v' : 'version']).error === undefined

/** A proxy that runs the configuration that is delivered, but for its addresses and what it would need to be root for. */
export class RunningProxy {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  static async before(name: ProxyName, ...targets: string[]): Promise<RunningProxy> {
    const folder = await mkdtemp(join(tmpdir(), 'verbatim-proxy-'))
    await chmod(folder, 0o777) // nginx's workers give up the rights of root
    const port = await freePort()
    const [program, ...args] = await commandOf(name, folder, port, targets)
    const child = spawn(program!, args, {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, HOME: folder },
    })
    let said = ''
    child.stderr.on('data', (text) => (said += String(text)))
    const proxy = new RunningProxy(`http://127.0.0.1:${port}`, child, folder)
    await eventually(
      async () => {
        if (child.exitCode !== null) throw new Error(`${name} has ended: ${said}`)
        return (await fetch(`${proxy.url}/health`).catch(() => undefined))?.status
      },
      (status) => status === 200,
    )
    return proxy
  }

  async close(): Promise<void> {
    const ended = once(this.child, 'exit')
    if (this.child.exitCode === null && this.child.kill('SIGTERM')) await ended
    await rm(this.folder, { recursive: true, force: true })
  }
}

async function commandOf(name: ProxyName, folder: string, port: number, targets: string[]): Promise<string[]> {
  const addresses = targets.map((target) => new URL(target).host)
  const file = name === 'nginx' ? 'nginx.conf' : 'Caddyfile'
  let text = await readFile(join('deploy/proxy', file), 'utf8')
  const replace = (what: string, by: string) => {
    if (!text.includes(what)) throw new Error(`${file} has no ${what}`)
    text = text.replace(what, by)
  }
  replace('127.0.0.1:3001', addresses[0]!)
  replace('127.0.0.1:3002', addresses[1]!)
  const path = join(folder, file)
  if (name === 'nginx') {
    const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (kind) => `${kind}_temp_path ${folder}/${kind};`,
    )
    replace('http {', `http { access_log off; ${places.join(' ')}`)
    replace('listen 80;', `listen 127.0.0.1:${port};`)
    await writeFile(path, text)
    return ['nginx', '-p', folder, '-c', path, '-e', 'stderr', '-g', `daemon off; pid ${folder}/pid; error_log stderr;`]
  }
  replace('chat.example.org {', `http://127.0.0.1:${port} {`)
  await writeFile(path, `{\n\tadmin off\n\tauto_https off\n}\n${text}`)
  return ['caddy', 'run', '--config', path, '--adapter', 'caddyfile']
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
