import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { commonTokens } from '@stryker-mutator/api/plugin'
import { createInstrumenter } from '@stryker-mutator/instrumenter'
import { createInjector } from 'typed-inject'
import { node } from '../../scripts/run.mjs'

/** Texts of errors, of the log and of /docs are for people; no test has to repeat them. */
const texts = {
  shouldIgnore(path) {
    const { parent } = path
    if (isAbout(path) || isAboutPattern(path) || isExample(path) || isMessageOfField(path)) return 'a text for people'
    const isText = path.isStringLiteral() || path.isTemplateLiteral()
    const isArgument =
      (parent?.type === 'NewExpression' || parent?.type === 'CallExpression') && parent.arguments.includes(path.node)
    if (!isText || !isArgument) return undefined
    const name = parent.callee.property?.name ?? parent.callee.name ?? ''
    return /Error$|^Refused$|^Unproven$|^Disproved$|^(log|warn|debug|error|inSpan|say|describe|header|count|notEncodable|malformed|notYet|damaged|missing)$/.test(
      name,
    )
      ? 'a text for people'
      : undefined
  },
}

/** What a field is about, or an operation does, on /docs. */
const isAbout = ({ parent, node }) =>
  parent?.type === 'ObjectProperty' &&
  parent.value === node &&
  ['about', 'description', 'summary'].includes(parent.key.name) &&
  /Literal$/.test(node.type)

/** As in `pattern: [/^\w+$/, 'must be a word']`. */
const isAboutPattern = ({ node, parent, parentPath }) =>
  /Literal$/.test(node.type) &&
  node.type !== 'RegExpLiteral' &&
  parent?.type === 'ArrayExpression' &&
  parentPath.parent.type === 'ObjectProperty' &&
  parentPath.parent.key.name === 'pattern'

const namesIn = ({ properties }) => properties.map(({ key }) => key?.name)

/** As in `z.string().meta({ example: 'conv_1' })` and `.refine(isJson, { message })`. */
const isExample = ({ node, parent }) => {
  if (node.type !== 'ObjectExpression' || parent.type !== 'CallExpression') return false
  const texts = { meta: ['example', 'examples', 'description'], refine: ['message'] }[parent.callee.property?.name]
  return texts !== undefined && namesIn(node).every((name) => texts.includes(name))
}

/** As in `{ field: 'after', message: 'is not there' }`. */
const isMessageOfField = ({ node, parent, parentPath }) =>
  parent?.type === 'ObjectProperty' &&
  parent.value === node &&
  parent.key.name === 'message' &&
  namesIn(parentPath.parent).includes('field')

/**
 * Writes a copy of the sources into the folder in which each mutant sleeps until it is switched on, compiled, and the
 * tests beside it. Answers the mutants.
 */
export async function instrument(files, folder) {
  const tree = join(folder, 'tree')
  await rm(folder, { recursive: true, force: true })
  for (const part of ['src', 'test'])
    await cp(part, join(tree, part), { recursive: true, filter: (name) => !/node_modules/.test(name) })
  const silent = { debug() {}, info() {}, warn() {}, error() {}, isDebugEnabled: () => false }
  const injector = createInjector()
    .provideValue(commonTokens.getLogger, () => silent)
    .provideValue(commonTokens.logger, silent)
  const instrumenter = injector.injectFunction(createInstrumenter)
  const sources = await Promise.all(
    files.map(async (name) => ({ name, mutate: true, content: await readFile(name, 'utf8') })),
  )
  const { files: mutated, mutants } = await instrumenter.instrument(sources, {
    plugins: null,
    excludedMutations: [],
    ignorers: [texts],
  })
  for (const { name, content } of mutated) await writeFile(join(tree, name), content)
  await mkdir(join(folder, 'build'), { recursive: true })
  const options = ['--out-dir', join('..', 'build'), '--config-file', join(process.cwd(), '.swcrc'), '--quiet']
  await node(join(process.cwd(), 'node_modules/@swc/cli/bin/swc.js'), ['src', 'test', ...options], { cwd: tree })
  return mutants.filter(({ status }) => status !== 'Ignored')
}
