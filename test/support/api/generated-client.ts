import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A strict program in a package of its own; inside the repository, so that it finds the types of Node. */
const settings = {
  compilerOptions: {
    strict: true,
    noUncheckedIndexedAccess: true,
    target: 'es2022',
    lib: ['es2022', 'dom', 'dom.iterable'],
    module: 'nodenext',
    types: ['node'],
    outDir: 'out',
    rootDir: '.',
  },
  include: ['client', 'program.ts'],
}

/** A client that somebody else's program generates from an API document, and a program that uses it. */
export class GeneratedClient {
  private constructor(private readonly folder: string) {}

  /** By @hey-api/openapi-ts: one function for each operation, named after its id. */
  static async ofFunctions(document: unknown): Promise<GeneratedClient> {
    const client = await GeneratedClient.around(document)
    const options = {
      input: join(client.folder, 'api.json'),
      output: { path: join(client.folder, 'client'), module: { extension: '.js' }, postProcess: [] },
      plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
      logs: { level: 'error', file: false },
    }
    // A process of its own: the generator is an ES module, which Jest does not load.
    await run(process.execPath, [
      '--input-type=module',
      '--eval',
      `import { createClient } from '@hey-api/openapi-ts'\nawait createClient(${JSON.stringify(options)})`,
    ])
    return client
  }

  /** By openapi-typescript, for openapi-fetch: types of all paths, and no code. */
  static async ofPaths(document: unknown): Promise<GeneratedClient> {
    const client = await GeneratedClient.around(document)
    const [from, to] = ['api.json', 'client/paths.ts'].map((name) => join(client.folder, name))
    await run(process.execPath, ['node_modules/openapi-typescript/bin/cli.js', from!, '--output', to!])
    return client
  }

  private static async around(document: unknown): Promise<GeneratedClient> {
    await mkdir('.cache', { recursive: true })
    const folder = await mkdtemp(resolve('.cache/generated-client-'))
    const file = (name: string, content: unknown) => writeFile(join(folder, name), JSON.stringify(content))
    await Promise.all([
      file('api.json', document),
      file('tsconfig.json', settings),
      file('package.json', { type: 'module' }),
    ])
    return new GeneratedClient(folder)
  }

  /** Compiles the program and runs it; gives what it prints. */
  async run(program: string, ...args: string[]): Promise<string> {
    await writeFile(join(this.folder, 'program.ts'), program)
    await run(process.execPath, ['node_modules/typescript/bin/tsc', '--project', this.folder]).catch(
      (error: { stdout: string }) => {
        throw new Error(`it does not compile:\n${error.stdout}`)
      },
    )
    return (await run(process.execPath, [join(this.folder, 'out/program.js'), ...args])).stdout
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}
