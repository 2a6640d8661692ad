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

/** A client that @hey-api/openapi-ts generates from an API document, and a program that uses it. */
export class GeneratedClient {
  private constructor(private readonly folder: string) {}

  static async from(document: unknown): Promise<GeneratedClient> {
    await mkdir('.cache', { recursive: true })
    const folder = await mkdtemp(resolve('.cache/generated-client-'))
    const file = (name: string, content: unknown) => writeFile(join(folder, name), JSON.stringify(content))
    await Promise.all([
      file('api.json', document),
      file('tsconfig.json', settings),
      file('package.json', { type: 'module' }),
    ])
    const options = {
      input: join(folder, 'api.json'),
      output: { path: join(folder, 'client'), module: { extension: '.js' }, postProcess: [] },
      plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
      logs: { level: 'error', file: false },
    }
    // A process of its own: the generator is an ES module, which Jest does not load.
    await run(process.execPath, [
      '--input-type=module',
      '--eval',
      `import { createClient } from '@hey-api/openapi-ts'\nawait createClient(${JSON.stringify(options)})`,
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
